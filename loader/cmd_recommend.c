#include <string.h>

#include "commands.h"
#include "curl_command.h"
#include "diversify.h"
#include "es_options.h"
#include "feature_table.h"
#include "name_check.h"
#include "newcomer.h"
#include "option_texts.h"
#include "profiles_job.h"
#include "ranking_options.h"
#include "recommend.h"
#include "recommend_options.h"
#include "recsys_error.h"

typedef struct {
    ProfileOptions profile;
    RankingOptions ranking;
    RecommendOptions recommend;
    ProfilesJobOptions job;
    EsOptions cluster;
} Options;

static void options_clear(Options *options)
{
    profile_options_clear(&options->profile);
    recommend_options_clear(&options->recommend);
    profiles_job_options_clear(&options->job);
    es_options_clear(&options->cluster);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* Of the other features the known values are named. */
static gboolean check_users(const ProfileOptions *options, GError **error)
{
    for (char **user = options->users; user != NULL && *user != NULL; user++) {
        if (**user != '\0')
            continue;
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--user is empty: which one?");
        return FALSE;
    }
    return TRUE;
}

static gboolean parse(Options *options, const CliCommand *command, int argc, char **argv,
                      GError **error)
{
    g_autofree GOptionEntry *profile = profile_options_entries(&options->profile);
    g_autofree GOptionEntry *ranking = ranking_options_entries(&options->ranking);
    g_autofree GOptionEntry *recommend = recommend_options_entries(&options->recommend);
    g_autofree GOptionEntry *job = profiles_job_options_entries(&options->job);
    g_autofree GOptionEntry *cluster = es_options_entries(&options->cluster);
    g_autofree GOptionEntry *filter = recommend_options_filter_entries(&options->recommend, TRUE);
    const GOptionEntry *const all[] = {profile, ranking, recommend, filter, job, cluster, NULL};
    if (!cli_parse(command, all, &argc, &argv, error) || !option_texts_check(all, error) ||
        !ranking_options_check(&options->ranking, error) ||
        !recommend_options_check(&options->recommend, error) ||
        !recommend_options_check_input(&options->recommend, options->job.profiles, error) ||
        !profiles_job_options_check(&options->job, error) || !check_users(&options->profile, error))
        return FALSE;
    const gboolean both = options->ranking.json && options->recommend.curl;
    const gboolean nobody = (options->profile.anyone || options->profile.user_only) &&
                            options->recommend.history != NULL;
    if (both)
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                            "--json and --curl cannot both be what is printed");
    else if (nobody)
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                            "--history is of somebody whom the model does not know: leave out "
                            "--anyone and --user-only");
    return !both && !nobody;
}

/* ---- as curl commands ---- */

static void tell_of_user(const char *left_out, const char *whom)
{
    g_printerr("There is no %s in this release: ranked for {%s} alone.\n", left_out, whom);
}

static char *search_command(const Recommender *recommender, const RecommendRequest *request,
                            const HttpOptions *http, const char *url)
{
    g_autofree char *path = recommend_search_path(recommender_release(recommender)->index);
    QueryBody query = recommender_query(recommender, request);
    query.from = request->from;
    g_autofree char *body = query_body(&query);
    return curl_command(http, url, path, body);
}

/* The first of the two commands, with a line of comment; NULL with an error. */
static char *fetch_command(const Recommender *recommender, const HttpOptions *http, const char *url,
                           const char *whom, GError **error)
{
    const Profile *profile = recommender_last_profile(recommender);
    if (profile_size(profile) == 0)
        return g_strdup("# 1. Nothing is fetched for anyone: query_vector below is zero.");
    g_autofree char *ids = feature_vectors_body(recommender_release(recommender), profile, error);
    if (ids == NULL)
        return NULL;
    g_autofree char *path = feature_vectors_path(recommender_alias(recommender));
    g_autofree char *fetch = curl_command(http, url, path, ids);
    const guint half = recommender_release(recommender)->form.rating_dims;
    g_autofree char *zeros =
        half > 0 ? g_strdup_printf(", but 0 in the first %u dimensions, those of ratings", half)
                 : g_strdup("");
    return g_strdup_printf("# 1. The vectors of {%s}; query_vector below is their sum%s.\n%s", whom,
                           zeros, fetch);
}

static gboolean print_curl(Recommender *recommender, const RecommendRequest *request,
                           const HttpOptions *http, GError **error)
{
    const char *url = es_client_url(recommender_client(recommender));
    if (request->from + request->size > QUERY_MOST) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--from and --size are more than %d together, which one search cannot answer",
                    QUERY_MOST);
        return FALSE;
    }
    if (!recommender_prepare(recommender, request, error))
        return FALSE;
    g_autofree char *whom = profile_describe(recommender_last_profile(recommender));
    g_autofree char *fetch = fetch_command(recommender, http, url, whom, error);
    if (fetch == NULL)
        return FALSE;
    g_autofree char *needs = curl_command_needs(http, url);
    g_autofree char *search = search_command(recommender, request, http, url);
    g_autofree char *formula = profile_rating_formula(
        &recommender_release(recommender)->form, request->candidates > 0 ? "s" : "_score - shift",
        recommender_last_sum(recommender)->offset, 9);
    if (recommender_left_out(recommender) != NULL)
        tell_of_user(recommender_left_out(recommender), whom);
    printf("%s%s\n# 2. The movies: in the index that 1 answered from.%s%s%s\n%s\n", needs, fetch,
           formula != NULL ? " rating = " : "", formula != NULL ? formula : "",
           formula != NULL && request->candidates > 0
               ? ", s = _score - 1, or 1 - 1/_score if _score is below 1"
               : "",
           search);
    return TRUE;
}

/* ---- as a ranking ---- */

/* Why there is nothing, on standard error: the list itself is empty, and that is no failure. */
static void tell_of_nothing(const Ranking *ranking, const RecommendRequest *request)
{
    if (ranking->from > 0)
        g_printerr("There are %u movies%s: nothing begins after %u.\n", ranking->from,
                   filter_is_empty(request->filter) ? "" : " that pass the filters", request->from);
    else if (request->from > 0 || !filter_is_empty(request->filter))
        g_printerr("No movie passes the filters.\n");
    else
        g_printerr("The release has no movies.\n");
}

/* Whom the ranking is for after all. */
static char *whom_of(const Recommender *recommender, const RecommendRequest *request,
                     const Newcomer *newcomer)
{
    if (newcomer == NULL)
        return profile_describe(recommender_last_profile(recommender));
    g_autofree char *profile = profile_describe(request->profile);
    return g_strdup_printf("%s%s%s", profile, profile[0] != '\0' ? ", " : "", newcomer->shown);
}

static void tell_of_unknown(const Newcomer *newcomer)
{
    for (guint i = 0; newcomer != NULL && i < newcomer->unknown->len; i++) {
        const HistoryRating *rating = g_ptr_array_index(newcomer->unknown, i);
        g_printerr("There is no movie %s (line %u) in this release: skipped.\n", rating->movie,
                   rating->line);
    }
}

/* With a history from a newcomer, otherwise for the profile; then the choice among them. */
static Ranking *ask(Recommender *recommender, const RecommendRequest *request,
                    const RecommendOptions *options, const History *history, Newcomer **newcomer,
                    GError **error)
{
    RecommendRequest wider = *request;
    if (options->diversity > 0) {
        wider.size = MIN(diversify_candidates(request->size), RECOMMEND_MOST);
        wider.with_vectors = TRUE;
        wider.candidates = wider.candidates > 0 ? MAX(wider.candidates, wider.size) : 0;
    }
    const NewcomerRequest who = {history, request->profile, options->skip_unknown};
    g_autoptr(Ranking) ranking = history != NULL
                                     ? newcomer_ask(newcomer, recommender, &who, &wider, error)
                                     : recommender_ask(recommender, &wider, error);
    if (ranking == NULL || options->diversity == 0 ||
        diversify_ranking(ranking, recommender_release(recommender)->k, request->size,
                          options->diversity, error))
        return g_steal_pointer(&ranking);
    return NULL;
}

static gboolean print_ranking(Recommender *recommender, const RecommendRequest *request,
                              const Options *options, const History *history, GError **error)
{
    g_autoptr(Newcomer) newcomer = NULL;
    g_autoptr(Ranking) ranking =
        ask(recommender, request, &options->recommend, history, &newcomer, error);
    if (ranking == NULL)
        return FALSE;
    g_autofree char *whom = whom_of(recommender, request, newcomer);
    tell_of_unknown(newcomer);
    if (ranking->left_out != NULL)
        tell_of_user(ranking->left_out, whom);
    if (ranking->movies->len == 0)
        tell_of_nothing(ranking, request);
    ranking_options_print(&options->ranking, ranking, whom);
    return TRUE;
}

/* Somebody with a history needs no profile. */
static Profile *read_profile(const Options *options, GError **error)
{
    if (options->recommend.history != NULL && !profile_options_given(&options->profile))
        return profile_new();
    return profile_of_options(&options->profile, error);
}

/* *history is NULL without one. */
static gboolean read_history(const Options *options, History **history, GError **error)
{
    if (options->recommend.history != NULL)
        *history = history_read(options->recommend.history, error);
    return options->recommend.history == NULL || *history != NULL;
}

/* Whose rows of a file of ratings count for one person. */
static SeenWhose whose_ratings(const Options *options, const Profile *profile)
{
    return (SeenWhose){
        .user = profile_value(profile, FEATURE_USER),
        .way_out = options->recommend.history == NULL
                       ? "--user says whose count, or name a file with one movie id a line"
                       : "with --history, name a file with one movie id a line",
    };
}

/* ---- many ---- */

static gboolean check_many(const Options *options, GError **error)
{
    const ProfileOptions *one = &options->profile;
    const char *why = NULL;
    if (profile_options_given(one))
        why = "for whom? either --profiles or the profile's own options";
    else if (options->recommend.from > 0 || options->recommend.explain || options->recommend.curl)
        why = "--from, --explain and --curl are for one profile, not for --profiles";
    else if (options->recommend.history != NULL || options->recommend.diversity > 0)
        why = "--history and --diversify are for one profile, not for --profiles";
    if (why == NULL)
        return TRUE;
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, why);
    return FALSE;
}

static gboolean recommend_to_many(const Options *options, GError **error)
{
    RecommendRequest request = {
        .user_only = options->profile.user_only,
        .cold_start = options->recommend.cold_start,
        .size = (guint)options->ranking.size,
    };
    if (!check_many(options, error) ||
        !recommend_options_candidates(&options->recommend, request.size, &request.candidates,
                                      error))
        return FALSE;
    const SeenWhose everybody = {.everybody = TRUE};
    const char *alias = es_options_alias(&options->cluster);
    g_autoptr(Filter) filter = recommend_options_filter(&options->recommend, error);
    g_autoptr(Seen) seen =
        filter != NULL ? recommend_options_seen(&options->recommend, &everybody, filter, error)
                       : NULL;
    if (seen == NULL)
        return FALSE;
    request.filter = filter;
    g_autoptr(EsClient) client = es_options_connect(&options->cluster, error);
    g_autoptr(ReleaseMeta) release =
        client != NULL ? release_meta_fetch(client, alias, error) : NULL;
    return release != NULL && name_check_in(client, release, filter, seen, error) &&
           profiles_job_run(&options->job, client, release, &request,
                            options->recommend.candidates == RECOMMEND_OPTIONS_NOT_GIVEN, seen,
                            error);
}

/* ---- one ---- */

static gboolean ask_and_print(const Options *options, EsClient *client, const HttpOptions *http,
                              const RecommendRequest *request, const History *history,
                              GError **error)
{
    g_autoptr(Recommender) recommender =
        recommender_new(client, es_options_alias(&options->cluster));
    return options->recommend.curl ? print_curl(recommender, request, http, error)
                                   : print_ranking(recommender, request, options, history, error);
}

static gboolean recommend_to_one(const Options *options, const Profile *profile, GError **error)
{
    RecommendRequest request = {
        .profile = profile,
        .cold_start = options->recommend.cold_start,
        .size = (guint)options->ranking.size,
        .from = (guint)options->recommend.from,
        .explain = options->recommend.explain,
    };
    g_autoptr(History) history = NULL;
    g_auto(HttpOptions) http = {0};
    const SeenWhose whose = whose_ratings(options, profile);
    g_autoptr(Filter) filter = recommend_options_filter(&options->recommend, error);
    g_autoptr(Seen) seen =
        filter != NULL ? recommend_options_seen(&options->recommend, &whose, filter, error) : NULL;
    if (seen == NULL || !read_history(options, &history, error) ||
        !recommend_options_candidates(&options->recommend, request.size, &request.candidates,
                                      error) ||
        !es_options_http(&options->cluster, &http, error))
        return FALSE;
    g_autoptr(EsClient) client = es_client_connect(&http, error);
    if (client == NULL ||
        !name_check(client, es_options_alias(&options->cluster), filter, seen, history, error))
        return FALSE;
    if (history != NULL)
        history_exclude(history, filter);
    request.filter = filter;
    return ask_and_print(options, client, &http, &request, history, error);
}

gboolean cmd_recommend(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Options) options = {.ranking = RANKING_OPTIONS_DEFAULT};
    if (!parse(&options, command, argc, argv, error))
        return FALSE;
    if (options.job.profiles != NULL)
        return recommend_to_many(&options, error);
    g_autoptr(Profile) profile = read_profile(&options, error);
    return profile != NULL && recommend_to_one(&options, profile, error);
}
