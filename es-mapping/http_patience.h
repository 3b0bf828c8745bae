/* Asks once more what is refused for the moment: http_perform() for those who have time.
 *
 * What is repeated: requests that are safe to repeat (http_is_safe_to_repeat()), after 429, 502,
 * 503 and 504, and with `reconnect` after a connection that is lost or cannot be made. The pauses
 * grow (backoff.h), Retry-After is honoured, and none goes beyond `seconds` from the first attempt:
 * then the last answer or failure is the result. A signal ends the waiting. */
#pragma once

#include "http.h"

typedef struct {
    double seconds; /* 0: nothing is repeated */
    gboolean reconnect;
} HttpPatience;

/* TRUE for a status that says "not now". */
gboolean http_status_is_temporary(gint64 status);

/* Parameters and errors as for http_perform(). */
gboolean http_perform_patiently(HttpClient *client, const HttpPatience *patience,
                                const char *method, const char *path, const char *content_type,
                                const char *body, gsize length, HttpResponse *response,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
