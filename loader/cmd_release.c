#include <stdio.h>

#include "commands.h"
#include "es_options.h"
#include "recsys_error.h"
#include "release.h"

typedef struct {
    char *replace_index;
    char *doc_ids;
    gboolean json, gzip;
    int shards, replicas, in_flight, retries; /* -1: not given */
    double patience, request_timeout;
} Options;

#define OPTIONS_DEFAULT                                                                            \
    {                                                                                              \
        .shards = -1, .replicas = -1, .in_flight = -1, .retries = -1, .patience = -1,              \
        .request_timeout = -1,                                                                     \
    }

static void options_clear(Options *options)
{
    g_free(options->replace_index);
    g_free(options->doc_ids);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean parse(const CliCommand *command, int *argc, char ***argv, Options *options,
                      EsOptions *cluster, GError **error)
{
    const GOptionEntry entries[] = {
        {"replace-index", 0, 0, G_OPTION_ARG_STRING, &options->replace_index,
         "delete the index of this name, which is where the alias is to be", "NAME"},
        {"doc-ids", 0, 0, G_OPTION_ARG_STRING, &options->doc_ids,
         "\"value\" (age_18, the default) or \"feature-index\" (age_9747), for metadata documents",
         "FORM"},
        {"shards", 0, 0, G_OPTION_ARG_INT, &options->shards, "shards of the new index (1)", "N"},
        {"replicas", 0, 0, G_OPTION_ARG_INT, &options->replicas,
         "copies of each shard, made once all documents are there (one, if there is a second node)",
         "N"},
        {"in-flight", 0, 0, G_OPTION_ARG_INT, &options->in_flight,
         "bulk requests under way at a time, up to 16 (3)", "N"},
        {"retries", 0, 0, G_OPTION_ARG_INT, &options->retries,
         "how often a document is sent again after 429, 503 or a lost connection (8)", "N"},
        {"patience", 0, 0, G_OPTION_ARG_DOUBLE, &options->patience,
         "seconds to go on trying without any document getting through (300)", "S"},
        {"request-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &options->request_timeout,
         "seconds for one bulk request as a whole (300)", "S"},
        {"gzip", 0, 0, G_OPTION_ARG_NONE, &options->gzip,
         "compress bulk requests: pays if less than some 200 Mbit/s get to the server", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {NULL},
    };
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    return cli_parse(command, (const GOptionEntry *const[]){entries, cluster_entries, NULL}, argc,
                     argv, error);
}

/* -1: not given. */
static gboolean check_range(const char *name, double given, double least, double most,
                            GError **error)
{
    if (given == -1 || (given >= least && given <= most))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--%s must be from %g to %g, not %g", name,
                least, most, given);
    return FALSE;
}

static gboolean take_numbers(const Options *options, ReleaseOptions *release, BulkOptions *bulk,
                             char **replicas, GError **error)
{
    if (!check_range("shards", options->shards, 1, 1024, error) ||
        !check_range("replicas", options->replicas, 0, 100, error) ||
        !check_range("in-flight", options->in_flight, 1, 16, error) ||
        !check_range("retries", options->retries, 0, 1000, error) ||
        !check_range("patience", options->patience, 0, 1e6, error) ||
        !check_range("request-timeout", options->request_timeout, 0.001, 1e6, error))
        return FALSE;
    if (options->shards != -1)
        release->shards = (guint)options->shards;
    if (options->replicas != -1)
        release->replicas = *replicas = g_strdup_printf("%d", options->replicas);
    if (options->in_flight != -1)
        bulk->in_flight = (guint)options->in_flight;
    if (options->retries != -1)
        bulk->retries = (guint)options->retries;
    if (options->patience != -1)
        bulk->patience = options->patience;
    if (options->request_timeout != -1)
        bulk->request_seconds = options->request_timeout;
    bulk->gzip = options->gzip;
    release->bulk = bulk;
    return TRUE;
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

static void print_json(const ReleaseResult *result, const Bundle *bundle, const char *alias)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "alias", alias);
    json_put_member_string(json, "index", result->index);
    json_put_member_string(json, "model_id", bundle->model_id);
    if (result->previous != NULL)
        json_put_member_string(json, "previous", result->previous);
    json_put_member_int(json, "documents", result->documents);
    json_put_member_double(json, "seconds", result->seconds);
    json_put_key(json, "bulk");
    yajl_gen_map_open(json);
    json_put_member_double(json, "loading_seconds", result->bulk_seconds);
    json_put_member_int(json, "requests", result->bulk.requests);
    json_put_member_int(json, "bytes", (gint64)result->bulk.bytes);
    json_put_member_int(json, "repeated", result->bulk.repeated);
    json_put_member_string(json, "vectors",
                           result->bulk.form == VECTORS_AS_BASE64 ? "base64" : "decimals");
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

gboolean cmd_release(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Options) options = OPTIONS_DEFAULT;
    BulkOptions bulk = BULK_OPTIONS_DEFAULT;
    g_autofree char *replicas = NULL;
    g_auto(EsOptions) cluster = {0};
    ReleaseOptions release = {0};
    if (!parse(command, &argc, &argv, &options, &cluster, error) ||
        !parse_doc_ids(options.doc_ids, &release.doc_ids, error) ||
        !take_numbers(&options, &release, &bulk, &replicas, error))
        return FALSE;
    release.alias = es_options_alias(&cluster);
    release.replace_index = options.replace_index;

    g_autoptr(Bundle) bundle = bundle_open(argv[1], error);
    if (bundle == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cluster, error);
    if (client == NULL)
        return FALSE;
    g_auto(ReleaseResult) result = {0};
    if (!release_bundle(&result, client, bundle, &release, error))
        return FALSE;
    if (options.json) {
        print_json(&result, bundle, release.alias);
        return TRUE;
    }
    printf("released %s as %s at %s (Elasticsearch %s): %u documents in %.1f s\n", result.index,
           release.alias, es_client_url(client), es_client_version(client), result.documents,
           result.seconds);
    if (result.previous != NULL)
        printf("the release before, %s, is still there\n", result.previous);
    return TRUE;
}
