#include "index_scan.h"

#include <string.h>

#include "document.h"
#include "interrupt.h"
#include "point_in_time.h"
#include "progress.h"
#include "recsys_error.h"

#define PAGE 1000

static char *page_body(const IndexScan *scan, const char *pit, gint64 after)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_int(json, "size", PAGE);
    json_put_member_bool(json, "track_total_hits", FALSE);
    point_in_time_put(json, pit);
    if (scan->query != NULL) {
        json_put_key(json, "query");
        yajl_gen_number(json, scan->query, strlen(scan->query)); /* any JSON, as it is */
    }
    json_put_key(json, "sort");
    yajl_gen_array_open(json);
    json_put_string(json, "_shard_doc");
    yajl_gen_array_close(json);
    if (after >= 0) {
        json_put_key(json, "search_after");
        yajl_gen_array_open(json);
        json_put_int(json, after);
        yajl_gen_array_close(json);
    }
    json_put_key(json, "_source");
    yajl_gen_map_open(json);
    json_put_key(json, "excludes");
    yajl_gen_array_open(json);
    json_put_string(json, "embedding");
    json_put_string(json, KNN_FIELD);
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    json_put_key(json, "docvalue_fields");
    yajl_gen_array_open(json);
    json_put_string(json, "embedding");
    json_put_string(json, "bias");
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

typedef struct {
    EsClient *client;
    const IndexScan *scan;
    IndexScanHit on_hit;
    gpointer data;
    const char *pit;
    gint64 after; /* where the next page begins */
} Pages;

/* Reads one page; *count is how many hits it had. */
static gboolean read_page(Pages *p, gsize *count, GError **error)
{
    g_autofree char *body = page_body(p->scan, p->pit, p->after);
    g_auto(yajl_val) answer = es_call_json(p->client, "POST", "/_search", body, error);
    if (answer == NULL || !es_check_complete(answer, "a page of documents", error))
        return FALSE;
    yajl_val hits = json_get(answer, "hits.hits");
    *count = json_array_length(hits);
    for (gsize i = 0; i < *count; i++)
        if (!p->on_hit(json_array_get(hits, i), p->data, error))
            return FALSE;
    if (*count == 0)
        return TRUE;
    yajl_val last = json_array_get(json_get(json_array_get(hits, *count - 1), "sort"), 0);
    if (!YAJL_IS_INTEGER(last)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "a page of documents has no sort value");
        return FALSE;
    }
    p->after = YAJL_GET_INTEGER(last);
    return TRUE;
}

gboolean index_scan(EsClient *client, const IndexScan *scan, IndexScanHit on_hit, gpointer data,
                    GError **error)
{
    g_autofree char *pit = point_in_time_open(client, scan->index, error);
    if (pit == NULL)
        return FALSE;
    Pages pages = {client, scan, on_hit, data, pit, -1};
    Progress progress;
    progress_start(&progress, scan->label, "documents", scan->expected);
    guint64 seen = 0;
    gsize count = 1;
    gboolean valid = TRUE;
    while (valid && count > 0) {
        valid = !interrupt_requested(error) && read_page(&pages, &count, error);
        seen += count;
        progress_update(&progress, MIN(seen, scan->expected), NULL);
    }
    progress_end(&progress);
    point_in_time_close(client, pit);
    return valid;
}

yajl_val index_scan_embedding(yajl_val hit)
{
    yajl_val stored = json_get(hit, "fields.embedding");
    /* docvalue_fields wraps a field's values in an array: here one value that is an array. */
    if (json_array_length(stored) == 1 && YAJL_IS_ARRAY(json_array_get(stored, 0)))
        stored = json_array_get(stored, 0);
    return stored;
}
