/* Several POST requests in flight over one curl multi handle, on connections that are kept.
 *
 * Bodies are asked for as they are sent, in chunks, so that no body is ever in memory as a whole.
 * Each request goes to the host that http_perform() would ask; one that cannot be connected to, or
 * breaks off, is skipped for a while. What is safe to repeat (http_is_safe_to_repeat(), so no
 * _bulk) is sent again from here, as http_perform() and http_perform_patiently() would: to the
 * other hosts, and within the client's patience. Its body is then kept. Everything else is the
 * caller's choice.
 *
 * Everything happens in the caller's thread, inside http_pool_wait(). What a request meets with is
 * kept in it and handed over once, when it is complete. */
#pragma once

#include "http.h"

/* Writes at most `room` bytes of the body to `buffer` and returns their number; 0 ends it, however
 * often it is asked. */
typedef gsize (*HttpProducer)(char *buffer, gsize room, gpointer data);

typedef struct {
    HttpResponse response; /* status 0 if there is none */
    GError *failure;       /* HTTP_TRANSPORT_ERROR, RECSYS_ERROR_REFUSED (an answer larger than the
                              client's limit), or NULL if an answer came, whatever it says */
    gint64 retry_after;    /* seconds that the server asks for, or 0 */
    double seconds;        /* from the first byte sent to the last one received */
} HttpOutcome;

/* Called once for each request; `outcome` is valid during the call. FALSE with an error ends
 * http_pool_wait() with it. New requests may be submitted from here. */
typedef gboolean (*HttpCompletion)(const HttpOutcome *outcome, gpointer data, GError **error);

typedef struct HttpPool HttpPool;

#define HTTP_POOL_CLIENTS_LIMIT (-1.0)

/* The client must outlive the pool. `seconds` limits each request as a whole; 0: no limit,
 * HTTP_POOL_CLIENTS_LIMIT: that of the client's options. */
HttpPool *http_pool_new(HttpClient *client, double seconds);

/* Bytes a second for each request that is posted from now on; 0: no limit. */
void http_pool_limit_sending(HttpPool *pool, gsize bytes_per_second);

/* Gives up the requests still under way, without a call of their completions. */
void http_pool_free(HttpPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpPool, http_pool_free)

/* `header` is one more header, or NULL. */
void http_pool_post(HttpPool *pool, const char *path, const char *content_type, const char *header,
                    HttpProducer producer, HttpCompletion completion, gpointer data);

/* The number of requests under way, or put off. */
guint http_pool_active(const HttpPool *pool);

/* Sends and receives until at least one request is complete, or `until` (monotonic microseconds)
 * has come. Errors: RECSYS_ERROR_INTERRUPTED, what a completion says, HTTP_TRANSPORT_ERROR. */
gboolean http_pool_wait(HttpPool *pool, gint64 until, GError **error) G_GNUC_WARN_UNUSED_RESULT;
