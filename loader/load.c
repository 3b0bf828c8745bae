#include "load.h"

#include "interrupt.h"
#include "recsys_error.h"

gboolean load_call(EsClient *client, const char *method, const char *index, const char *action,
                   const char *body, GError **error)
{
    g_autofree char *name = es_escape(index);
    g_autofree char *path = g_strdup_printf("/%s%s", name, action);
    g_auto(yajl_val) answer = es_call_json(client, method, path, body, error);
    return answer != NULL && es_check_complete(answer, path, error);
}

char *load_alias(const char *index)
{
    return g_strconcat(index, "-loading", NULL);
}

static void replace_once(GString *text, const char *old, const char *new)
{
    guint replaced = g_string_replace(text, old, new, 1);
    g_assert(replaced == 1);
}

char *load_definition(const char *definition, const char *index, const LoadOptions *options)
{
    GString *text = g_string_new(definition);
    g_autofree char *alias = load_alias(index);
    g_autofree char *opening = g_strdup_printf("{\"aliases\": {\"%s\": {}},", alias);
    replace_once(text, "{", opening);
    if (options->shards > 0) {
        g_autofree char *shards = g_strdup_printf("\"number_of_shards\": %u", options->shards);
        replace_once(text, "\"number_of_shards\": 1", shards);
    }
    return g_string_free(text, FALSE);
}

static gboolean send_documents(LoadReport *report, EsClient *client, const char *index,
                               const Bundle *bundle, DocIds doc_ids, const LoadOptions *options,
                               GError **error)
{
    static const BulkOptions usual = BULK_OPTIONS_DEFAULT;
    BulkOptions bulk = options->bulk != NULL ? *options->bulk : usual;
    bulk.into_alias = TRUE;
    bulk.knn = options->knn;
    g_autofree char *alias = load_alias(index);
    g_autofree char *action = g_strdup_printf("/_alias/%s", alias);
    const gint64 started = g_get_monotonic_time();
    if (!bulk_load(&report->bulk, client, alias, bundle, doc_ids, &bulk, error))
        return FALSE;
    report->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    return load_call(client, "DELETE", index, action, NULL, error);
}

static gboolean check_count(EsClient *client, const char *index, guint expected, GError **error)
{
    gint64 count = -1;
    g_autofree char *name = es_escape(index);
    g_autofree char *path = g_strdup_printf("/%s/_count", name);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, error);
    if (answer == NULL || !es_check_shards(answer, "the count", error))
        return FALSE;
    if (json_get_int(answer, "count", &count) && count == expected)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s has %" G_GINT64_FORMAT " documents, the bundle %u", index, count, expected);
    return FALSE;
}

/* No segments and no copies for readers that are not there yet. */
#define WHILE_LOADING                                                                              \
    "{\"index\":{\"refresh_interval\":\"-1\",\"auto_expand_replicas\":false,"                      \
    "\"number_of_replicas\":0}}"

static gboolean restore_settings(EsClient *client, const char *index, const char *replicas,
                                 GError **error)
{
    g_autofree char *body = g_strdup_printf("{\"index\":{\"refresh_interval\":null,%s%s}}",
                                            replicas != NULL ? "\"number_of_replicas\":"
                                                             : "\"auto_expand_replicas\":\"0-1\"",
                                            replicas != NULL ? replicas : "");
    return load_call(client, "PUT", index, "/_settings", body, error);
}

typedef enum { STATUS_REACHED, STATUS_NOT_YET, STATUS_UNKNOWN } StatusWait;

/* Asks for the health with an answer within `seconds`. */
static StatusWait wait_for_status(EsClient *client, const char *index, const char *status,
                                  double seconds, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *name = es_escape(index);
    g_autofree char *path = g_strdup_printf("/_cluster/health/%s?wait_for_status=%s&timeout=%.0fms",
                                            name, status, MAX(seconds, 0) * 1000);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, &failure);
    if (answer != NULL || g_error_matches(failure, ES_ERROR, 403))
        return STATUS_REACHED;
    if (g_error_matches(failure, ES_ERROR, 408))
        return STATUS_NOT_YET;
    g_propagate_error(error, g_steal_pointer(&failure));
    return STATUS_UNKNOWN;
}

/* Longer than this no answer is waited for: nothing is heard of it in the meantime, and neither our
 * own limits nor those of what is in between are to end it. */
#define LONGEST_SLICE 5.0

/* Waits until all copies are there, for a while; what must be there is each primary. A user who may
 * not ask for the health goes on: without a primary the count fails. */
static gboolean wait_for_copies(EsClient *client, const char *index, double seconds, GError **error)
{
    const double silence = http_client_silence_seconds(es_client_http(client));
    const double slice = MIN(LONGEST_SLICE, silence / 2);
    const gint64 end = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    StatusWait green = STATUS_NOT_YET;
    for (gint64 now = 0; green == STATUS_NOT_YET && now < end; now = g_get_monotonic_time()) {
        const double left = (double)(end - g_get_monotonic_time()) / G_USEC_PER_SEC;
        green = wait_for_status(client, index, "green", MIN(slice, left), error);
    }
    if (green != STATUS_NOT_YET)
        return green == STATUS_REACHED;
    switch (wait_for_status(client, index, "yellow", MIN(slice, 1), error)) {
    case STATUS_REACHED:
        return TRUE;
    case STATUS_NOT_YET:
        g_set_error(error, ES_ERROR, 408,
                    "%s: a primary shard of %s is not there: see GET "
                    "_cat/shards",
                    es_client_url(client), index);
        return FALSE;
    case STATUS_UNKNOWN:
        break;
    }
    return FALSE;
}

gboolean load_index(LoadReport *report, EsClient *client, const char *index, const Bundle *bundle,
                    DocIds doc_ids, const LoadOptions *options, GError **error)
{
    const double copies =
        options->copies_seconds > 0 ? options->copies_seconds : LOAD_COPIES_SECONDS;
    return load_call(client, "PUT", index, "/_settings", WHILE_LOADING, error) &&
           send_documents(report, client, index, bundle, doc_ids, options, error) &&
           restore_settings(client, index, options->replicas, error) &&
           load_call(client, "POST", index, "/_refresh", NULL, error) &&
           wait_for_copies(client, index, copies, error) &&
           check_count(client, index, bundle->model->n, error) && !interrupt_requested(error);
}
