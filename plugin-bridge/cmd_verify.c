#include <errno.h>
#include <string.h>

#include "commands.h"
#include "es_options.h"
#include "recommend.h"
#include "recsys_error.h"
#include "verify.h"

#define DEFAULT_DEPTH 100

typedef struct {
    char *depth; /* NULL: the default */
    char *release;
    gint random;
    gint64 seed;
    gboolean all_users, from_cluster;
    gboolean json;
} VerifyOptions;

static void verify_options_clear(VerifyOptions *options)
{
    g_free(options->depth);
    g_free(options->release);
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
                      OrderOptions *orders, EsOptions *cluster, GError **error)
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
         "movies asked for per profile (100), or all", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &options->seed, "of the random profiles (1)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {NULL},
    };
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    if (!cli_parse(command, (const GOptionEntry *const[]){entries, cluster_entries, NULL}, argc,
                   argv, error))
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

static gboolean deliver(const Report *report, gboolean json, GError **error)
{
    if (json)
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

gboolean cmd_verify(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(VerifyOptions) options = {.random = 100, .seed = 1};
    OrderOptions orders;
    g_auto(EsOptions) cluster = {0};
    if (!parse(command, &argc, &argv, &options, &orders, &cluster, error))
        return FALSE;
    const char *name = options.release != NULL ? options.release : es_options_alias(&cluster);
    g_autoptr(Bundle) bundle = options.from_cluster ? NULL : bundle_open(argv[1], error);
    if (bundle == NULL && !options.from_cluster)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cluster, error);
    if (client == NULL)
        return FALSE;
    g_autoptr(ReleaseMeta) release = release_meta_fetch(client, name, error);
    if (release == NULL)
        return FALSE;
    g_autoptr(Report) report = report_new();
    const gboolean asked =
        bundle != NULL ? verify(report, client, name, release, bundle, VERIFY_ALL, &orders, error)
                       : verify_from_cluster(report, client, name, release, &orders, error);
    return asked && deliver(report, options.json, error);
}
