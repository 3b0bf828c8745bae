#include <errno.h>
#include <string.h>

#include "commands.h"
#include "es_options.h"
#include "kernel_probe.h"
#include "recommend.h"
#include "recsys_error.h"
#include "report_options.h"
#include "verify.h"

#define DEFAULT_DEPTH 100

typedef struct {
    char *depth;           /* NULL: the default */
    char *release, *pairs; /* a release's index; a file */
    gint random;
    gint64 seed;
    gboolean all_users, from_cluster, bit_exact;
} VerifyOptions;

static void verify_options_clear(VerifyOptions *options)
{
    g_free(options->depth);
    g_free(options->release);
    g_free(options->pairs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VerifyOptions, verify_options_clear)

static gboolean parse_depth(guint *depth, const char *text, GError **error)
{
    char *end = NULL;
    *depth = text == NULL ? DEFAULT_DEPTH : ORDER_ALL_MOVIES;
    if (text == NULL || strcmp(text, "all") == 0)
        return TRUE;
    errno = 0;
    const gint64 number = g_ascii_strtoll(text, &end, 10);
    *depth = (guint)number;
    if (errno == 0 && *end == '\0' && end != text && number >= 1 && number < ORDER_ALL_MOVIES)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--depth must be a number of movies, 1 or more, or all; it is %s", text);
    return FALSE;
}

static gboolean check_model_source(const VerifyOptions *options, const char *bundle, GError **error)
{
    if (bundle != NULL && options->from_cluster)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--from-cluster is for when no bundle is at hand, but %s is given", bundle);
    else if (bundle == NULL && !options->from_cluster)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "against what? give the bundle that was released, or --from-cluster to take "
                    "the stored documents for the model");
    else
        return TRUE;
    return FALSE;
}

static gboolean parse(const CliCommand *command, int *argc, char ***argv, VerifyOptions *options,
                      OrderOptions *orders, EsOptions *cluster, ReportOptions *form, GError **error)
{
    const GOptionEntry entries[] = {
        {"release", 0, 0, G_OPTION_ARG_STRING, &options->release,
         "verify this release's index instead of the alias's", "INDEX"},
        {"from-cluster", 0, 0, G_OPTION_ARG_NONE, &options->from_cluster,
         "without a bundle: the stored documents are the model", NULL},
        {"random", 0, 0, G_OPTION_ARG_INT, &options->random,
         "random profiles besides the standard ones (100)", "N"},
        {"all-users", 0, 0, G_OPTION_ARG_NONE, &options->all_users, "and every user", NULL},
        {"depth", 0, 0, G_OPTION_ARG_STRING, &options->depth,
         "movies asked for per profile (100), or all", "<N>|all"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &options->seed, "of the random profiles (1)", "N"},
        {"bit-exact", 0, 0, G_OPTION_ARG_NONE, &options->bit_exact,
         "scores must be the cluster's kernel's to the last bit (see fingerprint)", NULL},
        {"pairs", 0, 0, G_OPTION_ARG_FILENAME, &options->pairs,
         "write every ranking and its verdicts to FILE, one JSON line a profile", "FILE"},
        {NULL},
    };
    g_autofree GOptionEntry *form_entries = report_options_entries(form);
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    const GOptionEntry *const all[] = {entries, form_entries, cluster_entries, NULL};
    if (!cli_parse(command, all, argc, argv, error))
        return FALSE;
    if (options->random < 0 || options->seed < 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--random and --seed must not be negative");
        return FALSE;
    }
    *orders = (OrderOptions){
        .random = (guint)options->random,
        .seed = (guint64)options->seed,
        .all_users = options->all_users,
    };
    return parse_depth(&orders->depth, options->depth, error) &&
           check_model_source(options, *argc > 1 ? (*argv)[1] : NULL, error);
}

typedef struct {
    EsClient *client;
    ReleaseMeta *release;
    KernelFinding *kernels;
} Subject;

static void subject_clear(Subject *subject)
{
    kernel_finding_free(subject->kernels);
    release_meta_free(subject->release);
    es_client_free(subject->client);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Subject, subject_clear)

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

/* With whose bits scores are compared. The probe's index is named after the alias, whatever release
 * is verified. */
static gboolean probe(Report *report, Subject *subject, const char *alias, GError **error)
{
    subject->kernels = kernel_probe(subject->client, alias, subject->release->k, error);
    if (subject->kernels == NULL)
        return FALSE;
    report->kernel = kernel_finding_describe(subject->kernels);
    if (kernel_finding_is_known(subject->kernels))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "--bit-exact: the kernel is not known (%s); without it scores are compared within "
                "bounds that hold for every kernel",
                report->kernel);
    return FALSE;
}

static gboolean ask(Report *report, Subject *subject, const Bundle *bundle,
                    const VerifyOptions *options, const EsOptions *cluster, OrderOptions *orders,
                    GError **error)
{
    const char *alias = es_options_alias(cluster);
    const char *name = options->release != NULL ? options->release : alias;
    subject->client = es_options_connect(cluster, error);
    if (subject->client == NULL)
        return FALSE;
    subject->release = release_meta_fetch(subject->client, name, error);
    if (subject->release == NULL)
        return FALSE;
    if (options->bit_exact && !probe(report, subject, alias, error))
        return FALSE;
    orders->kernels = subject->kernels;
    if (bundle == NULL)
        return verify_from_cluster(report, subject->client, name, subject->release, orders, error);
    return verify(report, subject->client, name, subject->release, bundle, VERIFY_ALL, orders,
                  error);
}

gboolean cmd_verify(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(VerifyOptions) options = {.random = 100, .seed = 1};
    OrderOptions orders;
    g_auto(EsOptions) cluster = {0};
    g_auto(ReportOptions) form = {0};
    cluster.patience = ES_JOB_PATIENCE;
    if (!parse(command, &argc, &argv, &options, &orders, &cluster, &form, error))
        return FALSE;
    g_auto(Subject) subject = {0};
    g_autoptr(Report) report = report_new();
    g_autoptr(GError) failure = NULL;
    g_autoptr(Bundle) bundle = options.from_cluster ? NULL : bundle_open(argv[1], &failure);
    gboolean asked = failure == NULL && open_pairs(options.pairs, &orders.log, &failure) &&
                     ask(report, &subject, bundle, &options, &cluster, &orders, &failure);
    if (!close_pairs(options.pairs, orders.log, asked ? &failure : NULL))
        asked = FALSE;
    if (asked)
        return report_deliver(report, &form, error);
    report_deliver_failure(report, &form, failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
