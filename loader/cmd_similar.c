#include "commands.h"
#include "es_options.h"
#include "ranking_options.h"
#include "recommend_options.h"
#include "recsys_error.h"
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
        {"movie", 0, 0, G_OPTION_ARG_STRING, &options->movie, "the movie", "ID"},
        {"by", 0, 0, G_OPTION_ARG_STRING, &options->by, "cosine or dot (cosine)", "MEASURE"},
        {NULL},
    };
    g_autofree GOptionEntry *ranking = ranking_options_entries(&options->ranking);
    g_autofree GOptionEntry *filter = recommend_options_filter_entries(&options->recommend);
    g_autofree GOptionEntry *cluster = es_options_entries(&options->cluster);
    const GOptionEntry *const all[] = {own, ranking, filter, cluster, NULL};
    if (!recommend_options_check_repeated(all, argc, argv, error) ||
        !cli_parse(command, all, &argc, &argv, error) ||
        !ranking_options_check(&options->ranking, error))
        return FALSE;
    if (options->movie != NULL && options->movie[0] != '\0')
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "like which movie? give --movie ID");
    return FALSE;
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
    g_autoptr(Filter) filter = recommend_options_filter(&options.recommend, NULL, error);
    if (filter == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&options.cluster, error);
    if (client == NULL)
        return FALSE;
    const SimilarRequest request = {
        .movie = options.movie,
        .by = by,
        .size = (guint)options.ranking.size,
        .from = (guint)options.recommend.from,
        .filter = filter,
    };
    return print(client, &options, &request, error);
}
