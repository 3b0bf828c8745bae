#include "es_options.h"

#include <string.h>

#include "recsys_error.h"

#define DEFAULT_URL "http://localhost:9200"
#define DEFAULT_ALIAS "recsys"

void es_options_clear(EsOptions *options)
{
    g_free(options->url);
    g_free(options->ca_file);
    g_free(options->alias);
    *options = (EsOptions){0};
}

GOptionEntry *es_options_entries(EsOptions *options)
{
    const GOptionEntry entries[] = {
        {"url", 0, 0, G_OPTION_ARG_STRING, &options->url,
         "the cluster (environment: ES_URL; default " DEFAULT_URL "). Credentials come from the "
         "environment: ES_API_KEY, or ES_USERNAME and ES_PASSWORD",
         "URL"},
        {"alias", 0, 0, G_OPTION_ARG_STRING, &options->alias,
         "the alias of the live release (" DEFAULT_ALIAS ")", "NAME"},
        {"cacert", 0, 0, G_OPTION_ARG_FILENAME, &options->ca_file,
         "certificate to trust (environment: ES_CA_CERT)", "FILE"},
        {"insecure", 0, 0, G_OPTION_ARG_NONE, &options->insecure,
         "do not verify the server's certificate", NULL},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

const char *es_options_alias(const EsOptions *options)
{
    return options->alias != NULL ? options->alias : DEFAULT_ALIAS;
}

/* The option, else the environment variable if it is not empty, else NULL. */
static char *choose(const char *option, const char *variable)
{
    const char *set = g_getenv(variable);
    if (option != NULL)
        return g_strdup(option);
    return set != NULL && set[0] != '\0' ? g_strdup(set) : NULL;
}

/* The server's own rules for names; a pattern or a list would also be an answer to the wrong
 * question. */
static gboolean check_alias(const char *alias, GError **error)
{
    gboolean valid = alias[0] != '\0' && strchr("-_+.", alias[0]) == NULL && strlen(alias) <= 200;
    for (const char *at = alias; *at != '\0'; at++)
        valid = valid && !g_ascii_isupper(*at) && strchr("*?\"<>|, #:/\\", *at) == NULL;
    if (!valid)
        g_set_error(
            error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
            "\"%s\" cannot be an alias: lower case, without spaces, patterns or lists, and not "
            "beginning with - _ + or a dot",
            alias);
    return valid;
}

EsClient *es_options_connect(const EsOptions *options, GError **error)
{
    if (!check_alias(es_options_alias(options), error))
        return NULL;
    g_auto(HttpOptions) http = {
        .url = choose(options->url, "ES_URL"),
        .username = choose(NULL, "ES_USERNAME"),
        .password = choose(NULL, "ES_PASSWORD"),
        .api_key = choose(NULL, "ES_API_KEY"),
        .ca_file = choose(options->ca_file, "ES_CA_CERT"),
        .insecure = options->insecure,
    };
    if (http.url == NULL)
        http.url = g_strdup(DEFAULT_URL);
    return es_client_connect(&http, error);
}
