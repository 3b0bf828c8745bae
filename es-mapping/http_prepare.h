/* What http.c and http_pool.c share, with libcurl's types in it. */
#pragma once

#include "curl_handles.h"
#include "http.h"
#include "http_host.h"

/* Sets up a new handle for a request of this client: address, TLS, credentials, time-outs. Returns
 * its headers, which must outlive the transfer. `why` [CURL_ERROR_SIZE] is where curl explains a
 * failure; it too must outlive the transfer. The address is that of http_client_take_turn(). */
CurlList *http_client_prepare(const HttpClient *client, CURL *curl, const char *path,
                              const char *content_type, char *why);

/* The host for a new request, as http_perform() would choose it; http_client_prepare() uses it.
 * With a fingerprint its certificate is learned first, if need be. */
HttpHost *http_client_take_turn(HttpClient *client);

/* Takes one line of an answer's head, as curl gives it. */
void http_response_take_header(HttpResponse *response, const char *line, gsize length);

/* To be told how each request to a host ended. After a failure of the connection, or a gateway's
 * answer, the host is skipped for a while. From now on messages name this host. `response` is what
 * came, if `code` is CURLE_OK; `failure`: HTTP_TRANSPORT_ERROR in the words of http_perform()
 * otherwise. TRUE if it is the host that failed, so that another one may do better. */
gboolean http_client_complete(HttpClient *client, HttpHost *host, CURLcode code, const char *why,
                              const HttpResponse *response, GError **failure);

/* TRUE after a signal, unless the client is not to be interrupted. */
gboolean http_client_is_interrupted(const HttpClient *client, GError **error);

/* How many bytes of an answer may be kept, and the error (RECSYS_ERROR_REFUSED) for more. */
gsize http_client_answer_limit(const HttpClient *client);
void http_client_set_too_large(const HttpClient *client, GError **error);
