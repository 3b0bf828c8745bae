#include "bulk.h"

#include "document.h"
#include "interrupt.h"
#include "progress.h"
#include "recsys_error.h"

#define REQUEST_BYTES (4u * 1024 * 1024)

static void append_document(GString *body, yajl_gen json, const Bundle *bundle, DocIds doc_ids,
                            guint index)
{
    g_autofree char *id = document_id(bundle, doc_ids, index);
    yajl_gen_map_open(json);
    json_put_key(json, "index");
    yajl_gen_map_open(json);
    json_put_member_string(json, "_id", id);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
    json_take_into(json, body);
    g_string_append_c(body, '\n');
    document_put(json, bundle, index);
    json_take_into(json, body);
    g_string_append_c(body, '\n');
}

gboolean bulk_check_answer(yajl_val answer, guint expected, GError **error)
{
    yajl_val items = json_get(answer, "items");
    if (json_array_length(items) != expected) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "%u documents were sent, the bulk answer speaks of %" G_GSIZE_FORMAT, expected,
                    json_array_length(items));
        return FALSE;
    }
    guint refused = 0;
    yajl_val first = NULL;
    for (guint i = 0; i < expected; i++) {
        gint64 status = 0;
        yajl_val item = json_get(json_array_get(items, i), "index");
        if (json_get_int(item, "status", &status) && (status == 200 || status == 201))
            continue;
        first = refused++ == 0 ? item : first;
    }
    if (refused == 0)
        return TRUE;
    gint64 status = 0;
    json_get_int(first, "status", &status);
    const char *id = json_get_string(first, "_id");
    const char *reason = json_get_string(first, "error.reason");
    g_set_error(
        error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
        "%u of %u documents of a bulk request were refused, the first one %s with %" G_GINT64_FORMAT
        ": %s",
        refused, expected, id != NULL ? id : "(unnamed)", status,
        reason != NULL ? reason : "no reason given");
    return FALSE;
}

static gboolean send(EsClient *client, const char *path, GString *body, guint documents,
                     GError **error)
{
    g_auto(yajl_val) answer = es_call(client, "POST", path, ES_NDJSON, body->str, body->len, error);
    g_string_truncate(body, 0);
    return answer != NULL && bulk_check_answer(answer, documents, error);
}

gboolean bulk_index(EsClient *client, const char *index, const Bundle *bundle, DocIds doc_ids,
                    GError **error)
{
    const guint n = bundle->model->n;
    g_autofree char *name = es_escape(index);
    g_autofree char *path = g_strdup_printf(
        "/%s/_bulk?filter_path=items.index._id,items.index.status,items.index.error", name);
    g_autoptr(GString) body = g_string_sized_new(REQUEST_BYTES + 64 * 1024);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    Progress progress;
    progress_start(&progress, "indexing", "documents", n);

    guint waiting = 0;
    gboolean valid = TRUE;
    for (guint i = 0; valid && i < n; i++) {
        append_document(body, json, bundle, doc_ids, i);
        waiting++;
        if (body->len < REQUEST_BYTES && i + 1 < n)
            continue;
        valid = !interrupt_requested(error) && send(client, path, body, waiting, error);
        waiting = 0;
        progress_update(&progress, i + 1, NULL);
    }
    progress_end(&progress);
    return valid;
}
