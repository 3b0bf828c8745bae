/* The one HTTP client: requests over a kept connection, TLS verified, nothing secret in messages.
 *
 * This is transport only. What a status means is es_client's business.
 *
 * Several hosts: the first one that is not known to be dead is asked. If the connection to it fails
 * it is skipped for a while and the next one is asked, provided that the request never left, or is
 * safe to repeat: GET, HEAD, and what only reads or says how something
 * is to be (see http_is_safe_to_repeat()). An untrusted certificate is not such a failure: it is
 * reported. A gateway's 502, 503 or 504 is: the host behind it is skipped too, and the next one is
 * asked if that is safe; if all have such an answer, the last one is the answer.
 *
 * TLS: 1.2 or newer; chain, dates and host name are verified, against the system's certificates or
 * against those of `ca_file` alone. With `fingerprint`, each host is first connected to without a
 * request, so that nothing secret is sent, and the certificate with this fingerprint is looked for
 * in the chain that it shows (its own one, or an authority's above it). That certificate is then
 * the only one trusted: every connection with requests is verified against it by the TLS library,
 * dates and host name included. `insecure` turns all of this off.
 *
 * Redirects are not followed. An answer is limited in size (after decompression) and in time. */
#pragma once

#include <glib.h>

/* CURLcode is the code of this domain. */
#define HTTP_TRANSPORT_ERROR (http_transport_error_quark())
GQuark http_transport_error_quark(void);

#define HTTP_CONNECT_SECONDS 10
#define HTTP_IDLE_SECONDS 120
#define HTTP_TOTAL_SECONDS 600
#define HTTP_ANSWER_MIB 256
#define HTTP_DEAD_SECONDS 30
#define HTTP_SIGNAL_SECONDS 10.0     /* how long after a signal the rest may take … */
#define HTTP_SIGNAL_EACH_SECONDS 2.0 /* … and what each request has in any case */
#define HTTP_OTHERS_SECONDS 3.0      /* for each host of http_client_ask_others() */

typedef struct {
    char *url;         /* scheme, host, port and path prefix; user:password@ is understood; several
                          separated by commas */
    char *username;    /* nullable */
    char *password;    /* nullable */
    char *api_key;     /* nullable; the encoded form; goes before the others */
    char *bearer;      /* nullable; goes before username and password */
    char *ca_file;     /* nullable: the system's certificates */
    char *fingerprint; /* nullable; see above; goes before ca_file */
    gboolean insecure; /* do not verify the server's certificate */

    /* 0 in each: the default above */
    double connect_seconds; /* name look-up, TCP and TLS */
    double idle_seconds;    /* without a byte either way; whole seconds, rounded up */
    double total_seconds;   /* for a request and its answer */
    double dead_seconds;    /* how long a host that failed is skipped */
    gsize answer_limit;     /* bytes */

    double patience; /* seconds to go on asking what is safe to repeat: http_patience.h */

    void (*warn)(const char *message); /* nullable; told when a host is given up for another */
} HttpOptions;

void http_options_clear(HttpOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpOptions, http_options_clear)

typedef struct {
    long status;
    GString *body;      /* NUL-terminated */
    char *product;      /* the X-elastic-product header, or NULL */
    char *content_type; /* nullable */
    char *location;     /* where a redirect points to, as the server says it; nullable */
    gint64 retry_after; /* seconds that the server asks for, or 0; http_perform() only */
} HttpResponse;

void http_response_clear(HttpResponse *response);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpResponse, http_response_clear)

typedef struct HttpClient HttpClient;

/* RECSYS_ERROR_USAGE if the URL or the fingerprint is none, or a fingerprint is given for a host
 * without https. Secrets are copied and wiped on free. */
HttpClient *http_client_new(const HttpOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void http_client_free(HttpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpClient, http_client_free)

/* The URL without credentials, for messages: of the host asked last. Valid as long as the client.
 */
const char *http_client_url(const HttpClient *client);

/* 502, 503 or 504 that is not Elasticsearch's own: something in between cannot get through to it.
 */
gboolean http_response_is_gateways(const HttpResponse *response);

/* TRUE if it makes no difference that a request is sent once more, since it only reads or says how
 * something is to be: GET, HEAD, POST of _search, _msearch, _mget, _count, _refresh and _pit (one
 * too many expires), PUT of _settings and _mapping. */
gboolean http_is_safe_to_repeat(const char *method, const char *path);

/* From now on; see HttpOptions. */
void http_client_set_patience(HttpClient *client, double seconds);
double http_client_patience(const HttpClient *client);

/* The number of hosts. */
guint http_client_hosts(const HttpClient *client);

/* The seconds after which a request that nothing is heard of fails. */
double http_client_silence_seconds(const HttpClient *client);

/* By default a signal ends the request under way with RECSYS_ERROR_INTERRUPTED. Cleaning up after
 * one needs requests that go through all the same, but not for ever: HTTP_SIGNAL_SECONDS after the
 * signal, and at least HTTP_SIGNAL_EACH_SECONDS after their start, they end in the same way. */
void http_client_set_interruptible(HttpClient *client, gboolean interruptible);

/* By default answers may come compressed. For small ones that are waited for, compressing them
 * takes the server longer than sending them. */
void http_client_set_compressed(HttpClient *client, gboolean compressed);

/* A copy of a text from elsewhere that is fit for a message: without our own secrets, should a
 * server repeat them, valid UTF-8 and without control characters, cut after 600 characters. */
char *http_client_printable(const HttpClient *client, const char *text);

/* Sends one request and waits for the answer, whatever its status. `path` begins with a slash;
 * `content_type` and `body` may be NULL. Errors: HTTP_TRANSPORT_ERROR, RECSYS_ERROR_INTERRUPTED,
 * RECSYS_ERROR_REFUSED (an answer larger than the limit). */
gboolean http_perform(HttpClient *client, const char *method, const char *path,
                      const char *content_type, const char *body, gsize length,
                      HttpResponse *response, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Looks at the answer of the host that http_client_url() names; FALSE with an error ends it. */
typedef gboolean (*HttpLook)(const HttpResponse *response, gpointer data, GError **error);

/* GETs `path` from every host but the one asked last. Those that are known to be dead, or do
 * not answer within HTTP_OTHERS_SECONDS, are left out. Errors: what `look` says,
 * RECSYS_ERROR_INTERRUPTED. */
gboolean http_client_ask_others(HttpClient *client, const char *path, HttpLook look, gpointer data,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
