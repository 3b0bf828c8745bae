#include "index_scan.h"

#include <string.h>

#include "interrupt.h"
#include "progress.h"
#include "recsys_error.h"

#define PAGE 1000
#define KEEP_ALIVE "2m"

static char *open_point_in_time(EsClient *client, const char *index, GError **error)
{
    g_autofree char *name = es_escape(index);
    g_autofree char *path = g_strdup_printf("/%s/_pit?keep_alive=" KEEP_ALIVE, name);
    g_auto(yajl_val) answer = es_call_json(client, "POST", path, NULL, error);
    if (answer == NULL)
        return NULL;
    const char *id = json_get_string(answer, "id");
    if (id == NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "POST %s gave no id", path);
    return g_strdup(id);
}

static void close_point_in_time(EsClient *client, const char *pit)
{
    g_autofree char *body = g_strdup_printf("{\"id\":\"%s\"}", pit);
    g_auto(yajl_val) answer = es_call_json(client, "DELETE", "/_pit", body, NULL);
    (void)answer; /* if it fails the server drops it after KEEP_ALIVE */
}

static char *page_body(const IndexScan *scan, const char *pit, gint64 after)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_int(json, "size", PAGE);
    json_put_member_bool(json, "track_total_hits", FALSE);
    json_put_key(json, "pit");
    yajl_gen_map_open(json);
    json_put_member_string(json, "id", pit);
    json_put_member_string(json, "keep_alive", KEEP_ALIVE);
    yajl_gen_map_close(json);
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
    json_put_member_string(json, "excludes", "embedding");
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
    g_autofree char *pit = open_point_in_time(client, scan->index, error);
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
    close_point_in_time(client, pit);
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
