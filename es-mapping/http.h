/* The one HTTP client: requests over a kept connection, TLS verified, nothing secret in messages.
 *
 * This is transport only. What a status means is es_client's business. */
#pragma once

#include <glib.h>

/* CURLcode is the code of this domain. */
#define HTTP_TRANSPORT_ERROR (http_transport_error_quark())
GQuark http_transport_error_quark(void);

typedef struct {
    char *url;         /* scheme, host, port and path prefix; user:password@ is understood */
    char *username;    /* nullable */
    char *password;    /* nullable */
    char *api_key;     /* nullable; the encoded form; goes before username and password */
    char *ca_file;     /* nullable: the system's certificates */
    gboolean insecure; /* do not verify the server's certificate */
} HttpOptions;

void http_options_clear(HttpOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpOptions, http_options_clear)

typedef struct {
    long status;
    GString *body; /* NUL-terminated */
    char *product; /* the X-elastic-product header, or NULL */
} HttpResponse;

void http_response_clear(HttpResponse *response);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpResponse, http_response_clear)

typedef struct HttpClient HttpClient;

/* RECSYS_ERROR_USAGE if the URL is none. Secrets are copied and wiped on free. */
HttpClient *http_client_new(const HttpOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void http_client_free(HttpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpClient, http_client_free)

/* The URL without credentials, for messages. */
const char *http_client_url(const HttpClient *client);

/* By default a signal ends the request under way with RECSYS_ERROR_INTERRUPTED. Cleaning up after
 * one needs requests that go through all the same. */
void http_client_set_interruptible(HttpClient *client, gboolean interruptible);

/* Sends one request and waits for the answer, whatever its status. `path` begins with a slash;
 * `content_type` and `body` may be NULL. Errors: HTTP_TRANSPORT_ERROR, RECSYS_ERROR_INTERRUPTED. */
gboolean http_perform(HttpClient *client, const char *method, const char *path,
                      const char *content_type, const char *body, gsize length,
                      HttpResponse *response, GError **error) G_GNUC_WARN_UNUSED_RESULT;
