#include "release_cli.h"

#include <math.h>

#include "recsys_error.h"

#define KEEP 5

void release_cli_clear(ReleaseCli *options)
{
    es_client_free(options->client);
    bundle_free(options->bundle);
    g_free(options->replace_index);
    g_free(options->doc_ids);
    g_strfreev(options->skip);
    for (guint i = 0; i < RELEASE_CLI_LIMITS; i++)
        g_free(options->limits[i]);
    job_options_clear(&options->job);
    load_cli_clear(&options->load);
    es_options_clear(&options->cluster);
}

/* A negative rise or drop asks for a better model. */
static const struct {
    GateLimit limit;
    const char *help;
} limits[RELEASE_CLI_LIMITS] = {
    {{"max-rmse-rise", -INFINITY, INFINITY},
     "gate quality: the validation RMSE may be this much above the live one's "
     "(" G_STRINGIFY(GATE_MAX_RMSE_RISE) ")"},
    {{"max-ndcg-drop", -INFINITY, INFINITY},
     "gate quality: the validation NDCG may be this much below the live one's "
     "(" G_STRINGIFY(GATE_MAX_NDCG_DROP) ")"},
    {{"max-count-change", 0, INFINITY},
     "gate count: documents and movies may change by this share "
     "(" G_STRINGIFY(GATE_MAX_COUNT_CHANGE) ")"},
    {{"min-overlap", 0, 1},
     "gate churn: least mean overlap of the top 10 with the live release, 0 to 1 "
     "(" G_STRINGIFY(GATE_MIN_OVERLAP) ")"},
    {{"min-correlation", -1, 1},
     "gate churn: least mean rank correlation with the live release, -1 to 1 "
     "(" G_STRINGIFY(GATE_MIN_CORRELATION) ")"},
    {{"max-drift", 0, INFINITY},
     "gate churn: the vectors may differ by this share after the best rotation "
     "(" G_STRINGIFY(GATE_MAX_DRIFT) ")"},
};

static GOptionEntry *gate_entries(ReleaseCli *options)
{
    const GOptionEntry others[] = {
        {"skip-gate", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->skip,
         "leave out a gate; may be given several times",
         "documents|orders|baseline|quality|count|churn"},
        {"gate-random", 0, 0, G_OPTION_ARG_INT, &options->random,
         "gate orders: random profiles besides the standard ones (50)", "N"},
        {"gate-depth", 0, 0, G_OPTION_ARG_INT, &options->depth,
         "gate orders: movies asked for per profile (20)", "N"},
    };
    GArray *entries = g_array_new(TRUE, FALSE, sizeof(GOptionEntry));
    g_array_append_vals(entries, others, G_N_ELEMENTS(others));
    for (guint i = 0; i < RELEASE_CLI_LIMITS; i++) {
        const GOptionEntry entry = {
            limits[i].limit.option, 0,         0, G_OPTION_ARG_STRING, &options->limits[i],
            limits[i].help,         "<X>|none"};
        g_array_append_val(entries, entry);
    }
    return (GOptionEntry *)(gpointer)g_array_free(entries, FALSE);
}

static GOptionEntry *release_entries(ReleaseCli *options)
{
    const GOptionEntry entries[] = {
        {"replace-index", 0, 0, G_OPTION_ARG_STRING, &options->replace_index,
         "delete the index of this name, which is where the alias is to be", "NAME"},
        {"doc-ids", 0, 0, G_OPTION_ARG_STRING, &options->doc_ids,
         "metadata documents as age_18 (value, the default) or age_9747", "value|feature-index"},
        {"keep", 0, 0, G_OPTION_ARG_INT, &options->keep,
         "prune at the end, keeping this many releases (" G_STRINGIFY(KEEP) "; 0: do not prune)",
         "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &options->quiet, "say nothing if all went well", NULL},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

static gboolean parse_limits(ReleaseCli *options, GError **error)
{
    GateOptions *gates = &options->gates;
    double *const values[RELEASE_CLI_LIMITS] = {&gates->max_rmse_rise,    &gates->max_ndcg_drop,
                                                &gates->max_count_change, &gates->min_overlap,
                                                &gates->min_correlation,  &gates->max_drift};
    for (guint i = 0; i < RELEASE_CLI_LIMITS; i++)
        if (!gate_limit_parse(&limits[i].limit, options->limits[i], values[i], error))
            return FALSE;
    return TRUE;
}

static gboolean check_gates(ReleaseCli *options, GError **error)
{
    if (options->depth < 1 || options->depth > 10000 || options->random < 0 || options->keep < 0) {
        g_set_error(
            error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
            "--gate-random and --keep must not be negative, --gate-depth must be 1 to 10000");
        return FALSE;
    }
    options->gates.depth = (guint)options->depth;
    options->gates.random = (guint)options->random;
    for (char **name = options->skip; name != NULL && *name != NULL; name++) {
        Gate gate;
        if (!gate_find(*name, &gate, error))
            return FALSE;
        options->gates.skip[gate] = TRUE;
    }
    return TRUE;
}

static gboolean parse(const CliCommand *command, int *argc, char ***argv, ReleaseCli *options,
                      GError **error)
{
    options->gates = gate_options_default();
    options->depth = (gint)options->gates.depth;
    options->random = (gint)options->gates.random;
    options->keep = KEEP;
    g_autofree GOptionEntry *entries = release_entries(options);
    g_autofree GOptionEntry *gates = gate_entries(options);
    g_autofree GOptionEntry *loading = load_cli_entries(&options->load);
    g_autofree GOptionEntry *jobs = job_options_entries(&options->job);
    g_autofree GOptionEntry *cluster_entries = es_options_entries(&options->cluster);
    const GOptionEntry *const all[] = {entries, gates, loading, jobs, cluster_entries, NULL};
    return cli_parse(command, all, argc, argv, error) && job_options_check(&options->job, error) &&
           check_gates(options, error) && parse_limits(options, error);
}

static gboolean parse_doc_ids(const char *text, DocIds *doc_ids, GError **error)
{
    *doc_ids = DOC_IDS_BY_VALUE;
    if (text == NULL || g_str_equal(text, "value"))
        return TRUE;
    *doc_ids = DOC_IDS_BY_FEATURE_INDEX;
    if (g_str_equal(text, "feature-index"))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--doc-ids must be \"value\" or \"feature-index\", not \"%s\"", text);
    return FALSE;
}

static gboolean read_command_line(ReleaseCli *options, const CliCommand *command, int *argc,
                                  char ***argv, GError **error)
{
    options->job = (JobOptions)JOB_OPTIONS_DEFAULT;
    options->load = (LoadCli)LOAD_CLI_DEFAULT;
    if (!parse(command, argc, argv, options, error) ||
        !parse_doc_ids(options->doc_ids, &options->release.doc_ids, error) ||
        !load_cli_take(&options->load, &options->release.load, error))
        return FALSE;
    ReleaseOptions *release = &options->release;
    options->cluster.patience = ES_JOB_PATIENCE;
    release->alias = es_options_alias(&options->cluster);
    release->replace_index = options->replace_index;
    release->gates = options->gates;
    release->keep = (guint)options->keep;
    release->lock = job_options_lock(&options->job, &options->cluster);
    return TRUE;
}

gboolean release_cli_open(ReleaseCli *options, const CliCommand *command, int argc, char **argv,
                          GError **error)
{
    if (!read_command_line(options, command, &argc, &argv, error))
        return FALSE;
    options->bundle = bundle_open(argv[1], error);
    if (options->bundle == NULL)
        return FALSE;
    options->client = es_options_connect(&options->cluster, error);
    return options->client != NULL;
}
