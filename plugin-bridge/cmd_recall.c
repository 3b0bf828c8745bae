#include <string.h>

#include "commands.h"
#include "es_options.h"
#include "recall.h"
#include "recommend.h"
#include "recsys_error.h"

#define USUAL_CANDIDATES "10,50,100,500"
#define MOST_RANDOM 10000 /* users of one search */

typedef struct {
    gint depth, random;
    gint64 seed;
    char *candidates;
    gboolean json;
    EsOptions cluster;
} Options;

static void options_clear(Options *options)
{
    g_free(options->candidates);
    es_options_clear(&options->cluster);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean parse(Options *options, const CliCommand *command, int argc, char **argv,
                      GError **error)
{
    const GOptionEntry entries[] = {
        {"depth", 0, 0, G_OPTION_ARG_INT, &options->depth, "movies asked for per profile (10)",
         "N"},
        {"random", 0, 0, G_OPTION_ARG_INT, &options->random,
         "profiles of random users besides the standard ones (100)", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &options->seed, "of the random profiles (1)", "N"},
        {"candidates", 0, 0, G_OPTION_ARG_STRING, &options->candidates,
         "numbers of candidates to compare (" USUAL_CANDIDATES ")", "N,…"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {NULL},
    };
    g_autofree GOptionEntry *cluster = es_options_entries(&options->cluster);
    if (!cli_parse(command, (const GOptionEntry *const[]){entries, cluster, NULL}, &argc, &argv,
                   error))
        return FALSE;
    if (options->depth >= 1 && options->depth <= QUERY_MOST_CANDIDATES && options->random >= 0 &&
        options->random <= MOST_RANDOM && options->seed >= 0)
        return TRUE;
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                        "--depth must be 1 to 10000, --random 0 to 10000, --seed not negative");
    return FALSE;
}

/* Of the usual ones those that are enough for the depth; what was given must be. */
static GArray *candidates_of(const Options *options, GError **error)
{
    const gboolean given = options->candidates != NULL;
    g_auto(GStrv) texts = g_strsplit(given ? options->candidates : USUAL_CANDIDATES, ",", -1);
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(guint));
    for (char **text = texts; *text != NULL; text++) {
        guint64 number;
        const gboolean valid = g_ascii_string_to_unsigned(
            g_strstrip(*text), 10, (guint64)options->depth, QUERY_MOST_CANDIDATES, &number, NULL);
        const guint value = (guint)(valid ? number : 0);
        if (valid) {
            g_array_append_val(candidates, value);
        } else if (given) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                        "--candidates %s: numbers from --depth (%d) to %d are expected, e.g. "
                        "100,500",
                        *text, options->depth, QUERY_MOST_CANDIDATES);
            return NULL;
        }
    }
    if (candidates->len == 0) {
        const guint depth = (guint)options->depth;
        g_array_append_val(candidates, depth);
    };
    return g_steal_pointer(&candidates);
}

gboolean cmd_recall(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Options) options = {.depth = 10, .random = 100, .seed = 1};
    if (!parse(&options, command, argc, argv, error))
        return FALSE;
    g_autoptr(GArray) candidates = candidates_of(&options, error);
    if (candidates == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&options.cluster, error);
    if (client == NULL)
        return FALSE;
    const RecallOptions what = {
        .depth = (guint)options.depth,
        .random = (guint)options.random,
        .seed = (guint64)options.seed,
        .candidates = (const guint *)(gpointer)candidates->data,
        .count = candidates->len,
    };
    g_autoptr(Recall) recall =
        recall_measure(client, es_options_alias(&options.cluster), &what, error);
    if (recall == NULL)
        return FALSE;
    if (options.json)
        recall_print_json(recall, stdout);
    else
        recall_print(recall, stdout);
    return TRUE;
}
