#include "http_patience.h"

#include "backoff.h"
#include "http_prepare.h"
#include "interrupt.h"

#define LOOK_UP_MICROSECONDS 50000 /* how often a signal is looked for */

gboolean http_status_is_temporary(gint64 status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

gboolean http_failure_is_lost_connection(const GError *failure)
{
    if (failure->domain != HTTP_TRANSPORT_ERROR)
        return FALSE;
    switch (failure->code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        return TRUE;
    default:
        return FALSE;
    }
}

/* FALSE if there is no time for it, or a signal came: cleaning up does not wait. */
static gboolean pause_before(gint64 next, gint64 end)
{
    gint64 now = g_get_monotonic_time();
    if (next > end)
        return FALSE;
    for (; !interrupt_requested(NULL) && now < next; now = g_get_monotonic_time())
        g_usleep((gulong)MIN(next - now, LOOK_UP_MICROSECONDS));
    return !interrupt_requested(NULL);
}

gboolean http_perform_patiently(HttpClient *client, gboolean reconnect, const char *method,
                                const char *path, const char *content_type, const char *body,
                                gsize length, HttpResponse *response, GError **error)
{
    static const Backoff backoff = BACKOFF_DEFAULT;
    const double patience = http_client_patience(client);
    const gboolean may_repeat = patience > 0 && http_is_safe_to_repeat(method, path);
    const gint64 end = g_get_monotonic_time() + (gint64)(patience * G_USEC_PER_SEC);
    for (guint strikes = 1;; strikes++) {
        g_autoptr(GError) failure = NULL;
        const gboolean answered =
            http_perform(client, method, path, content_type, body, length, response, &failure);
        const gboolean temporary = answered ? http_status_is_temporary(response->status)
                                            : reconnect && http_failure_is_lost_connection(failure);
        const double wait = backoff_seconds(&backoff, strikes, answered ? response->retry_after : 0,
                                            g_random_double());
        const gint64 next = g_get_monotonic_time() + (gint64)(MIN(wait, 1e6) * G_USEC_PER_SEC);
        if (may_repeat && temporary && pause_before(next, end))
            continue;
        if (may_repeat && temporary && http_client_is_interrupted(client, error))
            return FALSE;
        if (!answered)
            g_propagate_error(error, g_steal_pointer(&failure));
        return answered;
    }
}
