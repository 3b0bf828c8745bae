#include "index_scan.h"

#include <stdio.h>
#include <string.h>

#include "document.h"
#include "es_calls.h"
#include "json.h"
#include "point_in_time.h"
#include "progress.h"
#include "recsys_error.h"

#define SLICES 2
#define PAGE_BYTES (2u * 1024 * 1024)
#define MOST_PER_PAGE 1000u
#define LEAST_PER_PAGE 10u
#define BYTES_PER_COMPONENT 13u /* of a decimal */
#define BYTES_PER_DOCUMENT 500u /* beside the vector */

/* A vector's doc value in base64 of big-endian float32, as Elasticsearch 9.4 has it in the format
 * "binary". To write it as decimals takes 8.19 as long as all the rest of a page. */
#define PACK                                                                                       \
    "if (doc['embedding'].size() == 0) { return null } "                                           \
    "float[] vector = doc['embedding'].vectorValue; byte[] bytes = new byte[4 * vector.length]; "  \
    "for (int f = 0; f < vector.length; f++) { int bits = Float.floatToIntBits(vector[f]); "       \
    "for (int b = 0; b < 4; b++) { bytes[4 * f + b] = (byte) (bits >> (24 - 8 * b)) } } "          \
    "return Base64.getEncoder().encodeToString(bytes)"

typedef struct {
    const IndexScan *scan;
    HitHandler on_hit;
    gpointer data;
    char *pit; /* the latest id of the point in time */
    guint slices, per_page;
    gboolean is_packed; /* vectors are asked for by PACK */
    EsCalls *calls;
    Progress progress;
    guint64 seen;
} Pages;

typedef struct {
    Pages *pages;
    guint id;
    char *after;        /* where the next page begins; NULL: at the beginning */
    gboolean is_packed; /* the page that was asked for */
} Slice;

/* ---- requests ---- */

static void put_where(yajl_gen json, const Slice *slice)
{
    const Pages *p = slice->pages;
    point_in_time_put(json, p->pit);
    if (p->slices > 1) {
        json_put_key(json, "slice");
        yajl_gen_map_open(json);
        json_put_member_int(json, "id", slice->id);
        json_put_member_int(json, "max", p->slices);
        yajl_gen_map_close(json);
    }
    json_put_key(json, "sort");
    yajl_gen_array_open(json);
    json_put_string(json, "_shard_doc");
    yajl_gen_array_close(json);
    if (slice->after == NULL)
        return;
    json_put_key(json, "search_after");
    yajl_gen_number(json, slice->after, strlen(slice->after)); /* any JSON, as it is */
}

/* Both ways the hit has them in `fields`. */
static void put_vectors(yajl_gen json, gboolean is_packed)
{
    if (is_packed) {
        json_put_key(json, "script_fields");
        yajl_gen_map_open(json);
        json_put_key(json, "embedding");
        yajl_gen_map_open(json);
        json_put_member_string(json, "script", PACK);
        yajl_gen_map_close(json);
        yajl_gen_map_close(json);
    }
    json_put_key(json, "docvalue_fields");
    yajl_gen_array_open(json);
    if (!is_packed) {
        yajl_gen_map_open(json);
        json_put_member_string(json, "field", "embedding");
        json_put_member_string(json, "format", "binary");
        yajl_gen_map_close(json);
    }
    json_put_string(json, "bias");
    yajl_gen_array_close(json);
}

static void put_what(yajl_gen json, gboolean is_packed)
{
    json_put_key(json, "_source");
    yajl_gen_map_open(json);
    json_put_key(json, "excludes");
    yajl_gen_array_open(json);
    json_put_string(json, "embedding");
    json_put_string(json, KNN_FIELD);
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    put_vectors(json, is_packed);
}

static char *page_body(const Slice *slice)
{
    const IndexScan *scan = slice->pages->scan;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_int(json, "size", slice->pages->per_page);
    json_put_member_bool(json, "track_total_hits", FALSE);
    if (scan->query != NULL) {
        json_put_key(json, "query");
        yajl_gen_number(json, scan->query, strlen(scan->query)); /* any JSON, as it is */
    }
    put_where(json, slice);
    put_what(json, slice->is_packed);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

/* ---- answers ---- */

static gboolean on_page(GString *answer, const GError *failure, gpointer data, GError **error);

static void ask(Slice *slice)
{
    slice->is_packed = slice->pages->is_packed;
    es_calls_post_for_text(slice->pages->calls, "/_search", ES_JSON, page_body(slice), on_page,
                           slice);
}

/* Not everybody may use scripts: a page that is refused is asked for once more without. */
static gboolean go_on_without(Slice *slice, const GError *failure, GError **error)
{
    if (failure->domain != ES_ERROR || !slice->is_packed) {
        g_propagate_error(error, g_error_copy(failure));
        return FALSE;
    }
    slice->pages->is_packed = FALSE;
    ask(slice);
    return TRUE;
}

/* Sorted by _shard_doc, a page ends after all pages before it: else some are answered again and
 * again, and it would never end. */
static gboolean move_on(Slice *slice, SearchPage *page, GError **error)
{
    gint64 before = -1, now;
    if (slice->after != NULL)
        (void)search_page_read_after(slice->after, &before);
    if (page->after == NULL || !search_page_read_after(page->after, &now))
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "a page of documents has no sort value");
    else if (now <= before)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "the cluster's answer makes no sense: the page of documents after %s ends "
                    "with %s, which is not after it: does a proxy answer from its memory?",
                    slice->after, page->after);
    else {
        g_free(slice->after);
        slice->after = g_steal_pointer(&page->after);
        return TRUE;
    }
    return FALSE;
}

static gboolean on_page(GString *answer, const GError *failure, gpointer data, GError **error)
{
    Slice *slice = data;
    Pages *p = slice->pages;
    g_auto(SearchPage) page = {0};
    if (failure != NULL)
        return go_on_without(slice, failure, error);
    if (!search_page_read(&page, answer, p->scan->k, p->on_hit, p->data, error))
        return FALSE;
    p->seen += page.hits;
    progress_update(&p->progress, MIN(p->seen, p->scan->expected), NULL);
    if (page.pit_id != NULL) {
        g_free(p->pit);
        p->pit = g_steal_pointer(&page.pit_id);
    }
    if (page.hits < p->per_page)
        return TRUE;
    if (!move_on(slice, &page, error))
        return FALSE;
    ask(slice);
    return TRUE;
}

/* Servers that do not know the format "binary" ignore it, and answer with decimals. */
static gboolean needs_packing(const EsClient *client)
{
    guint major = 0, minor = 0;
    return sscanf(es_client_version(client), "%u.%u", &major, &minor) == 2 &&
           (major < 9 || (major == 9 && minor < 4));
}

static gboolean read_slices(Pages *p, GError **error)
{
    Slice slices[SLICES];
    for (guint i = 0; i < p->slices; i++) {
        slices[i] = (Slice){.pages = p, .id = i};
        ask(&slices[i]);
    }
    const gboolean valid = es_calls_run(p->calls, error);
    for (guint i = 0; i < p->slices; i++)
        g_free(slices[i].after);
    return valid;
}

gboolean index_scan(EsClient *client, const IndexScan *scan, HitHandler on_hit, gpointer data,
                    GError **error)
{
    char *pit = point_in_time_open(client, scan->index, error);
    if (pit == NULL)
        return FALSE;
    g_autoptr(EsCalls) calls = es_calls_new(client);
    const guint document = scan->k * BYTES_PER_COMPONENT + BYTES_PER_DOCUMENT;
    Pages pages = {
        .scan = scan,
        .on_hit = on_hit,
        .data = data,
        .pit = pit,
        .per_page = CLAMP(PAGE_BYTES / document, LEAST_PER_PAGE, MOST_PER_PAGE),
        .calls = calls,
        .is_packed = needs_packing(client),
    };
    pages.slices = scan->expected > pages.per_page ? SLICES : 1;
    progress_start(&pages.progress, scan->label, "documents", scan->expected);
    const gboolean valid = read_slices(&pages, error);
    progress_end(&pages.progress);
    point_in_time_close(client, pages.pit);
    g_free(pages.pit);
    return valid;
}
