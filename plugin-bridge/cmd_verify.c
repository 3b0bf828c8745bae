#include "commands.h"
#include "es_options.h"
#include "recommend.h"
#include "recsys_error.h"
#include "report_options.h"
#include "verify.h"

typedef struct {
    gint depth;
    gint random;
    gint64 seed;
} VerifyOptions;

static gboolean parse(const CliCommand *command, int *argc, char ***argv, VerifyOptions *options,
                      EsOptions *cluster, ReportOptions *form, GError **error)
{
    const GOptionEntry entries[] = {
        {"random", 0, 0, G_OPTION_ARG_INT, &options->random,
         "random profiles besides the standard ones (100)", "N"},
        {"depth", 0, 0, G_OPTION_ARG_INT, &options->depth, "movies asked for per profile (100)",
         "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &options->seed, "of the random profiles (1)", "N"},
        {NULL},
    };
    g_autofree GOptionEntry *form_entries = report_options_entries(form);
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    const GOptionEntry *const all[] = {entries, form_entries, cluster_entries, NULL};
    if (!cli_parse(command, all, argc, argv, error))
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

typedef struct {
    EsClient *client;
    ReleaseMeta *release;
} Subject;

static void subject_clear(Subject *subject)
{
    release_meta_free(subject->release);
    es_client_free(subject->client);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Subject, subject_clear)

static gboolean ask(Report *report, Subject *subject, const Bundle *bundle,
                    const EsOptions *cluster, const VerifyOptions *options, GError **error)
{
    const char *alias = es_options_alias(cluster);
    const OrderOptions orders = {
        .depth = (guint)options->depth,
        .random = (guint)options->random,
        .seed = (guint64)options->seed,
    };
    subject->client = es_options_connect(cluster, error);
    if (subject->client == NULL)
        return FALSE;
    subject->release = release_meta_fetch(subject->client, alias, error);
    return subject->release != NULL && verify(report, subject->client, alias, subject->release,
                                              bundle, VERIFY_ALL, &orders, error);
}

gboolean cmd_verify(const CliCommand *command, int argc, char **argv, GError **error)
{
    VerifyOptions options = {.depth = 100, .random = 100, .seed = 1};
    g_auto(EsOptions) cluster = {0};
    g_auto(ReportOptions) form = {0};
    if (!parse(command, &argc, &argv, &options, &cluster, &form, error))
        return FALSE;
    g_autoptr(Bundle) bundle = bundle_open(argv[1], error);
    if (bundle == NULL)
        return FALSE;
    g_auto(Subject) subject = {0};
    g_autoptr(Report) report = report_new();
    g_autoptr(GError) failure = NULL;
    if (ask(report, &subject, bundle, &cluster, &options, &failure))
        return report_deliver(report, &form, error);
    report_deliver_failure(report, &form, failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
