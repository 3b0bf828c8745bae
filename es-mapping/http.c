#include "http.h"

#include <math.h>
#include <string.h>

#include "credentials.h"
#include "fingerprint.h"
#include "http_host.h"
#include "http_prepare.h"
#include "interrupt.h"
#include "recsys_error.h"

G_DEFINE_QUARK(http - transport - error - quark, http_transport_error)

#define HEADERS_LIMIT (256 * 1024) /* bytes of one answer's headers */
#define PRINTED_CHARACTERS 600

struct HttpClient {
    CURL *curl;
    GPtrArray *hosts; /* HttpHost * */
    HttpHost *host;   /* the one asked last */
    char *username;
    char *password;
    char *authorization; /* "Authorization: ApiKey …" or "… Bearer …", or NULL */
    GPtrArray *secrets;  /* char *: what no message may have */
    char *ca_file;
    char *fingerprint;
    gboolean insecure;
    gboolean interruptible;
    gboolean compressed; /* answers */
    double connect_seconds, idle_seconds, total_seconds, dead_seconds;
    double patience;
    gint64 began; /* the request under way; monotonic microseconds */
    gsize answer_limit;
    void (*warn)(const char *message);
    char why[CURL_ERROR_SIZE];
};

void http_options_clear(HttpOptions *options)
{
    credentials_wipe(options->url); /* may have a password */
    g_free(options->username);
    credentials_wipe(options->password);
    credentials_wipe(options->api_key);
    credentials_wipe(options->bearer);
    g_free(options->ca_file);
    g_free(options->fingerprint);
    *options = (HttpOptions){0};
}

void http_response_clear(HttpResponse *response)
{
    if (response->body != NULL)
        g_string_free(response->body, TRUE);
    g_free(response->product);
    g_free(response->content_type);
    g_free(response->location);
    *response = (HttpResponse){0};
}

/* ---- the client ---- */

static void add_secret(HttpClient *client, const char *secret)
{
    if (secret != NULL && secret[0] != '\0')
        g_ptr_array_add(client->secrets, g_strdup(secret));
}

static void add_basic_secrets(HttpClient *client, const char *username, const char *password)
{
    if (password == NULL)
        return;
    char *pair = g_strconcat(username != NULL ? username : "", ":", password, NULL);
    char *sent = g_base64_encode((const guchar *)pair, strlen(pair));
    add_secret(client, sent);
    add_secret(client, password);
    credentials_wipe(sent);
    credentials_wipe(pair);
}

/* The encoded form of an API key is base64 of "id:key". */
static void add_key_secrets(HttpClient *client, const char *api_key)
{
    gsize length = 0;
    add_secret(client, api_key);
    guchar *decoded = g_base64_decode(api_key, &length);
    char *text = g_strndup((char *)decoded, length);
    const char *colon = strchr(text, ':');
    if (colon != NULL && g_utf8_validate(text, -1, NULL))
        add_secret(client, colon + 1);
    explicit_bzero(decoded, length);
    g_free(decoded);
    credentials_wipe(text);
}

static void take_credentials(HttpClient *client, const HttpOptions *options)
{
    if (options->api_key != NULL) {
        client->authorization = g_strconcat("Authorization: ApiKey ", options->api_key, NULL);
        add_key_secrets(client, options->api_key);
    } else if (options->bearer != NULL) {
        client->authorization = g_strconcat("Authorization: Bearer ", options->bearer, NULL);
        add_secret(client, options->bearer);
    }
    client->username = g_strdup(options->username);
    client->password = g_strdup(options->password);
    add_basic_secrets(client, options->username, options->password);
    for (guint i = 0; i < client->hosts->len; i++) {
        const HttpHost *host = g_ptr_array_index(client->hosts, i);
        add_basic_secrets(client, host->username, host->password);
    }
}

static gboolean take_fingerprint(HttpClient *client, const char *text, GError **error)
{
    if (text == NULL)
        return TRUE;
    client->fingerprint = fingerprint_parse(text, error);
    if (client->fingerprint == NULL)
        return FALSE;
    for (guint i = 0; i < client->hosts->len; i++) {
        const HttpHost *host = g_ptr_array_index(client->hosts, i);
        if (host->is_https)
            continue;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "%s has no certificate whose fingerprint could be compared: use https://",
                    host->url);
        return FALSE;
    }
    return TRUE;
}

static double or_default(double given, double otherwise)
{
    return given > 0 ? given : otherwise;
}

HttpClient *http_client_new(const HttpOptions *options, GError **error)
{
    g_autoptr(HttpClient) client = g_new0(HttpClient, 1);
    client->curl = curl_easy_init();
    client->interruptible = TRUE;
    client->compressed = TRUE;
    client->secrets = g_ptr_array_new_with_free_func((GDestroyNotify)credentials_wipe);
    client->ca_file = g_strdup(options->ca_file);
    client->insecure = options->insecure;
    client->connect_seconds = or_default(options->connect_seconds, HTTP_CONNECT_SECONDS);
    client->idle_seconds = or_default(options->idle_seconds, HTTP_IDLE_SECONDS);
    client->total_seconds = or_default(options->total_seconds, HTTP_TOTAL_SECONDS);
    client->dead_seconds = or_default(options->dead_seconds, HTTP_DEAD_SECONDS);
    client->answer_limit =
        options->answer_limit > 0 ? options->answer_limit : (gsize)HTTP_ANSWER_MIB * 1024 * 1024;
    client->patience = options->patience;
    client->warn = options->warn;
    client->hosts = http_hosts_parse(options->url, error);
    if (client->hosts == NULL)
        return NULL;
    client->host = g_ptr_array_index(client->hosts, 0);
    take_credentials(client, options);
    if (!take_fingerprint(client, options->fingerprint, error))
        return NULL;
    return g_steal_pointer(&client);
}

void http_client_free(HttpClient *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    g_clear_pointer(&client->hosts, g_ptr_array_unref);
    g_clear_pointer(&client->secrets, g_ptr_array_unref);
    g_free(client->username);
    credentials_wipe(client->password);
    credentials_wipe(client->authorization);
    g_free(client->ca_file);
    g_free(client->fingerprint);
    g_free(client);
}

const char *http_client_url(const HttpClient *client)
{
    return client->host->url;
}

void http_client_set_interruptible(HttpClient *client, gboolean interruptible)
{
    client->interruptible = interruptible;
}

void http_client_set_compressed(HttpClient *client, gboolean compressed)
{
    client->compressed = compressed;
}

void http_client_set_patience(HttpClient *client, double seconds)
{
    client->patience = seconds;
}

double http_client_patience(const HttpClient *client)
{
    return client->patience;
}

guint http_client_hosts(const HttpClient *client)
{
    return client->hosts->len;
}

double http_client_silence_seconds(const HttpClient *client)
{
    return MIN(client->idle_seconds, client->total_seconds);
}

gboolean http_client_is_interrupted(const HttpClient *client, GError **error)
{
    return client->interruptible && interrupt_requested(error);
}

gsize http_client_answer_limit(const HttpClient *client)
{
    return client->answer_limit;
}

char *http_client_printable(const HttpClient *client, const char *text)
{
    g_autoptr(GString) safe = g_string_new(text);
    for (guint i = 0; i < client->secrets->len; i++)
        g_string_replace(safe, g_ptr_array_index(client->secrets, i), "***", 0);
    g_autofree char *valid = g_utf8_make_valid(safe->str, (gssize)safe->len);
    g_string_truncate(safe, 0);
    glong characters = 0;
    for (const char *at = valid; *at != '\0' && characters < PRINTED_CHARACTERS;
         at = g_utf8_next_char(at), characters++) {
        gunichar character = g_utf8_get_char(at);
        g_string_append_unichar(safe, g_unichar_isprint(character) ? character : ' ');
    }
    return g_strdup(safe->str);
}

/* ---- answers ---- */

typedef struct {
    HttpClient *client;
    HttpResponse *response;
    gsize header_bytes;
    gboolean too_large;
} Exchange;

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    Exchange *exchange = user;
    gsize length = size * count;
    GString *body = exchange->response->body;
    if (length > exchange->client->answer_limit - MIN(body->len, exchange->client->answer_limit)) {
        exchange->too_large = TRUE;
        return 0;
    }
    g_string_append_len(body, data, (gssize)length);
    return length;
}

static void take_header(char **value, const char *name, const char *line, gsize length)
{
    gsize start = strlen(name);
    if (length <= start || g_ascii_strncasecmp(line, name, start) != 0)
        return;
    g_free(*value);
    *value = g_strstrip(g_strndup(line + start, length - start));
}

void http_response_take_header(HttpResponse *response, const char *line, gsize length)
{
    take_header(&response->product, "X-elastic-product:", line, length);
    take_header(&response->content_type, "Content-Type:", line, length);
    take_header(&response->location, "Location:", line, length);
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    Exchange *exchange = user;
    gsize length = size * count;
    exchange->header_bytes += length;
    if (exchange->header_bytes > HEADERS_LIMIT) {
        exchange->too_large = TRUE;
        return 0;
    }
    http_response_take_header(exchange->response, data, length);
    return length;
}

/* A cluster that hangs does not hold up for long who has asked for the end. */
static gboolean is_overdue(const HttpClient *client)
{
    const gint64 moment = interrupt_moment();
    const gint64 until = MAX(moment + (gint64)(HTTP_SIGNAL_SECONDS * G_USEC_PER_SEC),
                             client->began + (gint64)(HTTP_SIGNAL_EACH_SECONDS * G_USEC_PER_SEC));
    return moment != 0 && g_get_monotonic_time() >= until;
}

static int on_progress(void *user, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    (void)down_total, (void)down, (void)up_total, (void)up;
    return http_client_is_interrupted(user, NULL) || is_overdue(user);
}

/* ---- a handle for a request ---- */

static void set_up_trust(const HttpClient *client, CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (client->insecure) {
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
        return;
    }
    if (client->fingerprint == NULL && client->ca_file == NULL)
        return;
    /* Debian's libcurl would go on trusting the system's folder of certificates beside these. */
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    if (client->fingerprint == NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca_file);
        return;
    }
    /* Before the certificate is known nothing is trusted at all: curl refuses an empty file. */
    curl_easy_setopt(curl, CURLOPT_CAINFO, "/dev/null");
    char *pinned = client->host->pinned;
    if (pinned != NULL) {
        struct curl_blob blob = {pinned, strlen(pinned), CURL_BLOB_COPY};
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    }
}

static void set_up_connection(const HttpClient *client, CURL *curl, char *why)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "recsys-es/" RECSYS_VERSION);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, lround(client->connect_seconds * 1000));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, lround(client->total_seconds * 1000));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, lround(ceil(client->idle_seconds)));
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, client->compressed ? "" : NULL);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    if (client->host->is_loopback)
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    set_up_trust(client, curl);
}

static void set_up_login(const HttpClient *client, CURL *curl)
{
    const HttpHost *host = client->host;
    gboolean own = client->username == NULL && client->password == NULL;
    const char *username = own ? host->username : client->username;
    const char *password = own ? host->password : client->password;
    if (client->authorization != NULL || (username == NULL && password == NULL))
        return;
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, username != NULL ? username : "");
    curl_easy_setopt(curl, CURLOPT_PASSWORD, password != NULL ? password : "");
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

CurlList *http_client_prepare(const HttpClient *client, CURL *curl, const char *path,
                              const char *content_type, char *why)
{
    g_autofree char *url = g_strconcat(client->host->url, path, NULL);
    set_up_connection(client, curl, why);
    set_up_login(client, curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    return request_headers(client, content_type);
}

/* ---- failures ---- */

gboolean http_response_is_gateways(const HttpResponse *response)
{
    return response->status >= 502 && response->status <= 504 &&
           g_strcmp0(response->product, "Elasticsearch") != 0;
}

static char *describe_failure(const HttpClient *client, CURLcode code, const char *why)
{
    const char *text = why[0] != '\0' ? why : curl_easy_strerror(code);
    g_autofree char *printable = http_client_printable(client, text);
    return g_strdup_printf("%s cannot be reached: %s", client->host->url, printable);
}

static const char *way_out_of(const HttpClient *client, CURLcode code)
{
    if (code == CURLE_PEER_FAILED_VERIFICATION && client->fingerprint != NULL)
        return "ES_CA_FINGERPRINT or --ca-fingerprint says which certificate to trust";
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
        return "ES_CA_CERT or --ca-file names the certificate to trust";
    if (code == CURLE_OPERATION_TIMEDOUT)
        return "is the cluster up? --connect-timeout, --idle-timeout and --timeout allow it more "
               "time";
    return "is the cluster up? ES_URL or --url names another one";
}

static void set_error(const HttpClient *client, CURLcode code, const char *why, GError **error)
{
    if (code == CURLE_ABORTED_BY_CALLBACK && interrupt_requested(error))
        return;
    g_autofree char *text = describe_failure(client, code, why);
    g_set_error(error, HTTP_TRANSPORT_ERROR, (int)code, "%s; %s", text, way_out_of(client, code));
}

void http_client_set_too_large(const HttpClient *client, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "%s answers with more than %.9g MiB; --max-answer allows more", client->host->url,
                (double)client->answer_limit / (1024 * 1024));
}

/* Failures of the connection alone; a certificate that is not trusted is for somebody to look at.
 */
static gboolean is_connection_failure(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        return TRUE;
    default:
        return FALSE;
    }
}

gboolean http_is_safe_to_repeat(const char *method, const char *path)
{
    static const char *const safe[][2] = {
        {"POST", "/_search"},  {"POST", "/_msearch"}, {"POST", "/_mget"},    {"POST", "/_count"},
        {"POST", "/_refresh"}, {"POST", "/_pit"},     {"PUT", "/_settings"}, {"PUT", "/_mapping"},
    };
    g_autofree char *plain = g_strndup(path, strcspn(path, "?"));
    gboolean is_safe = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    for (guint i = 0; i < G_N_ELEMENTS(safe); i++)
        is_safe =
            is_safe || (strcmp(method, safe[i][0]) == 0 && g_str_has_suffix(plain, safe[i][1]));
    return is_safe;
}

/* The same for a gateway's answer. */
static char *describe_gateway(const HttpHost *host, const HttpResponse *response)
{
    return g_strdup_printf("%s answers with %ld, which is not Elasticsearch's own", host->url,
                           response->status);
}

/* ---- the fingerprint ---- */

/* The PEM text of the certificate with our fingerprint in the chain that the host has shown. */
static char *find_pinned(CURL *curl, const char *fingerprint)
{
    struct curl_certinfo *chain = NULL;
    curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain);
    for (int i = 0; chain != NULL && i < chain->num_of_certs; i++)
        for (const CurlList *item = chain->certinfo[i]; item != NULL; item = item->next) {
            if (!g_str_has_prefix(item->data, "Cert:"))
                continue;
            g_autofree char *found = fingerprint_of_pem(item->data);
            if (g_strcmp0(found, fingerprint) == 0)
                return g_strdup(item->data + strlen("Cert:"));
        }
    return NULL;
}

/* Connects to the host, sends no request, and keeps the certificate to trust. */
static CURLcode learn_certificate(HttpClient *client)
{
    g_autoptr(CURL) curl = curl_easy_init();
    set_up_connection(client, curl, client->why);
    curl_easy_setopt(curl, CURLOPT_URL, client->host->url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    /* For this connection alone, over which nothing is sent. */
    curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, client);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        return code;
    client->host->pinned = find_pinned(curl, client->fingerprint);
    if (client->host->pinned != NULL)
        return CURLE_OK;
    g_strlcpy(client->why, "no certificate that it shows has the fingerprint that was given",
              sizeof client->why);
    return CURLE_PEER_FAILED_VERIFICATION;
}

static CURLcode know_certificate(HttpClient *client)
{
    gboolean unknown =
        client->fingerprint != NULL && !client->insecure && client->host->pinned == NULL;
    return unknown ? learn_certificate(client) : CURLE_OK;
}

/* ---- one request ---- */

typedef struct {
    const char *method;
    const char *path;
    const char *content_type;
    const char *body;
    gsize length;
} Request;

static CURLcode attempt(HttpClient *client, const Request *request, Exchange *exchange)
{
    CURL *curl = client->curl;
    HttpResponse *response = exchange->response;
    http_response_clear(response);
    response->body = g_string_new(NULL);
    client->why[0] = '\0';
    client->began = g_get_monotonic_time();
    curl_easy_reset(curl); /* keeps the connections */
    CURLcode known = know_certificate(client);
    if (known != CURLE_OK)
        return known;
    g_autoptr(CurlList) headers =
        http_client_prepare(client, curl, request->path, request->content_type, client->why);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (request->body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->length);
    }
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, client);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        return code;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response->status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
    response->retry_after = retry_after;
    return code;
}

static gboolean may_try_another(const HttpClient *client, const Request *request, CURLcode code)
{
    long sent = 0;
    curl_easy_getinfo(client->curl, CURLINFO_REQUEST_SIZE, &sent);
    return (code == CURLE_OK || is_connection_failure(code)) &&
           (sent == 0 || http_is_safe_to_repeat(request->method, request->path));
}

static void tell_of_another(const HttpClient *client, const char *failure, const HttpHost *next)
{
    g_autofree char *text = g_strdup_printf("%s; asking %s instead", failure, next->url);
    if (client->warn != NULL)
        client->warn(text);
}

static void untry_hosts(HttpClient *client)
{
    for (guint i = 0; i < client->hosts->len; i++)
        ((HttpHost *)g_ptr_array_index(client->hosts, i))->tried = FALSE;
}

/* Asks one host after the other, as long as that is safe. `failures` gets what became of each.
 * CURLE_OK if the last one has answered, be it with a gateway's answer. */
static CURLcode ask_hosts(HttpClient *client, const Request *request, Exchange *exchange,
                          GPtrArray *failures)
{
    HttpHost *next = http_hosts_next(client->hosts, g_get_monotonic_time());
    while (TRUE) {
        client->host = next;
        CURLcode code = attempt(client, request, exchange);
        if (code == CURLE_OK && !http_response_is_gateways(exchange->response)) {
            http_host_answered(client->host);
            return code;
        }
        char *failure = code == CURLE_OK ? describe_gateway(client->host, exchange->response)
                                         : describe_failure(client, code, client->why);
        g_ptr_array_add(failures, failure);
        gint64 now = g_get_monotonic_time();
        client->host->tried = TRUE;
        if (code == CURLE_OK || is_connection_failure(code))
            http_host_failed(client->host, now, client->dead_seconds);
        next = http_hosts_next(client->hosts, now);
        if (next == NULL || !may_try_another(client, request, code))
            return code;
        tell_of_another(client, failure, next);
    }
}

gboolean http_perform(HttpClient *client, const char *method, const char *path,
                      const char *content_type, const char *body, gsize length,
                      HttpResponse *response, GError **error)
{
    const Request request = {method, path, content_type, body, length};
    Exchange exchange = {.client = client, .response = response};
    g_autoptr(GPtrArray) failures = g_ptr_array_new_with_free_func(g_free);
    untry_hosts(client);
    CURLcode code = ask_hosts(client, &request, &exchange, failures);
    if (code == CURLE_OK)
        return TRUE;
    if (exchange.too_large) {
        http_client_set_too_large(client, error);
        return FALSE;
    }
    if (code == CURLE_ABORTED_BY_CALLBACK && interrupt_requested(error))
        return FALSE;
    g_ptr_array_add(failures, g_strdup(way_out_of(client, code)));
    g_ptr_array_add(failures, NULL);
    g_autofree char *text = g_strjoinv("; ", (char **)failures->pdata);
    g_set_error_literal(error, HTTP_TRANSPORT_ERROR, (int)code, text);
    return FALSE;
}

/* ---- all hosts but one ---- */

gboolean http_client_ask_others(HttpClient *client, const char *path, HttpLook look, gpointer data,
                                GError **error)
{
    HttpHost *first = client->host;
    const double connect_seconds = client->connect_seconds, total_seconds = client->total_seconds;
    const Request request = {"GET", path, NULL, NULL, 0};
    gboolean valid = TRUE;
    client->connect_seconds = MIN(connect_seconds, HTTP_OTHERS_SECONDS);
    client->total_seconds = MIN(total_seconds, HTTP_OTHERS_SECONDS);
    for (guint i = 0; valid && i < client->hosts->len; i++) {
        HttpHost *host = g_ptr_array_index(client->hosts, i);
        const gint64 now = g_get_monotonic_time();
        g_auto(HttpResponse) response = {0};
        Exchange exchange = {.client = client, .response = &response};
        if (host == first || host->dead_until > now)
            continue;
        client->host = host;
        const CURLcode code = attempt(client, &request, &exchange);
        if (is_connection_failure(code) || http_response_is_gateways(&response))
            http_host_failed(host, now, client->dead_seconds);
        valid = !http_client_is_interrupted(client, error) &&
                (code != CURLE_OK || look(&response, data, error));
    }
    client->connect_seconds = connect_seconds;
    client->total_seconds = total_seconds;
    client->host = first;
    return valid;
}

/* ---- for http_pool ---- */

HttpHost *http_client_take_turn(HttpClient *client)
{
    HttpHost *next = NULL;
    untry_hosts(client);
    while ((next = http_hosts_next(client->hosts, g_get_monotonic_time())) != NULL) {
        client->host = next;
        const CURLcode code = know_certificate(client);
        if (code == CURLE_OK)
            break;
        next->tried = TRUE;
        if (is_connection_failure(code))
            http_host_failed(next, g_get_monotonic_time(), client->dead_seconds);
    }
    return client->host;
}

gboolean http_client_complete(HttpClient *client, HttpHost *host, CURLcode code, const char *why,
                              const HttpResponse *response, GError **failure)
{
    const gint64 now = g_get_monotonic_time();
    const gboolean is_gateways = code == CURLE_OK && http_response_is_gateways(response);
    client->host = host;
    if (code == CURLE_OK && !is_gateways) {
        http_host_answered(host);
        return FALSE;
    }
    if (code != CURLE_OK)
        set_error(client, code, why, failure);
    if (!is_gateways && !is_connection_failure(code))
        return FALSE;
    /* Several requests that fail together are one failure of the host. */
    if (host->dead_until > now)
        return TRUE;
    http_host_failed(host, now, client->dead_seconds);
    untry_hosts(client);
    const HttpHost *next = http_hosts_next(client->hosts, now);
    g_autofree char *text =
        is_gateways ? describe_gateway(host, response) : describe_failure(client, code, why);
    if (next != host)
        tell_of_another(client, text, next);
    return TRUE;
}
