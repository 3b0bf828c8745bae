#include "http_host.h"

#include <string.h>

#include "credentials.h"
#include "curl_handles.h"
#include "recsys_error.h"

static void host_free(gpointer data)
{
    HttpHost *host = data;
    g_free(host->url);
    g_free(host->username);
    credentials_wipe(host->password);
    g_free(host->pinned);
    g_free(host);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpHost, host_free)

/* ---- URLs ---- */

static char *take_part(CURLU *url, CURLUPart part, unsigned int flags)
{
    char *text = NULL;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
        return NULL;
    char *copy = g_strdup(text);
    curl_free(text);
    return copy;
}

static gboolean is_loopback_name(const char *host)
{
    return g_strcmp0(host, "localhost") == 0 || g_str_has_suffix(host, ".localhost") ||
           g_strcmp0(host, "[::1]") == 0 || g_str_has_prefix(host, "127.");
}

static HttpHost *parse_one(const char *text, GError **error)
{
    g_autoptr(CURLU) url = curl_url();
    const char *problem = NULL;
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text, 0);
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
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "the cluster's URL is not understood: %s; example: http://localhost:9200",
                    problem);
        return NULL;
    }
    HttpHost *host = g_new0(HttpHost, 1);
    g_autofree char *name = take_part(url, CURLUPART_HOST, 0);
    host->is_loopback = is_loopback_name(name);
    host->is_https = g_strcmp0(scheme, "https") == 0;
    host->username = take_part(url, CURLUPART_USER, CURLU_URLDECODE);
    host->password = take_part(url, CURLUPART_PASSWORD, CURLU_URLDECODE);
    curl_url_set(url, CURLUPART_USER, NULL, 0);
    curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
    host->url = take_part(url, CURLUPART_URL, 0);
    if (g_str_has_suffix(host->url, "/"))
        host->url[strlen(host->url) - 1] = '\0';
    return host;
}

GPtrArray *http_hosts_parse(const char *urls, GError **error)
{
    g_autoptr(GPtrArray) hosts = g_ptr_array_new_with_free_func(host_free);
    const char *rest = urls;
    gboolean more = TRUE;
    while (more) {
        const char *comma = strchrnul(rest, ',');
        char *text = g_strstrip(g_strndup(rest, (gsize)(comma - rest)));
        HttpHost *host = parse_one(text, error);
        credentials_wipe(text);
        if (host == NULL)
            return NULL;
        g_ptr_array_add(hosts, host);
        more = *comma == ',';
        rest = comma + 1;
    }
    return g_steal_pointer(&hosts);
}

char *http_safe_address(const char *address)
{
    g_autoptr(CURLU) url = curl_url();
    if (curl_url_set(url, CURLUPART_URL, address, 0) != CURLUE_OK)
        return NULL;
    const CURLUPart secret[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_PATH, CURLUPART_QUERY,
                                CURLUPART_FRAGMENT};
    for (guint i = 0; i < G_N_ELEMENTS(secret); i++)
        curl_url_set(url, secret[i], NULL, 0);
    return take_part(url, CURLUPART_URL, 0);
}

/* ---- turns ---- */

HttpHost *http_hosts_next(GPtrArray *hosts, gint64 now)
{
    HttpHost *longest_dead = NULL;
    for (guint i = 0; i < hosts->len; i++) {
        HttpHost *host = g_ptr_array_index(hosts, i);
        if (host->tried)
            continue;
        if (host->dead_until <= now)
            return host;
        if (longest_dead == NULL || host->dead_until < longest_dead->dead_until)
            longest_dead = host;
    }
    return longest_dead;
}

void http_host_failed(HttpHost *host, gint64 now, double seconds)
{
    host->dead_until = now + (gint64)(seconds * G_USEC_PER_SEC) * (1 << MIN(host->failures, 4));
    host->failures++;
}

void http_host_answered(HttpHost *host)
{
    host->dead_until = 0;
    host->failures = 0;
}
