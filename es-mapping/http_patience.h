/* Asks once more what is refused for the moment: http_perform() for those who have time.
 *
 * What is repeated: requests that are safe to repeat (http_is_safe_to_repeat()), after 429, 502,
 * 503 and 504, and with `reconnect` after a connection that is lost or cannot be made. The pauses
 * grow (backoff.h), Retry-After is honoured, and none goes beyond http_client_patience() seconds
 * from the first attempt: then the last answer or failure is the result. A signal ends the waiting.
 * http_pool.h does the same with its requests. */
#pragma once

#include "http.h"

/* TRUE for a status that says "not now". */
gboolean http_status_is_temporary(gint64 status);

/* TRUE for an HTTP_TRANSPORT_ERROR that says that the cluster is away, not slow: waiting for an
 * answer has its own limits. */
gboolean http_failure_is_lost_connection(const GError *failure);

/* Parameters and errors as for http_perform(). */
gboolean http_perform_patiently(HttpClient *client, gboolean reconnect, const char *method,
                                const char *path, const char *content_type, const char *body,
                                gsize length, HttpResponse *response,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
