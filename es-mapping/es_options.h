/* Which cluster, and how to get in: the options and environment variables that every command
 * shares.
 *
 * ES_URL (default http://localhost:9200), ES_API_KEY, ES_USERNAME, ES_PASSWORD, ES_CA_CERT. Secrets
 * come from the environment only, because a command line is for everybody to see. */
#pragma once

#include "es_client.h"

typedef struct {
    char *url;
    char *ca_file;
    char *alias;
    gboolean insecure;
} EsOptions;

void es_options_clear(EsOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EsOptions, es_options_clear)

/* The option table that fills `options`; free with g_free. */
GOptionEntry *es_options_entries(EsOptions *options);

/* The alias of the live release: --alias, or "recsys". */
const char *es_options_alias(const EsOptions *options);

/* Connects with what options and environment say. RECSYS_ERROR_USAGE for an alias that cannot be
 * one. */
EsClient *es_options_connect(const EsOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
