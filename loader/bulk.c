#include "bulk.h"

#include <curl/curl.h>
#include <gio/gio.h>
#include <string.h>

#include "bulk_answer.h"
#include "gzip_choice.h"
#include "http_patience.h"
#include "http_pool.h"
#include "progress.h"
#include "recsys_error.h"

#define AIM_SECONDS 0.4 /* for an answer: long enough for the round trip not to matter */

typedef struct {
    guint index;
    guint attempts; /* so far */
} Document;

typedef struct {
    EsClient *client;
    HttpPool *pool;
    const Bundle *bundle;
    DocIds doc_ids;
    const BulkOptions *options;
    BulkReport *report;
    char *path;
    GPtrArray *requests; /* Request *: under way */

    guint first;     /* the document to begin with */
    guint taken;     /* of the n documents from there on, in a circle */
    GArray *again;   /* Document: to be sent once more */
    gboolean asking; /* whether the server takes base64: one document, alone */
    gsize target;    /* bytes of a request */

    SendClock clock; /* until it is known whether compressing pays */
    gboolean gzip_chosen;

    gint64 hold_until;    /* nothing new is sent before */
    guint strikes;        /* refusals in a row */
    gint64 last_progress; /* when a document was last acknowledged */

    guint refused; /* for good */
    char *refusal; /* the first of them */
} Bulk;

typedef struct {
    Bulk *bulk;
    GArray *documents; /* Document: those in the body, in order */
    GString *text;     /* the last of them */
    gsize sent;        /* of the text */
    gsize bytes, target;
    VectorForm form;
    GConverter *gzip; /* or NULL */
    gboolean finished;
    gboolean on_clock; /* its body is under way */
    gsize given;       /* of the body */
} Request;

static void request_free(gpointer data)
{
    Request *request = data;
    g_array_unref(request->documents);
    g_string_free(request->text, TRUE);
    g_clear_object(&request->gzip);
    g_free(request);
}

/* ---- the body ---- */

static gboolean take(Bulk *bulk, Document *document)
{
    if (bulk->refused > 0)
        return FALSE;
    if (bulk->again->len > 0) {
        *document = g_array_index(bulk->again, Document, bulk->again->len - 1);
        g_array_set_size(bulk->again, bulk->again->len - 1);
        return TRUE;
    }
    const guint n = bulk->bundle->model->n;
    if (bulk->taken == n)
        return FALSE;
    *document = (Document){.index = (bulk->first + bulk->taken++) % n};
    return TRUE;
}

static gboolean has_work(const Bulk *bulk)
{
    return bulk->refused == 0 && (bulk->again->len > 0 || bulk->taken < bulk->bundle->model->n);
}

static gboolean append_document(Request *request)
{
    Document document;
    const Bulk *bulk = request->bulk;
    g_string_truncate(request->text, 0);
    request->sent = 0;
    if ((request->documents->len > 0 && request->bytes >= request->target) ||
        !take(request->bulk, &document))
        return FALSE;
    g_array_append_val(request->documents, document);
    const gboolean plain = document_is_read_by_others(bulk->bundle, document.index);
    const VectorForm form = plain ? VECTORS_AS_DECIMALS : request->form;
    (bulk->options->knn ? document_append_bulk_knn : document_append_bulk)(
        request->text, bulk->bundle, bulk->doc_ids, form, document.index);
    request->bytes += request->text->len;
    return TRUE;
}

/* The body of a plain request begins or ends; the question about base64 is not representative. */
static void put_on_clock(Request *request, gboolean under_way)
{
    Bulk *bulk = request->bulk;
    if (under_way == request->on_clock || request->target == 0)
        return;
    request->on_clock = under_way;
    if (under_way)
        send_clock_start(&bulk->clock, g_get_monotonic_time());
    else
        send_clock_stop(&bulk->clock, g_get_monotonic_time(), request->given);
}

/* Called each time that what was given before has been taken by the network. */
static gsize produce(char *buffer, gsize room, gpointer data)
{
    Request *request = data;
    gsize given = 0;
    put_on_clock(request, TRUE);
    while (given < room) {
        if (request->sent == request->text->len && !append_document(request))
            break;
        const gsize part = MIN(room - given, request->text->len - request->sent);
        memcpy(buffer + given, request->text->str + request->sent, part);
        request->sent += part;
        given += part;
    }
    request->given += given;
    if (given == 0)
        put_on_clock(request, FALSE);
    return given;
}

static gsize produce_gzip(char *buffer, gsize room, gpointer data)
{
    Request *request = data;
    gsize given = 0;
    while (given < room && !request->finished) {
        gsize taken = 0, written = 0;
        gboolean at_end = request->sent == request->text->len && !append_document(request);
        GConverterResult result = g_converter_convert(
            request->gzip, request->text->str + request->sent, request->text->len - request->sent,
            buffer + given, room - given, at_end ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_NO_FLAGS,
            &taken, &written, NULL);
        g_assert(result != G_CONVERTER_ERROR); /* there is room, and input or its end */
        request->finished = result == G_CONVERTER_FINISHED;
        request->sent += taken;
        given += written;
    }
    return given;
}

/* ---- once more ---- */

static void hold(Bulk *bulk, gint64 retry_after)
{
    const gint64 now = g_get_monotonic_time();
    /* What was sent before the last refusal was known is no new refusal. */
    if (now >= bulk->hold_until)
        bulk->strikes++;
    const double wait = backoff_seconds(&bulk->options->backoff, MAX(bulk->strikes, 1u),
                                        retry_after, g_random_double());
    bulk->hold_until = MAX(bulk->hold_until, now + (gint64)(MIN(wait, 1e6) * G_USEC_PER_SEC));
    bulk->target = MAX(bulk->options->smallest, bulk->target / 2);
}

/* FALSE with `why` as the error once a limit is reached. */
static gboolean send_again(Bulk *bulk, Document document, const GError *why, GError **error)
{
    const double patient = (double)(bulk->hold_until - bulk->last_progress) / G_USEC_PER_SEC;
    document.attempts++;
    if (document.attempts <= bulk->options->retries && patient <= bulk->options->patience) {
        bulk->report->repeated++;
        g_array_append_val(bulk->again, document);
        return TRUE;
    }
    g_autofree char *id = document_id(bulk->bundle, bulk->doc_ids, document.index);
    if (error != NULL)
        *error = g_error_copy(why);
    if (document.attempts > bulk->options->retries)
        g_prefix_error(error, "%s was sent %u times: ", id, document.attempts);
    else
        g_prefix_error(
            error, "waiting longer would exceed %g s without progress: ", bulk->options->patience);
    return FALSE;
}

static gboolean send_all_again(const Request *request, const GError *why, gint64 retry_after,
                               GError **error)
{
    hold(request->bulk, retry_after);
    for (guint i = request->documents->len; i-- > 0;) {
        const Document document = g_array_index(request->documents, Document, i);
        if (!send_again(request->bulk, document, why, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- compressing ---- */

static GzipSample measure_gzip(const Bulk *bulk)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const guint n = bulk->bundle->model->n;
    for (guint i = 0; i < n && text->len < GZIP_SAMPLE_BYTES; i++)
        document_append_bulk(text, bulk->bundle, bulk->doc_ids, bulk->report->form,
                             (bulk->first + i) % n);
    return gzip_measure(text->str, text->len);
}

static void choose_gzip(Bulk *bulk)
{
    if (bulk->gzip_chosen || bulk->clock.bodies < GZIP_BODIES)
        return;
    const gint64 now = g_get_monotonic_time();
    bulk->gzip_chosen = TRUE;
    if (!send_clock_is_limit(&bulk->clock, now))
        return;
    const GzipSample sample = measure_gzip(bulk);
    bulk->report->compressed = gzip_pays(&bulk->clock, now, &sample);
}

/* ---- the answer ---- */

/* A request larger than the time aimed at is made smaller, and the reverse; by half at most, since
 * one answer is not a trend. */
static void adapt(Bulk *bulk, const Request *request, double seconds)
{
    if (request->bytes < request->target)
        return; /* the last one */
    const double factor = CLAMP(AIM_SECONDS / MAX(seconds, 1e-3), 0.67, 1.5);
    const double target = (double)request->bytes * factor;
    bulk->target =
        (gsize)CLAMP(target, (double)bulk->options->smallest, (double)bulk->options->largest);
}

static void refuse(Bulk *bulk, const Document *document, const BulkFault *fault)
{
    if (bulk->refused++ > 0)
        return;
    g_autofree char *id = document_id(bulk->bundle, bulk->doc_ids, document->index);
    bulk->refusal = g_strdup_printf("%s with %" G_GINT64_FORMAT ": %s", id, fault->status,
                                    fault->reason != NULL ? fault->reason : "no reason given");
}

static gboolean handle_fault(const Request *request, const BulkFault *fault, GError **error)
{
    Bulk *bulk = request->bulk;
    const Document *document = &g_array_index(request->documents, Document, fault->position);
    if (!http_status_is_temporary(fault->status)) {
        refuse(bulk, document, fault);
        return TRUE;
    }
    g_autoptr(GError) why =
        g_error_new(RECSYS_ERROR, RECSYS_ERROR_REFUSED, "refused with %" G_GINT64_FORMAT ": %s",
                    fault->status, fault->reason != NULL ? fault->reason : "no reason given");
    return send_again(bulk, *document, why, error);
}

/* The server does not take base64, or refuses this document anyway: decimals will tell. */
static void fall_back(Bulk *bulk, const Request *request)
{
    bulk->asking = FALSE;
    bulk->report->form = VECTORS_AS_DECIMALS;
    g_array_append_vals(bulk->again, request->documents->data, request->documents->len);
}

static gboolean handle_items(Request *request, const HttpOutcome *outcome, GError **error)
{
    Bulk *bulk = request->bulk;
    g_autoptr(GError) why = NULL;
    g_auto(BulkAnswer) answer = {0};
    const GString *body = outcome->response.body;
    if (!bulk_answer_read(&answer, body->str, body->len, request->documents->len, &why))
        return send_all_again(request, why, 0, error);
    const BulkFault *fault = (const BulkFault *)(gpointer)answer.fault->data;
    if (bulk->asking && answer.fault->len > 0 && !http_status_is_temporary(fault->status)) {
        fall_back(bulk, request);
        return TRUE;
    }
    const guint done = answer.items - answer.fault->len;
    bulk->report->documents += done;
    bulk->asking &= done == 0;
    if (done > 0)
        bulk->last_progress = g_get_monotonic_time();
    if (answer.fault->len == 0) {
        bulk->strikes = 0;
        adapt(bulk, request, outcome->seconds);
        choose_gzip(bulk);
        return TRUE;
    }
    hold(bulk, outcome->retry_after);
    for (guint i = answer.fault->len; i-- > 0;)
        if (!handle_fault(request, &g_array_index(answer.fault, BulkFault, i), error))
            return FALSE;
    return TRUE;
}

static gboolean can_be_repeated(const GError *failure)
{
    return failure->domain == HTTP_TRANSPORT_ERROR &&
           failure->code != CURLE_PEER_FAILED_VERIFICATION &&
           failure->code != CURLE_SSL_CACERT_BADFILE;
}

static gboolean handle(Request *request, const HttpOutcome *outcome, GError **error)
{
    Bulk *bulk = request->bulk;
    const long status = outcome->response.status;
    bulk->report->requests++;
    bulk->report->bytes += request->bytes;
    if (outcome->failure != NULL) {
        if (can_be_repeated(outcome->failure))
            return send_all_again(request, outcome->failure, 0, error);
        g_propagate_error(error, g_error_copy(outcome->failure));
        return FALSE;
    }
    if (status >= 200 && status <= 299)
        return handle_items(request, outcome, error);
    if (status == 400 && bulk->asking) {
        fall_back(bulk, request);
        return TRUE;
    }
    if ((status == 400 || status == 415) && request->gzip != NULL &&
        bulk->options->gzip == GZIP_AUTO) {
        /* Something in between does not understand it; nobody has asked for it. */
        bulk->report->compressed = FALSE;
        g_array_append_vals(bulk->again, request->documents->data, request->documents->len);
        return TRUE;
    }
    g_autoptr(GError) why = NULL;
    es_client_set_status_error(bulk->client, "POST", bulk->path, &outcome->response, &why);
    /* 413: the size is halved too, if it can be. */
    const gboolean too_large = status == 413 && request->target > bulk->options->smallest;
    if (http_status_is_temporary(status) || too_large)
        return send_all_again(request, why, outcome->retry_after, error);
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

static gboolean on_complete(const HttpOutcome *outcome, gpointer data, GError **error)
{
    Request *request = data;
    GPtrArray *requests = request->bulk->requests;
    put_on_clock(request, FALSE);
    gboolean valid = handle(request, outcome, error);
    g_ptr_array_remove_fast(requests, request);
    return valid;
}

/* ---- all of it ---- */

static void start_request(Bulk *bulk)
{
    Request *request = g_new0(Request, 1);
    *request = (Request){
        .bulk = bulk,
        .documents = g_array_new(FALSE, FALSE, sizeof(Document)),
        .text = g_string_new(NULL),
        .target = bulk->asking ? 0 : bulk->target,
        .form = bulk->report->form,
    };
    /* At once: by the time curl asks, other requests could have taken the last one. */
    append_document(request);
    g_ptr_array_add(bulk->requests, request);
    if (bulk->report->compressed)
        request->gzip =
            G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, GZIP_LEVEL));
    http_pool_post(bulk->pool, bulk->path, ES_NDJSON,
                   request->gzip != NULL ? "Content-Encoding: gzip" : NULL,
                   request->gzip != NULL ? produce_gzip : produce, on_complete, request);
}

static gboolean send_all(Bulk *bulk, GError **error)
{
    Progress progress;
    const guint n = bulk->bundle->model->n;
    progress_start(&progress, "indexing", "documents", n);
    gboolean valid = TRUE;
    while (valid && (has_work(bulk) || http_pool_active(bulk->pool) > 0)) {
        const guint most = bulk->asking ? 1 : bulk->options->in_flight;
        gint64 now = g_get_monotonic_time();
        while (now >= bulk->hold_until && has_work(bulk) && http_pool_active(bulk->pool) < most)
            start_request(bulk);
        gint64 until = now < bulk->hold_until ? bulk->hold_until : now + G_USEC_PER_SEC;
        valid = http_pool_wait(bulk->pool, until, error);
        progress_update(&progress, bulk->report->documents, NULL);
    }
    progress_end(&progress);
    return valid;
}

static gboolean check_complete(const Bulk *bulk, GError **error)
{
    const guint n = bulk->bundle->model->n;
    if (bulk->refused > 0)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "%u of %u documents were refused, the first one %s; %u were acknowledged",
                    bulk->refused, n, bulk->refusal, bulk->report->documents);
    else if (bulk->report->documents != n)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "%u documents were acknowledged, the bundle has %u", bulk->report->documents,
                    n);
    return bulk->refused == 0 && bulk->report->documents == n;
}

/* Base64 is asked for with a document that is to have it. A client that wants the ids of the
 * original post also wants its arrays. */
static void prepare_question(Bulk *bulk)
{
    const guint n = bulk->bundle->model->n;
    while (bulk->first < n && document_is_read_by_others(bulk->bundle, bulk->first))
        bulk->first++;
    bulk->asking = bulk->first < n && bulk->doc_ids == DOC_IDS_BY_VALUE;
    bulk->report->form = bulk->asking ? VECTORS_AS_BASE64 : VECTORS_AS_DECIMALS;
}

gboolean bulk_load(BulkReport *report, EsClient *client, const char *index, const Bundle *bundle,
                   DocIds doc_ids, const BulkOptions *options, GError **error)
{
    BulkReport unwanted;
    g_autofree char *name = es_escape(index);
    Bulk bulk = {
        .client = client,
        .pool = http_pool_new(es_client_http(client), options->request_seconds),
        .bundle = bundle,
        .doc_ids = doc_ids,
        .options = options,
        .report = report != NULL ? report : &unwanted,
        .path =
            g_strdup_printf("/%s/_bulk?filter_path=items.index.status,items.index.error.reason%s",
                            name, options->into_alias ? "&require_alias=true" : ""),
        .requests = g_ptr_array_new_with_free_func(request_free),
        .again = g_array_new(FALSE, FALSE, sizeof(Document)),
        .target = options->smallest,
        .last_progress = g_get_monotonic_time(),
    };
    *bulk.report = (BulkReport){.compressed = options->gzip == GZIP_ALWAYS};
    bulk.gzip_chosen = options->gzip != GZIP_AUTO;
    http_pool_limit_sending(bulk.pool, options->send_rate);
    prepare_question(&bulk);
    gboolean valid = send_all(&bulk, error) && check_complete(&bulk, error);
    bulk.report->last_bytes = bulk.target;
    http_pool_free(bulk.pool);
    g_ptr_array_unref(bulk.requests);
    g_array_unref(bulk.again);
    g_free(bulk.refusal);
    g_free(bulk.path);
    return valid;
}

gboolean bulk_index(EsClient *client, const char *index, const Bundle *bundle, DocIds doc_ids,
                    GError **error)
{
    const BulkOptions options = BULK_OPTIONS_DEFAULT;
    return bulk_load(NULL, client, index, bundle, doc_ids, &options, error);
}
