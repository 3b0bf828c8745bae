#include "commands.h"
#include "document_check.h"
#include "es_options.h"
#include "mapping_check.h"
#include "order_check.h"
#include "recommend.h"
#include "recsys_error.h"

typedef struct {
    gint depth;
    gint random;
    gint64 seed;
    gboolean json;
} VerifyOptions;

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

static gboolean verify(Report *report, EsClient *client, const char *alias,
                       const ReleaseMeta *release, const Bundle *bundle,
                       const VerifyOptions *options, GError **error)
{
    const OrderOptions orders = {
        .depth = (guint)options->depth,
        .random = (guint)options->random,
        .seed = (guint64)options->seed,
    };
    gint64 started = g_get_monotonic_time();
    gboolean asked = mapping_check(report, release, bundle, error) &&
                     document_check(report, client, release, bundle, error) &&
                     order_check(report, client, alias, bundle, &orders, error);
    report->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    return asked;
}

/* The release that was read must still be the live one, or the findings are of two releases. */
static gboolean check_unchanged(EsClient *client, const char *alias, const ReleaseMeta *release,
                                GError **error)
{
    g_autoptr(ReleaseMeta) now = release_meta_fetch(client, alias, error);
    if (now == NULL)
        return FALSE;
    if (g_strcmp0(now->index, release->index) == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "%s moved from %s to %s meanwhile: verify again", alias, release->index,
                now->index);
    return FALSE;
}

gboolean cmd_verify(const CliCommand *command, int argc, char **argv, GError **error)
{
    VerifyOptions options = {.depth = 100, .random = 100, .seed = 1};
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
    if (g_strcmp0(release->model_id, bundle->model_id) != 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                    "%s is model %s, %s is model %s: verify with the bundle that was released",
                    release->index, release->model_id, bundle->path, bundle->model_id);
        return FALSE;
    }

    g_autoptr(Report) report = report_new();
    report->url = es_client_url(client);
    report->index = release->index;
    report->model_id = release->model_id;
    if (!verify(report, client, alias, release, bundle, &options, error) ||
        !check_unchanged(client, alias, release, error))
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
