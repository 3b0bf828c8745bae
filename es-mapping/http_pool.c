#include "http_pool.h"

#include <string.h>

#include "backoff.h"
#include "http_patience.h"
#include "http_prepare.h"

#define UPLOAD_BYTES (256L * 1024)
#define LOOK_UP_MS 100 /* how often a signal is looked for */

typedef struct {
    CURL *curl; /* NULL while it is put off */
    HttpHost *host;
    gsize answer_limit;
    gboolean too_large;
    CurlList *headers;
    char *path, *content_type, *header; /* header: nullable */
    HttpProducer producer;
    GString *body; /* what was produced so far; NULL: it is not repeated */
    gsize sent;    /* of it */
    guint strikes;
    gint64 due, end; /* of the next attempt, and of the patience; monotonic microseconds */
    HttpCompletion completion;
    gpointer data;
    HttpOutcome outcome;
    char why[CURL_ERROR_SIZE];
} Transfer;

struct HttpPool {
    HttpClient *client;
    CURLM *multi;
    GPtrArray *transfers; /* Transfer *: under way */
    GPtrArray *put_off;   /* Transfer *: to be sent again */
    double seconds;
    gsize send_rate; /* bytes a second; 0: no limit */
};

/* What belongs to one attempt. */
static void transfer_reset(Transfer *transfer)
{
    g_clear_pointer(&transfer->curl, curl_easy_cleanup);
    g_clear_pointer(&transfer->headers, curl_slist_free_all);
    http_response_clear(&transfer->outcome.response);
    g_clear_error(&transfer->outcome.failure);
    transfer->outcome = (HttpOutcome){0};
    transfer->too_large = FALSE;
    transfer->why[0] = '\0';
    transfer->sent = 0;
}

static void transfer_free(gpointer data)
{
    Transfer *transfer = data;
    transfer_reset(transfer);
    if (transfer->body != NULL)
        g_string_free(transfer->body, TRUE);
    g_free(transfer->path);
    g_free(transfer->content_type);
    g_free(transfer->header);
    g_free(transfer);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transfer, transfer_free)

HttpPool *http_pool_new(HttpClient *client, double seconds)
{
    HttpPool *pool = g_new0(HttpPool, 1);
    pool->client = client;
    pool->multi = curl_multi_init();
    pool->transfers = g_ptr_array_new_with_free_func(transfer_free);
    pool->put_off = g_ptr_array_new_with_free_func(transfer_free);
    pool->seconds = seconds;
    return pool;
}

void http_pool_free(HttpPool *pool)
{
    if (pool == NULL)
        return;
    for (guint i = 0; i < pool->transfers->len; i++) {
        const Transfer *transfer = g_ptr_array_index(pool->transfers, i);
        curl_multi_remove_handle(pool->multi, transfer->curl);
    }
    g_ptr_array_unref(pool->transfers);
    g_ptr_array_unref(pool->put_off);
    curl_multi_cleanup(pool->multi);
    g_free(pool);
}

void http_pool_limit_sending(HttpPool *pool, gsize bytes_per_second)
{
    pool->send_rate = bytes_per_second;
}

guint http_pool_active(const HttpPool *pool)
{
    return pool->transfers->len + pool->put_off->len;
}

/* ---- one request ---- */

static size_t on_send(char *buffer, size_t size, size_t count, void *user)
{
    Transfer *transfer = user;
    GString *body = transfer->body;
    if (body == NULL)
        return transfer->producer(buffer, size * count, transfer->data);
    if (transfer->sent == body->len) {
        const gsize produced = transfer->producer(buffer, size * count, transfer->data);
        g_string_append_len(body, buffer, (gssize)produced);
    }
    const gsize part = MIN(size * count, body->len - transfer->sent);
    memcpy(buffer, body->str + transfer->sent, part);
    transfer->sent += part;
    return part;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    Transfer *transfer = user;
    GString *body = transfer->outcome.response.body;
    transfer->too_large = size * count > transfer->answer_limit - body->len;
    if (transfer->too_large)
        return 0;
    g_string_append_len(body, data, (gssize)(size * count));
    return size * count;
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    Transfer *transfer = user;
    http_response_take_header(&transfer->outcome.response, data, size * count);
    return size * count;
}

static void start(HttpPool *pool, Transfer *transfer)
{
    CURL *curl = transfer->curl = curl_easy_init();
    transfer->host = http_client_take_turn(pool->client);
    transfer->outcome.response.body = g_string_new(NULL);
    transfer->headers = http_client_prepare(pool->client, curl, transfer->path,
                                            transfer->content_type, transfer->why);
    /* How long the body will be is not known before it is sent. */
    transfer->headers = curl_slist_append(transfer->headers, "Transfer-Encoding: chunked");
    if (transfer->header != NULL)
        transfer->headers = curl_slist_append(transfer->headers, transfer->header);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BYTES);
    curl_easy_setopt(curl, CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)pool->send_rate);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    if (pool->seconds >= 0)
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(pool->seconds * 1000));
    curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer);
    g_ptr_array_add(pool->transfers, transfer);
    curl_multi_add_handle(pool->multi, curl);
}

void http_pool_post(HttpPool *pool, const char *path, const char *content_type, const char *header,
                    HttpProducer producer, HttpCompletion completion, gpointer data)
{
    Transfer *transfer = g_new0(Transfer, 1);
    const double patience = http_client_patience(pool->client);
    const gboolean may_repeat = http_is_safe_to_repeat("POST", path) &&
                                (patience > 0 || http_client_hosts(pool->client) > 1);
    *transfer = (Transfer){
        .answer_limit = http_client_answer_limit(pool->client),
        .path = g_strdup(path),
        .content_type = g_strdup(content_type),
        .header = g_strdup(header),
        .producer = producer,
        .body = may_repeat ? g_string_new(NULL) : NULL,
        .end = g_get_monotonic_time() + (gint64)(patience * G_USEC_PER_SEC),
        .completion = completion,
        .data = data,
    };
    start(pool, transfer);
}

/* ---- once more ---- */

/* FALSE if the outcome is the last one; otherwise it takes the transfer. */
static gboolean put_off(HttpPool *pool, Transfer *transfer, gboolean host_failed)
{
    static const Backoff backoff = BACKOFF_DEFAULT;
    const HttpOutcome *outcome = &transfer->outcome;
    const gint64 now = g_get_monotonic_time();
    const gboolean temporary = outcome->failure != NULL
                                   ? http_failure_is_lost_connection(outcome->failure)
                                   : http_status_is_temporary(outcome->response.status);
    if (transfer->body == NULL || transfer->too_large)
        return FALSE;
    const double wait =
        backoff_seconds(&backoff, ++transfer->strikes, outcome->retry_after, g_random_double());
    transfer->due = now + (gint64)(MIN(wait, 1e6) * G_USEC_PER_SEC);
    if (host_failed && transfer->strikes < http_client_hosts(pool->client))
        transfer->due = now; /* another host */
    else if (!temporary || transfer->due > transfer->end)
        return FALSE;
    transfer_reset(transfer);
    g_ptr_array_add(pool->put_off, transfer);
    return TRUE;
}

/* Returns when the next one is due, or `until`. */
static gint64 start_due(HttpPool *pool, gint64 until)
{
    const gint64 now = g_get_monotonic_time();
    for (guint i = pool->put_off->len; i-- > 0;) {
        const Transfer *transfer = g_ptr_array_index(pool->put_off, i);
        if (transfer->due <= now)
            start(pool, g_ptr_array_steal_index_fast(pool->put_off, i));
        else
            until = MIN(until, transfer->due);
    }
    return until;
}

/* ---- the loop ---- */

static void take_outcome(Transfer *transfer)
{
    curl_off_t microseconds = 0, retry_after = 0;
    HttpOutcome *outcome = &transfer->outcome;
    curl_easy_getinfo(transfer->curl, CURLINFO_TOTAL_TIME_T, &microseconds);
    curl_easy_getinfo(transfer->curl, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &outcome->response.status);
    outcome->seconds = (double)microseconds / G_USEC_PER_SEC;
    outcome->retry_after = retry_after;
}

/* Adds one to `number` if the request is handed over. */
static gboolean complete(HttpPool *pool, CURL *curl, CURLcode code, guint *number, GError **error)
{
    char *private = NULL;
    guint at = 0;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, &private);
    curl_multi_remove_handle(pool->multi, curl);
    gboolean found = g_ptr_array_find(pool->transfers, private, &at);
    g_assert(found);
    g_autoptr(Transfer) transfer = g_ptr_array_steal_index_fast(pool->transfers, at);
    HttpOutcome *outcome = &transfer->outcome;
    take_outcome(transfer);
    const gboolean host_failed = http_client_complete(
        pool->client, transfer->host, code, transfer->why, &outcome->response, &outcome->failure);
    if (put_off(pool, transfer, host_failed)) {
        transfer = NULL; /* taken */
        return TRUE;
    }
    ++*number;
    if (transfer->too_large) {
        g_clear_error(&outcome->failure);
        http_client_set_too_large(pool->client, &outcome->failure);
    }
    return transfer->completion(outcome, transfer->data, error);
}

static gboolean complete_all(HttpPool *pool, guint *number, GError **error)
{
    int left = 0;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(pool->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        if (!complete(pool, message->easy_handle, message->data.result, number, error))
            return FALSE;
    }
    return TRUE;
}

gboolean http_pool_wait(HttpPool *pool, gint64 until, GError **error)
{
    guint completed = 0;
    while (TRUE) {
        int running = 0;
        const gint64 next = start_due(pool, until);
        CURLMcode code = curl_multi_perform(pool->multi, &running);
        if (code == CURLM_OK && !complete_all(pool, &completed, error))
            return FALSE;
        if (http_client_is_interrupted(pool->client, error))
            return FALSE;
        const gint64 now = g_get_monotonic_time();
        if (completed > 0 || until <= now)
            return TRUE;
        const gint64 left = MAX(0, next - now) / 1000 + 1;
        if (code == CURLM_OK)
            code = curl_multi_poll(pool->multi, NULL, 0, (int)MIN(left, LOOK_UP_MS), NULL);
        if (code != CURLM_OK) {
            g_set_error(error, HTTP_TRANSPORT_ERROR, CURLE_FAILED_INIT,
                        "requests cannot be sent: %s", curl_multi_strerror(code));
            return FALSE;
        }
    }
}
