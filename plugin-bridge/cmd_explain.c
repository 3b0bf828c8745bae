#include <string.h>

#include "commands.h"
#include "es_options.h"
#include "explain.h"
#include "local_scorer.h"
#include "option_texts.h"
#include "read_back.h"
#include "recommend.h"
#include "recsys_error.h"
#include "verify.h"

typedef struct {
    char *movie, *above;
    gboolean json;
} ExplainOptions;

static void explain_options_clear(ExplainOptions *options)
{
    g_free(options->movie);
    g_free(options->above);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExplainOptions, explain_options_clear)

static gboolean parse(const CliCommand *command, int *argc, char ***argv, ExplainOptions *options,
                      ProfileOptions *profile, EsOptions *cluster, GError **error)
{
    const GOptionEntry entries[] = {
        {"movie", 0, 0, G_OPTION_ARG_STRING, &options->movie, "the movie to explain", "ID"},
        {"above", 0, 0, G_OPTION_ARG_STRING, &options->above, "why --movie is above this one",
         "ID"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of a table",
         NULL},
        {NULL},
    };
    g_autofree GOptionEntry *profile_entries = profile_options_entries(profile);
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    const GOptionEntry *const all[] = {entries, profile_entries, cluster_entries, NULL};
    if (!cli_parse(command, all, argc, argv, error) || !option_texts_check(all, error))
        return FALSE;
    if (options->movie == NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "which movie? give --movie");
    else if (g_strcmp0(options->movie, options->above) == 0)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--movie and --above are both movie %s", options->movie);
    else
        return TRUE;
    return FALSE;
}

/* The bundle at `path`, or what the cluster has if that is NULL. */
static Bundle *open_model(const char *path, EsClient *client, const ReleaseMeta *release,
                          const Profile *profile, GError **error)
{
    if (path == NULL)
        return read_back_for(client, release, profile, error);
    g_autoptr(Bundle) bundle = bundle_open(path, error);
    if (bundle == NULL || !verify_is_of_bundle(release, bundle, error))
        return NULL;
    /* A bundle knows all values, the cluster's refusal of a user names none. */
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, error);
    return sum != NULL ? g_steal_pointer(&bundle) : NULL;
}

/* Everything is asked of the concrete index, so that an alias that moves changes nothing. `whole`
 * is the profile with what comes in by itself, which the cluster is to find out. */
static Explanation *ask(EsClient *client, const ReleaseMeta *release, const Bundle *model,
                        const Profile *profile, const Profile *whole, const ExplainOptions *options,
                        GError **error)
{
    const char *const values[] = {options->movie, options->above, NULL};
    const guint count = options->above != NULL ? 2 : 1;
    guint indices[EXPLAIN_MOST];
    g_autoptr(Filter) filter = filter_new();
    for (guint m = 0; m < count; m++) {
        const ProfileFeature movie = {(char *)FEATURE_MOVIE, (char *)values[m]};
        if (!local_find(model, &movie, &indices[m], error))
            return NULL;
        g_ptr_array_add(filter->only, g_strdup(values[m]));
    }
    g_autoptr(Recommender) recommender = recommender_new(client, release->index);
    const RecommendRequest request = {.profile = profile, .size = count, .filter = filter};
    g_autoptr(Ranking) ranking = recommender_ask(recommender, &request, error);
    if (ranking == NULL)
        return NULL;
    g_autoptr(ProfileSum) sum = local_profile_sum(model, profile, error);
    if (sum == NULL)
        return NULL;
    return explain(model, whole, sum, indices, count, ranking, recommender_last_sum(recommender),
                   error);
}

gboolean cmd_explain(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(ExplainOptions) options = {0};
    g_auto(ProfileOptions) profile_options = {0};
    g_auto(EsOptions) cluster = {0};
    if (!parse(command, &argc, &argv, &options, &profile_options, &cluster, error))
        return FALSE;
    const char *path = argc > 1 ? argv[1] : NULL;
    g_autoptr(Profile) profile = profile_of_options(&profile_options, error);
    if (profile == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cluster, error);
    if (client == NULL)
        return FALSE;
    g_autoptr(ReleaseMeta) release = release_meta_fetch(client, es_options_alias(&cluster), error);
    if (release == NULL)
        return FALSE;
    g_autoptr(Bundle) model = open_model(path, client, release, profile, error);
    if (model == NULL)
        return FALSE;
    g_autoptr(Profile) whole = local_whole(model, profile);
    g_autoptr(Explanation) explanation =
        ask(client, release, model, profile, whole, &options, error);
    if (explanation == NULL)
        return FALSE;
    explanation->from_documents = path == NULL;
    if (options.json)
        explanation_print_json(explanation, stdout);
    else
        explanation_print(explanation, stdout);
    if (explanation_is_right(explanation))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE, "the cluster's answer is not the model's");
    return FALSE;
}
