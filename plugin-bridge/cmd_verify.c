#include <errno.h>

#include "commands.h"
#include "es_options.h"
#include "recommend.h"
#include "recsys_error.h"
#include "verify.h"

typedef struct {
    gint depth;
    gint random;
    gint64 seed;
    gboolean json;
    char *pairs; /* a file's name */
} VerifyOptions;

static void verify_options_clear(VerifyOptions *options)
{
    g_free(options->pairs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VerifyOptions, verify_options_clear)

static gboolean parse(const CliCommand *command, int *argc, char ***argv, VerifyOptions *options,
                      EsOptions *cluster, GError **error)
{
    const GOptionEntry entries[] = {
        {"random", 0, 0, G_OPTION_ARG_INT, &options->random,
         "random profiles besides the standard ones (100)", "N"},
        {"depth", 0, 0, G_OPTION_ARG_INT, &options->depth, "movies asked for per profile (100)",
         "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &options->seed, "of the random profiles (1)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {"pairs", 0, 0, G_OPTION_ARG_FILENAME, &options->pairs,
         "write every ranking and its verdicts to FILE, one JSON line a profile", "FILE"},
        {NULL},
    };
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    if (!cli_parse(command, (const GOptionEntry *const[]){entries, cluster_entries, NULL}, argc,
                   argv, error))
        return FALSE;
    if (options->random < 0 || options->seed < 0 || options->depth < 1 ||
        options->depth > RECOMMEND_MOST) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--random and --seed must not be negative, --depth must be 1 to %d",
                    RECOMMEND_MOST);
        return FALSE;
    }
    return TRUE;
}

/* Opens the file of --pairs; *log stays NULL without one. */
static gboolean open_pairs(const char *path, FILE **log, GError **error)
{
    if (path == NULL || (*log = fopen(path, "w")) != NULL)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s cannot be written: %s", path,
                g_strerror(errno));
    return FALSE;
}

/* A full disk is seen here at the latest. */
static gboolean close_pairs(const char *path, FILE *log, GError **error)
{
    if (log == NULL)
        return TRUE;
    gboolean written = ferror(log) == 0;
    if (fclose(log) == 0 && written)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s cannot be written: %s", path,
                g_strerror(errno));
    return FALSE;
}

gboolean cmd_verify(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(VerifyOptions) options = {.depth = 100, .random = 100, .seed = 1};
    g_auto(EsOptions) cluster = {0};
    if (!parse(command, &argc, &argv, &options, &cluster, error))
        return FALSE;
    const char *alias = es_options_alias(&cluster);
    g_autoptr(Bundle) bundle = bundle_open(argv[1], error);
    if (bundle == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cluster, error);
    if (client == NULL)
        return FALSE;
    g_autoptr(ReleaseMeta) release = release_meta_fetch(client, alias, error);
    if (release == NULL)
        return FALSE;
    FILE *log = NULL;
    if (!open_pairs(options.pairs, &log, error))
        return FALSE;
    const OrderOptions orders = {
        .depth = (guint)options.depth,
        .random = (guint)options.random,
        .seed = (guint64)options.seed,
        .log = log,
    };
    g_autoptr(Report) report = report_new();
    gboolean asked = verify(report, client, alias, release, bundle, VERIFY_ALL, &orders, error);
    if (!close_pairs(options.pairs, log, asked ? error : NULL) || !asked)
        return FALSE;
    if (options.json)
        report_print_json(report, stdout);
    else
        report_print(report, stdout);
    if (report->violations == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "parity does not hold: %" G_GUINT64_FORMAT " violation%s", report->violations,
                report->violations == 1 ? "" : "s");
    return FALSE;
}
