/* What http.c and http_pool.c share, with libcurl's types in it. */
#pragma once

#include "curl_handles.h"
#include "http.h"

/* Sets up a new handle for a request of this client: address, TLS, credentials, time-outs. Returns
 * its headers, which must outlive the transfer. `why` [CURL_ERROR_SIZE] is where curl explains a
 * failure; it too must outlive the transfer. The address is the host that answered last. */
CurlList *http_client_prepare(const HttpClient *client, CURL *curl, const char *path,
                              const char *content_type, char *why);

/* HTTP_TRANSPORT_ERROR in the words of http_perform(). */
void http_client_set_error(const HttpClient *client, CURLcode code, const char *why,
                           GError **error);

/* TRUE after a signal, unless the client is not to be interrupted. */
gboolean http_client_is_interrupted(const HttpClient *client, GError **error);

/* How many bytes of an answer may be kept, and the error (RECSYS_ERROR_REFUSED) for more. */
gsize http_client_answer_limit(const HttpClient *client);
void http_client_set_too_large(const HttpClient *client, GError **error);
