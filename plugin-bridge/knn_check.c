#include "knn_check.h"

#include <string.h>

#include "document.h"
#include "interrupt.h"
#include "point_in_time.h"
#include "progress.h"
#include "recsys_error.h"

#define PAGE 500

typedef struct {
    Report *report;
    EsClient *client;
    const ReleaseMeta *release;
    const Bundle *bundle;
    GHashTable *movies; /* _id -> feature index + 1 of those not seen yet */
    char *pit;
    gint64 after;             /* where the next page begins */
    float *expected, *stored; /* [k + 1] scratch */
} Check;

static void check_clear(Check *c)
{
    point_in_time_close(c->client, c->pit);
    g_free(c->pit);
    g_hash_table_unref(c->movies);
    g_free(c->expected);
    g_free(c->stored);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Check, check_clear)

/* ---- one document ---- */

static void compare(Check *c, const char *id, guint index, yajl_val value)
{
    const guint dims = c->bundle->model->k + 1;
    guint first = 0;
    document_knn_vector(c->expected, c->bundle, index);
    if (!document_read_vector(c->stored, dims, value)) {
        report_violation(c->report, VIOLATION_BITS,
                         "document %s: " KNN_FIELD " has not the %u values it needs", id, dims);
        return;
    }
    while (first < dims && memcmp(&c->stored[first], &c->expected[first], sizeof(float)) == 0)
        first++;
    if (first < dims)
        report_violation(c->report, VIOLATION_BITS,
                         "document %s: " KNN_FIELD "[%u] is %.9g, the bundle has %.9g", id, first,
                         (double)c->stored[first], (double)c->expected[first]);
}

static void check_hit(Check *c, yajl_val hit)
{
    const char *id = json_get_string(hit, "_id");
    const guint found = id != NULL ? GPOINTER_TO_UINT(g_hash_table_lookup(c->movies, id)) : 0;
    if (found == 0) {
        report_violation(c->report, VIOLATION_FIELD,
                         "document %s: it has a " KNN_FIELD ", which only movies have",
                         id != NULL ? id : "(without _id)");
        return;
    }
    /* docvalue_fields wraps a field's values in an array: here one value. */
    compare(c, id, found - 1, json_array_get(json_get(hit, "fields." KNN_FIELD), 0));
    g_hash_table_remove(c->movies, id);
}

/* ---- all of them ---- */

static char *page_body(const Check *c)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_int(json, "size", PAGE);
    json_put_member_bool(json, "track_total_hits", FALSE);
    json_put_member_bool(json, "_source", FALSE);
    point_in_time_put(json, c->pit);
    static const char rest[] =
        "{\"exists\":{\"field\":\"" KNN_FIELD "\"}},\"sort\":[\"_shard_doc\"],"
        "\"docvalue_fields\":[{\"field\":\"" KNN_FIELD "\",\"format\":\"binary\"}]";
    json_put_key(json, "query");
    yajl_gen_number(json, rest, strlen(rest)); /* any JSON, as it is */
    if (c->after >= 0) {
        json_put_key(json, "search_after");
        yajl_gen_array_open(json);
        json_put_int(json, c->after);
        yajl_gen_array_close(json);
    }
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

/* *count is how many hits the page had. */
static gboolean check_page(Check *c, gsize *count, GError **error)
{
    g_autofree char *body = page_body(c);
    g_auto(yajl_val) answer = es_call_json(c->client, "POST", "/_search", body, error);
    if (answer == NULL || !es_check_search(answer, "a page of documents", error))
        return FALSE;
    point_in_time_update(&c->pit, answer);
    yajl_val hits = json_get(answer, "hits.hits");
    *count = json_array_length(hits);
    for (gsize i = 0; i < *count; i++)
        check_hit(c, json_array_get(hits, i));
    if (*count == 0)
        return TRUE;
    yajl_val last = json_array_get(json_get(json_array_get(hits, *count - 1), "sort"), 0);
    if (YAJL_IS_INTEGER(last) && YAJL_GET_INTEGER(last) > c->after) {
        c->after = YAJL_GET_INTEGER(last);
        return TRUE;
    }
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                        YAJL_IS_INTEGER(last)
                            ? "the cluster's answer makes no sense: a page of documents is "
                              "answered again: does a proxy answer from its memory?"
                            : "a page of documents has no sort value");
    return FALSE;
}

static GHashTable *movies_of(const ReleaseMeta *release, const Bundle *bundle)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < movies->len; i++) {
        const guint index = g_array_index(movies, guint, i);
        g_hash_table_insert(table, document_id(bundle, release->doc_ids, index),
                            GUINT_TO_POINTER(index + 1));
    }
    return table;
}

static void report_missing(const Check *c)
{
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, c->movies);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        report_violation(c->report, VIOLATION_FIELD, "document %s: it has no " KNN_FIELD,
                         (const char *)id);
}

gboolean knn_check(Report *report, EsClient *client, const ReleaseMeta *release,
                   const Bundle *bundle, GError **error)
{
    if (!release->knn)
        return TRUE;
    g_auto(Check) check = {
        .report = report,
        .client = client,
        .release = release,
        .bundle = bundle,
        .movies = movies_of(release, bundle),
        .pit = point_in_time_open(client, release->index, error),
        .after = -1,
        .expected = g_new(float, bundle->model->k + 1),
        .stored = g_new(float, bundle->model->k + 1),
    };
    Progress progress;
    gsize count = 1, seen = 0;
    gboolean valid = check.pit != NULL;
    progress_start(&progress, "approximate field", "documents", release->movies);
    while (valid && count > 0) {
        valid = !interrupt_requested(error) && check_page(&check, &count, error);
        seen += valid ? count : 0;
        progress_update(&progress, MIN(seen, release->movies), NULL);
    }
    progress_end(&progress);
    if (valid)
        report_missing(&check);
    return valid;
}
