#include "http.h"

#include <string.h>

#include "curl_handles.h"
#include "http_prepare.h"
#include "interrupt.h"
#include "recsys_error.h"

G_DEFINE_QUARK(http - transport - error - quark, http_transport_error)

#define CONNECT_SECONDS 10L
#define SILENCE_SECONDS 120L /* without a byte either way */

struct HttpClient {
    CURL *curl;
    char *url; /* without credentials, without a final slash */
    char *username;
    char *password;
    char *authorization; /* "Authorization: ApiKey …", or NULL */
    char *ca_file;
    gboolean insecure;
    gboolean interruptible;
    gboolean is_loopback; /* never through a proxy */
    char why[CURL_ERROR_SIZE];
};

static void wipe(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

void http_options_clear(HttpOptions *options)
{
    g_free(options->url);
    g_free(options->username);
    wipe(options->password);
    wipe(options->api_key);
    g_free(options->ca_file);
    *options = (HttpOptions){0};
}

void http_response_clear(HttpResponse *response)
{
    if (response->body != NULL)
        g_string_free(response->body, TRUE);
    g_free(response->product);
    *response = (HttpResponse){0};
}

/* ---- the URL ---- */

static char *take_part(CURLU *url, CURLUPart part, unsigned int flags)
{
    char *text = NULL;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
        return NULL;
    char *copy = g_strdup(text);
    curl_free(text);
    return copy;
}

/* Splits credentials off the URL; the options' own go first. */
static gboolean parse_url(HttpClient *client, const HttpOptions *options, GError **error)
{
    g_autoptr(CURLU) url = curl_url();
    const char *problem = NULL;
    CURLUcode code = curl_url_set(url, CURLUPART_URL, options->url, 0);
    if (code != CURLUE_OK)
        problem = curl_url_strerror(code);
    g_autofree char *scheme = take_part(url, CURLUPART_SCHEME, 0);
    if (problem == NULL && g_strcmp0(scheme, "http") != 0 && g_strcmp0(scheme, "https") != 0)
        problem = "it must begin with http:// or https://";
    g_autofree char *query = take_part(url, CURLUPART_QUERY, 0);
    g_autofree char *fragment = take_part(url, CURLUPART_FRAGMENT, 0);
    if (problem == NULL && (query != NULL || fragment != NULL))
        problem = "it must end with the path, without ? or #";
    if (problem != NULL) {
        /* The URL itself is not shown: it may hold a password. */
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "the cluster's URL is not understood: %s; example: http://localhost:9200",
                    problem);
        return FALSE;
    }
    client->username = options->username != NULL ? g_strdup(options->username)
                                                 : take_part(url, CURLUPART_USER, CURLU_URLDECODE);
    client->password = options->password != NULL
                           ? g_strdup(options->password)
                           : take_part(url, CURLUPART_PASSWORD, CURLU_URLDECODE);
    g_autofree char *host = take_part(url, CURLUPART_HOST, 0);
    client->is_loopback = g_strcmp0(host, "localhost") == 0 || g_strcmp0(host, "[::1]") == 0 ||
                          g_str_has_prefix(host, "127.");
    curl_url_set(url, CURLUPART_USER, NULL, 0);
    curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
    client->url = take_part(url, CURLUPART_URL, 0);
    if (g_str_has_suffix(client->url, "/"))
        client->url[strlen(client->url) - 1] = '\0';
    return TRUE;
}

HttpClient *http_client_new(const HttpOptions *options, GError **error)
{
    g_autoptr(HttpClient) client = g_new0(HttpClient, 1);
    client->curl = curl_easy_init();
    client->interruptible = TRUE;
    client->ca_file = g_strdup(options->ca_file);
    client->insecure = options->insecure;
    if (options->api_key != NULL)
        client->authorization = g_strconcat("Authorization: ApiKey ", options->api_key, NULL);
    if (!parse_url(client, options, error))
        return NULL;
    return g_steal_pointer(&client);
}

void http_client_free(HttpClient *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    g_free(client->url);
    g_free(client->username);
    wipe(client->password);
    wipe(client->authorization);
    g_free(client->ca_file);
    g_free(client);
}

const char *http_client_url(const HttpClient *client)
{
    return client->url;
}

void http_client_set_interruptible(HttpClient *client, gboolean interruptible)
{
    client->interruptible = interruptible;
}

/* ---- one request ---- */

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    HttpResponse *response = user;
    g_string_append_len(response->body, data, (gssize)(size * count));
    return size * count;
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    static const char name[] = "X-elastic-product:";
    HttpResponse *response = user;
    size_t length = size * count;
    if (length > strlen(name) && g_ascii_strncasecmp(data, name, strlen(name)) == 0) {
        g_free(response->product);
        response->product = g_strstrip(g_strndup(data + strlen(name), length - strlen(name)));
    }
    return length;
}

static int on_progress(void *user, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    const HttpClient *client = user;
    (void)down_total, (void)down, (void)up_total, (void)up;
    return client->interruptible && interrupt_requested(NULL);
}

static void set_up_connection(const HttpClient *client, CURL *curl, char *why)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "recsys-es/" RECSYS_VERSION);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENCE_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    if (client->ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca_file);
    if (client->is_loopback)
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    if (client->insecure) {
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (client->authorization == NULL && client->username != NULL) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, client->username);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, client->password);
    }
}

static CurlList *request_headers(const HttpClient *client, const char *content_type)
{
    /* Without "Expect:" curl waits a second before it sends a large body. */
    CurlList *headers = curl_slist_append(NULL, "Expect:");
    if (content_type != NULL) {
        g_autofree char *header = g_strconcat("Content-Type: ", content_type, NULL);
        headers = curl_slist_append(headers, header);
    }
    if (client->authorization != NULL)
        headers = curl_slist_append(headers, client->authorization);
    return headers;
}

static void set_transport_error(const char *url, CURLcode code, const char *details, GError **error)
{
    if (code == CURLE_ABORTED_BY_CALLBACK && interrupt_requested(error))
        return;
    const char *why = details[0] != '\0' ? details : curl_easy_strerror(code);
    const char *way_out = "is the cluster up? ES_URL or --url names another one";
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
        way_out = "ES_CA_CERT or --cacert names the certificate to trust";
    g_set_error(error, HTTP_TRANSPORT_ERROR, (int)code, "%s cannot be reached: %s; %s", url, why,
                way_out);
}

gboolean http_perform(HttpClient *client, const char *method, const char *path,
                      const char *content_type, const char *body, gsize length,
                      HttpResponse *response, GError **error)
{
    CURL *curl = client->curl;
    g_autofree char *url = g_strconcat(client->url, path, NULL);
    g_autoptr(CurlList) headers = request_headers(client, content_type);
    http_response_clear(response);
    response->body = g_string_new(NULL);
    client->why[0] = '\0';

    curl_easy_reset(curl); /* keeps the connection */
    set_up_connection(client, curl, client->why);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    }
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, response);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, response);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, client);

    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
        set_transport_error(client->url, code, client->why, error);
        return FALSE;
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response->status);
    return TRUE;
}

/* ---- requests that a pool sends ---- */

CurlList *http_client_prepare(const HttpClient *client, CURL *curl, const char *path,
                              const char *content_type, char *why)
{
    g_autofree char *url = g_strconcat(client->url, path, NULL);
    set_up_connection(client, curl, why);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    return request_headers(client, content_type);
}

void http_client_set_error(const HttpClient *client, CURLcode code, const char *why, GError **error)
{
    set_transport_error(client->url, code, why, error);
}

gboolean http_client_is_interrupted(const HttpClient *client, GError **error)
{
    return client->interruptible && interrupt_requested(error);
}
