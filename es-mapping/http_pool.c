#include "http_pool.h"

#include <string.h>

#include "http_prepare.h"

#define UPLOAD_BYTES (256L * 1024)
#define LOOK_UP_MS 100 /* how often a signal is looked for */

typedef struct {
    CURL *curl;
    HttpHost *host;
    gsize answer_limit;
    gboolean too_large;
    CurlList *headers;
    HttpProducer producer;
    HttpCompletion completion;
    gpointer data;
    HttpOutcome outcome;
    char why[CURL_ERROR_SIZE];
} Transfer;

struct HttpPool {
    HttpClient *client;
    CURLM *multi;
    GPtrArray *transfers; /* Transfer *: under way */
    double seconds;
    gsize send_rate; /* bytes a second; 0: no limit */
};

static void transfer_free(gpointer data)
{
    Transfer *transfer = data;
    curl_easy_cleanup(transfer->curl);
    curl_slist_free_all(transfer->headers);
    http_response_clear(&transfer->outcome.response);
    g_clear_error(&transfer->outcome.failure);
    g_free(transfer);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transfer, transfer_free)

HttpPool *http_pool_new(HttpClient *client, double seconds)
{
    HttpPool *pool = g_new0(HttpPool, 1);
    pool->client = client;
    pool->multi = curl_multi_init();
    pool->transfers = g_ptr_array_new_with_free_func(transfer_free);
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
    curl_multi_cleanup(pool->multi);
    g_free(pool);
}

void http_pool_limit_sending(HttpPool *pool, gsize bytes_per_second)
{
    pool->send_rate = bytes_per_second;
}

guint http_pool_active(const HttpPool *pool)
{
    return pool->transfers->len;
}

/* ---- one request ---- */

static size_t on_send(char *buffer, size_t size, size_t count, void *user)
{
    const Transfer *transfer = user;
    return transfer->producer(buffer, size * count, transfer->data);
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

void http_pool_post(HttpPool *pool, const char *path, const char *content_type, const char *header,
                    HttpProducer producer, HttpCompletion completion, gpointer data)
{
    Transfer *transfer = g_new0(Transfer, 1);
    CURL *curl = curl_easy_init();
    *transfer = (Transfer){
        .curl = curl,
        .host = http_client_take_turn(pool->client),
        .answer_limit = http_client_answer_limit(pool->client),
        .producer = producer,
        .completion = completion,
        .data = data,
    };
    transfer->outcome.response.body = g_string_new(NULL);
    transfer->headers = http_client_prepare(pool->client, curl, path, content_type, transfer->why);
    /* How long the body will be is not known before it is sent. */
    transfer->headers = curl_slist_append(transfer->headers, "Transfer-Encoding: chunked");
    if (header != NULL)
        transfer->headers = curl_slist_append(transfer->headers, header);
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

/* ---- the loop ---- */

static gboolean complete(HttpPool *pool, CURL *curl, CURLcode code, GError **error)
{
    char *private = NULL;
    curl_off_t microseconds = 0, retry_after = 0;
    guint at = 0;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, &private);
    curl_multi_remove_handle(pool->multi, curl);
    gboolean found = g_ptr_array_find(pool->transfers, private, &at);
    g_assert(found);
    g_autoptr(Transfer) transfer = g_ptr_array_steal_index_fast(pool->transfers, at);
    HttpOutcome *outcome = &transfer->outcome;
    curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &microseconds);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &outcome->response.status);
    outcome->seconds = (double)microseconds / G_USEC_PER_SEC;
    outcome->retry_after = retry_after;
    http_client_complete(pool->client, transfer->host, code, transfer->why, &outcome->response,
                         &outcome->failure);
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
        ++*number;
        if (!complete(pool, message->easy_handle, message->data.result, error))
            return FALSE;
    }
    return TRUE;
}

gboolean http_pool_wait(HttpPool *pool, gint64 until, GError **error)
{
    guint completed = 0;
    while (TRUE) {
        int running = 0;
        CURLMcode code = curl_multi_perform(pool->multi, &running);
        if (code == CURLM_OK && !complete_all(pool, &completed, error))
            return FALSE;
        if (http_client_is_interrupted(pool->client, error))
            return FALSE;
        gint64 left = (until - g_get_monotonic_time() + 999) / 1000;
        if (completed > 0 || left <= 0)
            return TRUE;
        if (code == CURLM_OK)
            code = curl_multi_poll(pool->multi, NULL, 0, (int)MIN(left, LOOK_UP_MS), NULL);
        if (code != CURLM_OK) {
            g_set_error(error, HTTP_TRANSPORT_ERROR, CURLE_FAILED_INIT,
                        "requests cannot be sent: %s", curl_multi_strerror(code));
            return FALSE;
        }
    }
}
