#include <stdio.h>

#include "commands.h"
#include "es_options.h"
#include "recsys_error.h"
#include "release.h"

typedef struct {
    char *replace_index;
    char *doc_ids;
    gboolean json;
} Options;

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
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {NULL},
    };
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    return cli_parse(command, (const GOptionEntry *const[]){entries, cluster_entries, NULL}, argc,
                     argv, error);
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
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

gboolean cmd_release(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Options) options = {0};
    g_auto(EsOptions) cluster = {0};
    ReleaseOptions release = {0};
    if (!parse(command, &argc, &argv, &options, &cluster, error) ||
        !parse_doc_ids(options.doc_ids, &release.doc_ids, error))
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
