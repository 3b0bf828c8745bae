/* Which cluster, and how to get in: the options and environment variables that every command
 * shares.
 *
 * Addresses: --url or ES_URL, several separated by commas; default http://localhost:9200.
 * Credentials: the file of --credentials, else of ES_CREDENTIALS, else ES_API_KEY, ES_BEARER_TOKEN,
 * ES_USERNAME and ES_PASSWORD (the first that is set), else what stands in ES_URL. A command line
 * is for everybody to see, so a password in --url is refused.
 * Trust: --ca-fingerprint or ES_CA_FINGERPRINT, --ca-file or ES_CA_CERT (an option goes before both
 * variables; one of the two only), --insecure. */
#pragma once

#include "es_client.h"

typedef struct {
    char *url;
    char *ca_file;
    char *fingerprint;
    char *credentials; /* a file */
    char *alias;
    gboolean insecure;
    double connect_seconds, idle_seconds, total_seconds; /* 0: the defaults of http.h */
    double patience; /* preset to ES_JOB_PATIENCE by jobs; 0 where somebody waits */
    int answer_mib;  /* 0: the default of http.h */
} EsOptions;

void es_options_clear(EsOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EsOptions, es_options_clear)

/* The option table that fills `options`; free with g_free. */
GOptionEntry *es_options_entries(EsOptions *options);

/* The alias of the live release: --alias, or "recsys". */
const char *es_options_alias(const EsOptions *options);

/* What options and environment say, for es_client_connect(); the same warnings and errors as below.
 */
gboolean es_options_http(const EsOptions *options, HttpOptions *http,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Connects with what options and environment say. To stderr go warnings: of --insecure, of
 * credentials that go over plain http to another machine, and of a host that is given up for
 * another. RECSYS_ERROR_USAGE for an alias that cannot
 * be one and everything else above that is wrong. */
EsClient *es_options_connect(const EsOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
