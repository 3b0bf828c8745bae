#include "es_client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "http_host.h"
#include "http_patience.h"
#include "recsys_error.h"

G_DEFINE_QUARK(es - error - quark, es_error)

/* docvalue_fields of a dense_vector, with which stored bits are read back, is known to work from
 * this version on. */
#define OLDEST_MAJOR 8
#define OLDEST_MINOR 19

struct EsClient {
    HttpClient *http;
    char *version;
    char *first_url; /* the host that answered when connecting; NULL: its cluster is not known */
    char *cluster_uuid, *cluster_name; /* its cluster; the name for messages */
};

int es_exit_code(const GError *error)
{
    if (error->domain == HTTP_TRANSPORT_ERROR)
        return RECSYS_ERROR_UNREACHABLE;
    if (error->domain == ES_ERROR)
        return error->code >= 502 && error->code <= 504 ? RECSYS_ERROR_UNREACHABLE
                                                        : RECSYS_ERROR_REFUSED;
    return recsys_error_exit_code(error);
}

/* ---- errors ---- */

/* "type: reason" of an error body, with the innermost cause if it says more; NULL if it has none.
 */
static char *explain(yajl_val body)
{
    const char *type = json_get_string(body, "error.type");
    const char *reason = json_get_string(body, "error.reason");
    if (reason == NULL)
        return NULL;
    yajl_val cause = json_get(body, "error");
    yajl_val shard = json_array_get(json_get(body, "error.failed_shards"), 0);
    if (shard != NULL)
        cause = json_get(shard, "reason");
    for (yajl_val next = cause; next != NULL; next = json_get(next, "caused_by"))
        cause = next;
    const char *inner = json_get_string(cause, "reason");
    if (inner != NULL && strcmp(inner, reason) != 0)
        return g_strdup_printf("%s: %s (%s)", type, reason, inner);
    return g_strdup_printf("%s: %s", type, reason);
}

/* The same, or else the body. */
static char *raw_reason_of(const HttpResponse *response)
{
    g_auto(yajl_val) body = json_parse(response->body->str, "the answer", NULL);
    char *reason = explain(body);
    if (reason != NULL)
        return reason;
    return g_strdup(response->body->len > 0 ? response->body->str : "(no explanation)");
}

char *es_client_reason(const EsClient *client, yajl_val answer)
{
    g_autofree char *raw = explain(answer);
    return http_client_printable(client->http, raw != NULL ? raw : "(no explanation)");
}

static const char *way_out_of(const HttpResponse *response)
{
    if (http_response_is_gateways(response))
        return "; this is not Elasticsearch's own answer: something in between (a load balancer?) "
               "does not get through to it";
    switch (response->status) {
    case 401:
        return "; set ES_API_KEY, ES_BEARER_TOKEN, or ES_USERNAME and ES_PASSWORD, or name a file "
               "with --credentials; if that is done, they are wrong or have expired";
    case 403:
        return "; this user lacks the privilege";
    default:
        return "";
    }
}

/* Where a redirect points to: a host, without anything a secret could be in. */
static char *redirect_of(const HttpResponse *response)
{
    g_autofree char *address =
        response->location != NULL ? http_safe_address(response->location) : NULL;
    return g_strdup_printf("it redirects to %s, and redirects are not followed: give the cluster's "
                           "own address",
                           address != NULL ? address : "another path");
}

gboolean es_lacks_shards(yajl_val answer)
{
    static const char *const types[] = {"search_phase_execution_exception",
                                        "no_shard_available_action_exception", NULL};
    const char *type = json_get_string(answer, "error.type");
    return type != NULL && g_strv_contains(types, type);
}

/* A search that a node refuses since shards are missing: what is there would be a partial answer.
 */
static gboolean is_partial(const HttpResponse *response)
{
    g_auto(yajl_val) body =
        response->status == 503 ? json_parse(response->body->str, "the answer", NULL) : NULL;
    return g_strcmp0(json_get_string(body, "error.type"), "search_phase_execution_exception") == 0;
}

static void set_status_error(const EsClient *client, const char *method, const char *path,
                             const HttpResponse *response, GError **error)
{
    gboolean redirected = response->status >= 300 && response->status <= 399;
    g_autofree char *raw = redirected ? redirect_of(response) : raw_reason_of(response);
    g_autofree char *reason = http_client_printable(client->http, raw);
    if (is_partial(response))
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "shards are missing, so that %s has no whole answer to %s %s: see GET "
                    "_cat/shards (%s)",
                    http_client_url(client->http), method, path, reason);
    else
        g_set_error(error, ES_ERROR, (int)response->status, "%s answers %s %s with %ld: %s%s",
                    http_client_url(client->http), method, path, response->status, reason,
                    way_out_of(response));
}

/* What an answer that is to be used must be, beside its status. */
static gboolean check_json(const EsClient *client, const char *method, const char *path,
                           const HttpResponse *response, GError **error)
{
    static const char *const types[] = {"application/json", "application/vnd.elasticsearch+json"};
    const char *type = response->content_type != NULL ? response->content_type : "";
    gsize length = strcspn(type, "; \t");
    gboolean known = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        known = known ||
                (strlen(types[i]) == length && g_ascii_strncasecmp(types[i], type, length) == 0);
    g_autofree char *printable =
        http_client_printable(client->http, length > 0 ? type : "an unknown type");
    const char *url = http_client_url(client->http);
    if (!known)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "%s answers %s %s with %s instead of JSON: is there a proxy in between?", url,
                    method, path, printable);
    else if (strlen(response->body->str) != response->body->len)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "the answer of %s to %s %s is not valid JSON: there is a zero byte", url,
                    method, path);
    else
        return TRUE;
    return FALSE;
}

/* ---- connecting ---- */

static gboolean check_product(EsClient *client, const HttpResponse *response, GError **error)
{
    const char *url = http_client_url(client->http);
    g_auto(yajl_val) body = json_parse(response->body->str, "the answer", NULL);
    const char *version = json_get_string(body, "version.number");
    if (g_strcmp0(response->product, "Elasticsearch") != 0 || version == NULL) {
        g_set_error(
            error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
            "%s answers, but is not Elasticsearch (no X-elastic-product header): check ES_URL",
            url);
        return FALSE;
    }
    client->version = g_strdup(version);
    char *rest = NULL;
    long major = strtol(version, &rest, 10);
    long minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
    if (major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "%s is Elasticsearch %s, which is too old: %d.%d is the oldest that works", url,
                version, OLDEST_MAJOR, OLDEST_MINOR);
    return FALSE;
}

/* Another host of the list: is it a node of the same cluster? One that may not be asked, or has not
 * joined a cluster yet ("_na_"), says nothing. */
static gboolean check_cluster(const HttpResponse *response, gpointer data, GError **error)
{
    const EsClient *client = data;
    g_auto(yajl_val) body = json_parse(response->body->str, "the answer", NULL);
    const char *uuid = json_get_string(body, "cluster_uuid");
    if (response->status != 200 || uuid == NULL || strcmp(uuid, "_na_") == 0 ||
        strcmp(uuid, client->cluster_uuid) == 0)
        return TRUE;
    const char *name = json_get_string(body, "cluster_name");
    g_autofree char *text = g_strdup_printf(
        "%s belongs to the cluster %s, %s to %s (%s): the hosts of --url or ES_URL must be nodes "
        "of one cluster",
        client->first_url, client->cluster_name, http_client_url(client->http),
        name != NULL ? name : "?", uuid);
    g_autofree char *printable = http_client_printable(client->http, text);
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, printable);
    return FALSE;
}

static gboolean check_other_hosts(EsClient *client, const HttpResponse *response, GError **error)
{
    g_auto(yajl_val) body = json_parse(response->body->str, "the answer", NULL);
    const char *name = json_get_string(body, "cluster_name");
    const char *uuid = json_get_string(body, "cluster_uuid");
    if (uuid == NULL || strcmp(uuid, "_na_") == 0)
        return TRUE;
    client->first_url = g_strdup(http_client_url(client->http));
    client->cluster_uuid = g_strdup(uuid);
    client->cluster_name = g_strdup_printf("%s (%s)", name != NULL ? name : "?", uuid);
    return http_client_ask_others(client->http, "/", check_cluster, client, error);
}

/* A user who may read one index need not be allowed to ask the cluster for its version. */
static gboolean may_not_ask(const HttpResponse *response)
{
    g_auto(yajl_val) body = json_parse(response->body->str, "the answer", NULL);
    return response->status == 403 &&
           g_strcmp0(json_get_string(body, "error.type"), "security_exception") == 0;
}

EsClient *es_client_connect(const HttpOptions *options, GError **error)
{
    g_autoptr(EsClient) client = g_new0(EsClient, 1);
    client->http = http_client_new(options, error);
    if (client->http == NULL)
        return NULL;
    g_auto(HttpResponse) response = {0};
    if (!http_perform_patiently(client->http, FALSE, "GET", "/", NULL, NULL, 0, &response, error))
        return NULL;
    if (may_not_ask(&response)) {
        client->version = g_strdup("of unknown version");
        return g_steal_pointer(&client);
    }
    gboolean is_busy = http_status_is_temporary(response.status);
    gboolean is_elasticsearch = g_strcmp0(response.product, "Elasticsearch") == 0;
    if (is_busy || response.status == 401 || response.status == 403 ||
        (response.status >= 300 && response.status <= 399) ||
        (response.status != 200 && is_elasticsearch)) {
        set_status_error(client, "GET", "/", &response, error);
        return NULL;
    }
    if (!check_product(client, &response, error) || !check_other_hosts(client, &response, error))
        return NULL;
    return g_steal_pointer(&client);
}

void es_client_free(EsClient *client)
{
    if (client == NULL)
        return;
    http_client_free(client->http);
    g_free(client->version);
    g_free(client->first_url);
    g_free(client->cluster_uuid);
    g_free(client->cluster_name);
    g_free(client);
}

const char *es_client_url(const EsClient *client)
{
    return http_client_url(client->http);
}

const char *es_client_version(const EsClient *client)
{
    return client->version;
}

void es_client_set_interruptible(EsClient *client, gboolean interruptible)
{
    http_client_set_interruptible(client->http, interruptible);
}

void es_client_set_patience(EsClient *client, double seconds)
{
    http_client_set_patience(client->http, seconds);
}

HttpClient *es_client_http(EsClient *client)
{
    return client->http;
}

void es_client_set_status_error(const EsClient *client, const char *method, const char *path,
                                const HttpResponse *response, GError **error)
{
    set_status_error(client, method, path, response, error);
}

/* ---- calling ---- */

yajl_val es_client_parse(const EsClient *client, const char *method, const char *path,
                         GString *text, LiftedVectors *lifted, GError **error)
{
    g_autofree char *what =
        g_strdup_printf("the answer of %s to %s %s", es_client_url(client), method, path);
    g_autoptr(GError) problem = NULL;
    if (lifted != NULL)
        lifted_vectors_take(lifted, text);
    yajl_val answer = json_parse(text->str, what, &problem);
    if (answer == NULL) {
        /* The server's fault, not that of a data set. yajl quotes what it stumbles over. */
        g_autofree char *printable = http_client_printable(client->http, problem->message);
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, printable);
    }
    return answer;
}

static yajl_val call(EsClient *client, const char *method, const char *path,
                     const char *content_type, const char *body, gsize length,
                     LiftedVectors *lifted, GError **error)
{
    g_auto(HttpResponse) response = {0};
    if (!http_perform_patiently(client->http, TRUE, method, path, content_type, body, length,
                                &response, error))
        return NULL;
    if (response.status < 200 || response.status > 299) {
        set_status_error(client, method, path, &response, error);
        return NULL;
    }
    return check_json(client, method, path, &response, error)
               ? es_client_parse(client, method, path, response.body, lifted, error)
               : NULL;
}

yajl_val es_call(EsClient *client, const char *method, const char *path, const char *content_type,
                 const char *body, gsize length, GError **error)
{
    return call(client, method, path, content_type, body, length, NULL, error);
}

yajl_val es_query(EsClient *client, const char *path, const char *body, LiftedVectors *lifted,
                  GError **error)
{
    http_client_set_compressed(client->http, FALSE);
    yajl_val answer = call(client, "POST", path, ES_JSON, body, strlen(body), lifted, error);
    http_client_set_compressed(client->http, TRUE);
    return answer;
}

yajl_val es_call_json(EsClient *client, const char *method, const char *path, const char *body,
                      GError **error)
{
    return es_call(client, method, path, body != NULL ? ES_JSON : NULL, body,
                   body != NULL ? strlen(body) : 0, error);
}

gboolean es_check_whole(gint64 failed_shards, int timed_out, gboolean terminated_early,
                        const char *what, GError **error)
{
    const char *why = NULL;
    if (failed_shards > 0)
        why = "shards failed";
    else if (timed_out > 0)
        why = "the server ran out of time";
    else if (terminated_early)
        why = "the server ended it early";
    if (why != NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "%s: %s, so the answer is partial and was not used", what, why);
    else if (failed_shards < 0 || timed_out < 0)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "%s: the answer does not say whether it is whole, so it was not used", what);
    else
        return TRUE;
    return FALSE;
}

/* -1: the answer does not say. */
static gint64 failed_shards_of(yajl_val answer)
{
    gint64 failed;
    return json_get_int(answer, "_shards.failed", &failed) ? failed : -1;
}

static int timed_out_of(yajl_val answer)
{
    yajl_val timed_out = json_get(answer, "timed_out");
    return YAJL_IS_TRUE(timed_out) ? 1 : YAJL_IS_FALSE(timed_out) ? 0 : -1;
}

gboolean es_check_search(yajl_val answer, const char *what, GError **error)
{
    return es_check_whole(failed_shards_of(answer), timed_out_of(answer),
                          json_is_true(answer, "terminated_early"), what, error);
}

gboolean es_check_shards(yajl_val answer, const char *what, GError **error)
{
    return es_check_whole(failed_shards_of(answer), 0, json_is_true(answer, "terminated_early"),
                          what, error);
}

gboolean es_check_complete(yajl_val answer, const char *what, GError **error)
{
    return es_check_whole(MAX(failed_shards_of(answer), 0), MAX(timed_out_of(answer), 0),
                          json_is_true(answer, "terminated_early"), what, error);
}

char *es_escape(const char *name)
{
    char *escaped = curl_easy_escape(NULL, name, 0);
    char *copy = g_strdup(escaped);
    curl_free(escaped);
    return copy;
}
