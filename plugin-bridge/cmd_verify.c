#include "commands.h"
#include "es_options.h"
#include "kernel_probe.h"
#include "recommend.h"
#include "recsys_error.h"
#include "verify.h"

typedef struct {
    gint depth;
    gint random;
    gint64 seed;
    gboolean json;
    gboolean bit_exact;
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
        {"bit-exact", 0, 0, G_OPTION_ARG_NONE, &options->bit_exact,
         "scores must be the cluster's kernel's to the last bit (see fingerprint)", NULL},
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

/* NULL without `error` set if bits are not to be compared. */
static KernelFinding *probe(Report *report, EsClient *client, const char *alias,
                            const ReleaseMeta *release, const VerifyOptions *options,
                            GError **error)
{
    if (!options->bit_exact)
        return NULL;
    g_autoptr(KernelFinding) finding = kernel_probe(client, alias, release->k, error);
    if (finding == NULL)
        return NULL;
    report->kernel = kernel_finding_describe(finding);
    if (kernel_finding_is_known(finding))
        return g_steal_pointer(&finding);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "--bit-exact: the kernel is not known (%s); without it scores are compared within "
                "bounds that hold for every kernel",
                report->kernel);
    return NULL;
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
    g_autoptr(Report) report = report_new();
    g_autoptr(KernelFinding) kernels = probe(report, client, alias, release, &options, error);
    if (kernels == NULL && options.bit_exact)
        return FALSE;
    const OrderOptions orders = {
        .depth = (guint)options.depth,
        .random = (guint)options.random,
        .seed = (guint64)options.seed,
        .kernels = kernels,
    };
    if (!verify(report, client, alias, release, bundle, VERIFY_ALL, &orders, error))
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
