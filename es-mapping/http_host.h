/* The cluster's addresses: one, or several that are tried in turn. */
#pragma once

#include <glib.h>

typedef struct {
    char *url;            /* without credentials, without a final slash */
    char *username;       /* nullable: the URL's own, which no other host gets */
    char *password;       /* nullable */
    gboolean is_loopback; /* never through a proxy */
    gboolean is_https;
    char *pinned;      /* nullable: the PEM text of the one certificate to trust */
    gint64 dead_until; /* monotonic microseconds; 0: nothing is known against it */
    guint failures;    /* in a row */
    gboolean tried;    /* for the request under way */
} HttpHost;

/* HttpHost * of each URL of a list separated by commas (one inside a URL is written %2C).
 * RECSYS_ERROR_USAGE, without any of the text: it may hold a password. */
GPtrArray *http_hosts_parse(const char *urls, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The host for the next attempt: the first one that is not dead and was not tried; if all others
 * are dead, the one that has been so for longest; NULL after every one was tried. */
HttpHost *http_hosts_next(GPtrArray *hosts, gint64 now);

/* It is skipped for `seconds`, and for twice as long after each further failure, up to 16 times. */
void http_host_failed(HttpHost *host, gint64 now, double seconds);
void http_host_answered(HttpHost *host);

/* Scheme, host and port of an address from elsewhere, fit to be shown; NULL if it has none. */
char *http_safe_address(const char *url);
