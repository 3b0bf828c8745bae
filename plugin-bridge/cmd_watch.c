#include <math.h>
#include <string.h>

#include "commands.h"
#include "document_sample.h"
#include "recommend.h"
#include "recsys_error.h"
#include "watch.h"

typedef struct {
    char *metrics, *documents;
    double every;
    gint rounds, random, depth;
    gint64 seed;
    gboolean keep_going, json;
} Given;

static void given_clear(Given *given)
{
    g_free(given->metrics);
    g_free(given->documents);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Given, given_clear)

static gboolean read_documents(guint *documents, const char *text, GError **error)
{
    guint64 number = WATCH_DOCUMENTS;
    *documents = G_MAXUINT;
    if (g_strcmp0(text, "all") == 0)
        return TRUE;
    if (text != NULL &&
        !g_ascii_string_to_unsigned(text, 10, 0, DOCUMENT_SAMPLE_MOST, &number, NULL)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--documents must be 0 to %d, or all",
                    DOCUMENT_SAMPLE_MOST);
        return FALSE;
    }
    *documents = (guint)number;
    return TRUE;
}

static gboolean check(const Given *given, GError **error)
{
    const char *fault = NULL;
    if (!(given->every >= WATCH_LEAST_EVERY && given->every <= 1e6))
        fault = "--every must be from 0.1 to 1000000 seconds";
    else if (given->rounds < 0 || given->random < 1 || given->depth < 1 ||
             given->depth > RECOMMEND_MOST)
        fault = "--rounds must not be negative, --random must be 1 or more, --depth must be 1 to "
                "10000";
    else if (given->seed < -1)
        fault = "--seed must not be negative";
    if (fault != NULL)
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, fault);
    return fault == NULL;
}

static gboolean parse(const CliCommand *command, int *argc, char ***argv, Given *given,
                      EsOptions *cluster, GError **error)
{
    const GOptionEntry entries[] = {
        {"every", 0, 0, G_OPTION_ARG_DOUBLE, &given->every,
         "from the beginning of a round to the next (300)", "SECONDS"},
        {"rounds", 0, 0, G_OPTION_ARG_INT, &given->rounds, "how many; 0: until Ctrl-C (0)", "N"},
        {"random", 0, 0, G_OPTION_ARG_INT, &given->random, "random profiles a round (10)", "N"},
        {"depth", 0, 0, G_OPTION_ARG_INT, &given->depth, "movies asked for per profile (100)", "N"},
        {"documents", 0, 0, G_OPTION_ARG_STRING, &given->documents,
         "random documents compared a round, or all (1000); needs a BUNDLE", "<N>|all"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &given->seed,
         "of the first round, each next one has one more (from the clock)", "N"},
        {"keep-going", 0, 0, G_OPTION_ARG_NONE, &given->keep_going,
         "go on after a violation; the exit code tells at the end", NULL},
        {"metrics", 0, 0, G_OPTION_ARG_FILENAME, &given->metrics,
         "write metrics for Prometheus after each round", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given->json, "one JSON object a round", NULL},
        {NULL},
    };
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    const GOptionEntry *const all[] = {entries, cluster_entries, NULL};
    return cli_parse(command, all, argc, argv, error) && check(given, error);
}

gboolean cmd_watch(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Given)
        given = {.every = WATCH_EVERY, .random = WATCH_PROFILES, .depth = WATCH_DEPTH, .seed = -1};
    g_auto(EsOptions) cluster = {0};
    guint documents;
    if (!parse(command, &argc, &argv, &given, &cluster, error) ||
        !read_documents(&documents, given.documents, error))
        return FALSE;
    g_autoptr(Bundle) bundle = argc > 1 ? bundle_open(argv[1], error) : NULL;
    if (argc > 1 && bundle == NULL)
        return FALSE;
    const WatchOptions options = {
        .cluster = &cluster,
        .bundle = bundle,
        .metrics = given.metrics,
        .every = given.every,
        .rounds = (guint)given.rounds,
        .profiles = (guint)given.random,
        .depth = (guint)given.depth,
        .documents = documents,
        .seed = (guint64)(given.seed >= 0 ? given.seed : g_get_real_time() / G_USEC_PER_SEC),
        .keep_going = given.keep_going,
        .json = given.json,
    };
    return watch(&options, error);
}
