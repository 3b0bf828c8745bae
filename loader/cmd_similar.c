#include "commands.h"
#include "es_options.h"
#include "feature_table.h"
#include "name_check.h"
#include "option_texts.h"
#include "ranking_options.h"
#include "recommend_options.h"
#include "recsys_error.h"
#include "release_names.h"
#include "similar.h"

typedef struct {
    char *movie, *by;
    RankingOptions ranking;
    RecommendOptions recommend; /* what it says of movies */
    EsOptions cluster;
} Options;

static void options_clear(Options *options)
{
    g_free(options->movie);
    g_free(options->by);
    recommend_options_clear(&options->recommend);
    es_options_clear(&options->cluster);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean parse(Options *options, const CliCommand *command, int argc, char **argv,
                      GError **error)
{
    const GOptionEntry own[] = {
        {"movie", 0, 0, G_OPTION_ARG_FILENAME, &options->movie, "the movie", "ID"},
        {"by", 0, 0, G_OPTION_ARG_STRING, &options->by, "what likeness is (cosine)", "cosine|dot"},
        {NULL},
    };
    g_autofree GOptionEntry *ranking = ranking_options_entries(&options->ranking);
    g_autofree GOptionEntry *filter = recommend_options_filter_entries(&options->recommend, FALSE);
    g_autofree GOptionEntry *cluster = es_options_entries(&options->cluster);
    const GOptionEntry *const all[] = {own, ranking, filter, cluster, NULL};
    if (!cli_parse(command, all, &argc, &argv, error) || !option_texts_check(all, error) ||
        !ranking_options_check(&options->ranking, error) ||
        !recommend_options_check_input(&options->recommend, NULL, error))
        return FALSE;
    if (options->movie != NULL && options->movie[0] != '\0')
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "like which movie? give --movie ID");
    return FALSE;
}

/* The movie by its own id, whatever it is given by, as the only one of a list; what is excluded
 * likewise. */
static GPtrArray *look_up(EsClient *client, const Options *options, Filter *filter,
                          const Seen *seen, GError **error)
{
    const char *alias = es_options_alias(&options->cluster);
    g_autoptr(GPtrArray) movie = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(movie, g_strdup(options->movie));
    if (!name_check(client, alias, filter, seen, NULL, error))
        return NULL;
    if (!g_str_has_prefix(options->movie, FEATURE_MOVIE "_"))
        return g_steal_pointer(&movie);
    g_autoptr(GPtrArray) unknown = release_unknown_movies(client, alias, movie, error);
    return unknown != NULL ? g_steal_pointer(&movie) : NULL;
}

static void tell_of_nothing(const Ranking *ranking, const SimilarRequest *request)
{
    const char *passing = filter_is_empty(request->filter) ? "" : " that pass the filters";
    if (ranking->from > 0)
        g_printerr("There are %u other movies%s: nothing begins after %u.\n", ranking->from,
                   passing, request->from);
    else
        g_printerr("There are no other movies%s.\n", passing);
}

static gboolean print(EsClient *client, const Options *options, const SimilarRequest *request,
                      GError **error)
{
    g_autoptr(Recommender) recommender =
        recommender_new(client, es_options_alias(&options->cluster));
    g_autoptr(Ranking) ranking = similar_ask(recommender, request, error);
    if (ranking == NULL)
        return FALSE;
    g_autofree char *what = g_strdup_printf("movie %s", request->movie);
    if (ranking->movies->len == 0)
        tell_of_nothing(ranking, request);
    ranking_options_print(&options->ranking, ranking, what);
    return TRUE;
}

gboolean cmd_similar(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Options) options = {.ranking = RANKING_OPTIONS_DEFAULT};
    QueryScoring by = QUERY_COSINE;
    if (!parse(&options, command, argc, argv, error) ||
        (options.by != NULL && !similar_parse_measure(options.by, &by, error)))
        return FALSE;
    const SeenWhose nobody = {.way_out = "movies like a movie are for nobody in particular, so "
                                         "name a file with one movie id a line"};
    g_autoptr(Filter) filter = recommend_options_filter(&options.recommend, error);
    g_autoptr(Seen) seen =
        filter != NULL ? recommend_options_seen(&options.recommend, &nobody, filter, error) : NULL;
    if (seen == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&options.cluster, error);
    g_autoptr(GPtrArray) movie =
        client != NULL ? look_up(client, &options, filter, seen, error) : NULL;
    if (movie == NULL)
        return FALSE;
    const SimilarRequest request = {
        .movie = g_ptr_array_index(movie, 0),
        .by = by,
        .size = (guint)options.ranking.size,
        .from = (guint)options.recommend.from,
        .filter = filter,
    };
    return print(client, &options, &request, error);
}
