#include <stdio.h>

#include "commands.h"
#include "es_options.h"
#include "job_options.h"
#include "recsys_error.h"
#include "release.h"

#define KEEP 5

typedef struct {
    char *replace_index;
    char *doc_ids;
    char **skip;
    GateOptions gates;
    gint depth, random;
    gint keep;
    gboolean json, quiet;
} Options;

static void options_clear(Options *options)
{
    g_free(options->replace_index);
    g_free(options->doc_ids);
    g_strfreev(options->skip);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static GOptionEntry *gate_entries(Options *options)
{
    const GOptionEntry entries[] = {
        {"skip-gate", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->skip,
         "leave out a gate: documents, orders, rmse or count; may be given several times", "GATE"},
        {"gate-random", 0, 0, G_OPTION_ARG_INT, &options->random,
         "gate orders: random profiles besides the standard ones (50)", "N"},
        {"gate-depth", 0, 0, G_OPTION_ARG_INT, &options->depth,
         "gate orders: movies asked for per profile (20)", "N"},
        {"max-rmse-rise", 0, 0, G_OPTION_ARG_DOUBLE, &options->gates.max_rmse_rise,
         "gate rmse: the validation RMSE may be this much above the live one's (no limit)", "X"},
        {"max-count-change", 0, 0, G_OPTION_ARG_DOUBLE, &options->gates.max_count_change,
         "gate count: documents and movies may change by this share, e.g. 0.1 (no limit)", "X"},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

static GOptionEntry *release_entries(Options *options)
{
    const GOptionEntry entries[] = {
        {"replace-index", 0, 0, G_OPTION_ARG_STRING, &options->replace_index,
         "delete the index of this name, which is where the alias is to be", "NAME"},
        {"doc-ids", 0, 0, G_OPTION_ARG_STRING, &options->doc_ids,
         "\"value\" (age_18, the default) or \"feature-index\" (age_9747), for metadata documents",
         "FORM"},
        {"keep", 0, 0, G_OPTION_ARG_INT, &options->keep,
         "prune at the end, keeping this many releases (" G_STRINGIFY(KEEP) "; 0: do not prune)",
         "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &options->quiet, "say nothing if all went well", NULL},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

static gboolean check_gates(Options *options, GError **error)
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

static gboolean parse(const CliCommand *command, int *argc, char ***argv, Options *options,
                      JobOptions *job, EsOptions *cluster, GError **error)
{
    options->gates = gate_options_default();
    options->depth = (gint)options->gates.depth;
    options->random = (gint)options->gates.random;
    options->keep = KEEP;
    g_autofree GOptionEntry *entries = release_entries(options);
    g_autofree GOptionEntry *gates = gate_entries(options);
    g_autofree GOptionEntry *jobs = job_options_entries(job);
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    const GOptionEntry *const all[] = {entries, gates, jobs, cluster_entries, NULL};
    return cli_parse(command, all, argc, argv, error) && job_options_check(job, error) &&
           check_gates(options, error);
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

static void put_steps(yajl_gen json, const GArray *steps)
{
    json_put_key(json, "steps");
    yajl_gen_array_open(json);
    for (guint i = 0; i < steps->len; i++) {
        const ReleaseStep *step = &g_array_index(steps, ReleaseStep, i);
        yajl_gen_map_open(json);
        json_put_member_string(json, "step", step->name);
        json_put_member_double(json, "took", step->seconds);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
}

/* `failure` is NULL if it is released. */
static void print_json(const ReleaseResult *result, const Bundle *bundle, const char *alias,
                       const GError *failure)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_bool(json, "released", result->is_live);
    json_put_member_string(json, "alias", alias);
    if (result->index != NULL)
        json_put_member_string(json, "index", result->index);
    json_put_member_string(json, "model_id", bundle->model_id);
    if (result->previous != NULL)
        json_put_member_string(json, "previous", result->previous);
    json_put_member_int(json, "documents", result->documents);
    if (failure != NULL) {
        json_put_member_int(json, "exit_code", es_exit_code(failure));
        json_put_member_string(json, "error", failure->message);
    }
    gates_put_member(json, "gates", result->gates);
    put_steps(json, result->steps);
    json_put_key(json, "deleted");
    yajl_gen_array_open(json);
    for (guint i = 0; i < result->deleted->len; i++)
        json_put_string(json, g_ptr_array_index(result->deleted, i));
    yajl_gen_array_close(json);
    if (result->warning != NULL)
        json_put_member_string(json, "warning", result->warning);
    json_put_member_double(json, "seconds", result->seconds);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

static void print_gates(const GPtrArray *gates)
{
    for (guint i = 0; i < gates->len; i++) {
        const GateResult *result = g_ptr_array_index(gates, i);
        printf("gate %-10s %-8s %s\n", gate_name(result->gate), gate_verdict_name(result->verdict),
               result->figure != NULL ? result->figure : "");
    }
}

static void print_text(const ReleaseResult *result, const EsClient *client, const char *alias)
{
    print_gates(result->gates);
    for (guint i = 0; i < result->deleted->len; i++)
        printf("deleted %s\n", (const char *)g_ptr_array_index(result->deleted, i));
    if (!result->is_live)
        return;
    printf("released %s as %s at %s (Elasticsearch %s): %u documents in %.1f s\n", result->index,
           alias, es_client_url(client), es_client_version(client), result->documents,
           result->seconds);
    if (result->previous != NULL)
        printf("the release before, %s, is still there\n", result->previous);
}

/* What went wrong is said whatever the options; skipped gates too, unless it is to be quiet. */
static void print_result(const ReleaseResult *result, const Bundle *bundle, const Options *options,
                         const EsClient *client, const char *alias, const GError *failure)
{
    if (options->json)
        print_json(result, bundle, alias, failure);
    else if (!options->quiet || failure != NULL)
        print_text(result, client, alias);
    if (result->warning != NULL)
        fprintf(stderr, "warning: %s\n", result->warning);
}

gboolean cmd_release(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Options) options = {0};
    g_auto(JobOptions) job = JOB_OPTIONS_DEFAULT;
    g_auto(EsOptions) cluster = {0};
    ReleaseOptions release = {0};
    if (!parse(command, &argc, &argv, &options, &job, &cluster, error) ||
        !parse_doc_ids(options.doc_ids, &release.doc_ids, error))
        return FALSE;
    release.alias = es_options_alias(&cluster);
    release.replace_index = options.replace_index;
    release.gates = options.gates;
    release.keep = (guint)options.keep;
    release.break_owner = job.break_owner;
    release.lock_seconds = (guint)job.lock_seconds;
    release.connect = job_options_connect;
    release.connect_data = &cluster;

    g_autoptr(Bundle) bundle = bundle_open(argv[1], error);
    if (bundle == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cluster, error);
    if (client == NULL)
        return FALSE;
    g_auto(ReleaseResult) result = {0};
    g_autoptr(GError) failure = NULL;
    gboolean released = release_bundle(&result, client, bundle, &release, &failure);
    print_result(&result, bundle, &options, client, release.alias, failure);
    if (!released)
        g_propagate_error(error, g_steal_pointer(&failure));
    return released;
}
