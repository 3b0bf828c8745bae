#include "es_options.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "credentials.h"
#include "http_host.h"
#include "recsys_error.h"

#define DEFAULT_URL "http://localhost:9200"
#define DEFAULT_ALIAS "recsys"
#define LONGEST_SECONDS 86400.0
#define LARGEST_ANSWER_MIB 65536

void es_options_clear(EsOptions *options)
{
    credentials_wipe(options->url);
    g_free(options->ca_file);
    g_free(options->fingerprint);
    g_free(options->credentials);
    g_free(options->alias);
    *options = (EsOptions){0};
}

GOptionEntry *es_options_entries(EsOptions *options)
{
    const GOptionEntry entries[] = {
        {"url", 0, 0, G_OPTION_ARG_STRING, &options->url,
         "the cluster; several hosts separated by commas (environment: ES_URL; default " DEFAULT_URL
         ")",
         "URL"},
        {"alias", 0, 0, G_OPTION_ARG_STRING, &options->alias,
         "the alias of the live release (" DEFAULT_ALIAS ")", "NAME"},
        {"credentials", 0, 0, G_OPTION_ARG_FILENAME, &options->credentials,
         "a file of mode 0600 with api_key=, bearer=, or username= and password= under "
         "[credentials] (environment: ES_CREDENTIALS, or ES_API_KEY, ES_BEARER_TOKEN, ES_USERNAME "
         "and ES_PASSWORD)",
         "FILE"},
        {"ca-file", 0, 0, G_OPTION_ARG_FILENAME, &options->ca_file,
         "certificates to trust, and no others (environment: ES_CA_CERT)", "FILE"},
        {"cacert", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &options->ca_file,
         "the same as --ca-file", "FILE"},
        {"ca-fingerprint", 0, 0, G_OPTION_ARG_STRING, &options->fingerprint,
         "sha256 of the one certificate to trust (environment: ES_CA_FINGERPRINT)", "HEX"},
        {"insecure", 0, 0, G_OPTION_ARG_NONE, &options->insecure,
         "do not verify the server's certificate", NULL},
        {"connect-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &options->connect_seconds,
         "for a connection (" G_STRINGIFY(HTTP_CONNECT_SECONDS) ")", "SECONDS"},
        {"idle-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &options->idle_seconds,
         "without a byte either way (" G_STRINGIFY(HTTP_IDLE_SECONDS) ")", "SECONDS"},
        {"timeout", 0, 0, G_OPTION_ARG_DOUBLE, &options->total_seconds,
         "for each request with its answer (" G_STRINGIFY(HTTP_TOTAL_SECONDS) ")", "SECONDS"},
        {"repeat-for", 0, 0, G_OPTION_ARG_DOUBLE, &options->patience,
         "repeat what is safe to repeat for so long after 429, 502, 503, 504 or a lost connection "
         "(" G_STRINGIFY(ES_JOB_PATIENCE) " in release, plan, rollback, prune and verify, 0 in all "
                                          "others)",
         "SECONDS"},
        {"max-answer", 0, 0, G_OPTION_ARG_INT, &options->answer_mib,
         "largest answer (" G_STRINGIFY(HTTP_ANSWER_MIB) ")", "MIB"},
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

/* ---- checks ---- */

static gboolean check_seconds(const char *name, double seconds, GError **error)
{
    if (seconds >= 0 && seconds <= LONGEST_SECONDS && (seconds == 0 || seconds >= 0.001))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--%s must be from 0.001 to %.0f seconds (0: the default)", name, LONGEST_SECONDS);
    return FALSE;
}

static gboolean check_limits(const EsOptions *options, GError **error)
{
    if (!check_seconds("connect-timeout", options->connect_seconds, error) ||
        !check_seconds("idle-timeout", options->idle_seconds, error) ||
        !check_seconds("timeout", options->total_seconds, error))
        return FALSE;
    if (!(options->patience >= 0 && options->patience <= LONGEST_SECONDS)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--repeat-for must be from 0 to %.0f seconds", LONGEST_SECONDS);
        return FALSE;
    }
    if (options->answer_mib >= 0 && options->answer_mib <= LARGEST_ANSWER_MIB)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--max-answer must be from 1 to %d MiB (0: the default)", LARGEST_ANSWER_MIB);
    return FALSE;
}

/* What is wrong with the URLs of --url apart from this, http_client_new() says. */
static gboolean check_url(const char *urls, GError **error)
{
    g_autoptr(GPtrArray) hosts = urls != NULL ? http_hosts_parse(urls, NULL) : NULL;
    for (guint i = 0; hosts != NULL && i < hosts->len; i++) {
        const HttpHost *host = g_ptr_array_index(hosts, i);
        if (host->password == NULL)
            continue;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--url has a password for %s, and a command line is for everybody to see: set "
                    "ES_URL, or ES_USERNAME and ES_PASSWORD, or name a file with --credentials",
                    host->url);
        return FALSE;
    }
    return TRUE;
}

/* ---- what applies ---- */

static void warn(const char *message)
{
    g_printerr("warning: %s\n", message);
}

/* Some commands connect twice. */
static void warn_once(const char *message)
{
    static GHashTable *given;
    static GMutex mutex;
    g_mutex_lock(&mutex);
    if (given == NULL)
        given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gboolean is_new = g_hash_table_add(given, g_strdup(message));
    g_mutex_unlock(&mutex);
    if (is_new)
        warn(message);
}

/* Hosts that get credentials without encryption, over something else than the loopback interface.
 */
static void warn_of_plain_text(const HttpOptions *http)
{
    g_autoptr(GPtrArray) hosts = http_hosts_parse(http->url, NULL);
    g_autoptr(GString) names = g_string_new(NULL);
    gboolean for_all = http->password != NULL || http->api_key != NULL || http->bearer != NULL;
    for (guint i = 0; hosts != NULL && i < hosts->len; i++) {
        const HttpHost *host = g_ptr_array_index(hosts, i);
        if (!host->is_https && !host->is_loopback && (for_all || host->password != NULL))
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", host->url);
    }
    g_autofree char *text =
        g_strdup_printf("credentials go unencrypted to %s: whoever is in between can read and use "
                        "them; use https://",
                        names->str);
    if (names->len > 0)
        warn_once(text);
}

/* The TLS library looks at it only when it connects, and a host that cannot be verified counts as
 * one that is away. */
static gboolean check_ca_file(const char *path, const char *named_by, GError **error)
{
    const char *why = "has no certificate in PEM form (-----BEGIN CERTIFICATE-----)";
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    if (file == NULL)
        why = access(path, R_OK) != 0 ? g_strerror(errno) : "is not a file";
    else if (g_mapped_file_get_length(file) > 0 &&
             g_strstr_len(g_mapped_file_get_contents(file), (gssize)g_mapped_file_get_length(file),
                          "-----BEGIN ") != NULL)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "%s %s: %s", named_by, path, why);
    return FALSE;
}

static gboolean choose_trust(HttpOptions *http, const EsOptions *options, GError **error)
{
    http->insecure = options->insecure;
    if (options->insecure) {
        warn_once(
            "--insecure: the server's certificate is not verified; whoever is in between can read "
            "and change everything, credentials included");
        return TRUE;
    }
    gboolean named = options->ca_file != NULL || options->fingerprint != NULL;
    http->ca_file = named ? g_strdup(options->ca_file) : choose(NULL, "ES_CA_CERT");
    http->fingerprint = named ? g_strdup(options->fingerprint) : choose(NULL, "ES_CA_FINGERPRINT");
    if (http->ca_file == NULL)
        return TRUE;
    if (http->fingerprint == NULL)
        return check_ca_file(http->ca_file, named ? "--ca-file" : "ES_CA_CERT", error);
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                        "either --ca-file (ES_CA_CERT) or --ca-fingerprint (ES_CA_FINGERPRINT) "
                        "says what to trust, not both");
    return FALSE;
}

static gboolean choose_credentials(HttpOptions *http, const EsOptions *options, GError **error)
{
    g_auto(Credentials) found = {0};
    g_autofree char *path = choose(options->credentials, "ES_CREDENTIALS");
    if (path != NULL ? !credentials_from_file(&found, path, error)
                     : !credentials_from_environment(&found, error))
        return FALSE;
    http->username = g_steal_pointer(&found.username);
    http->password = g_steal_pointer(&found.password);
    http->api_key = g_steal_pointer(&found.api_key);
    http->bearer = g_steal_pointer(&found.bearer);
    if (http->password != NULL || http->api_key != NULL || http->bearer != NULL ||
        strchr(http->url, '@') != NULL)
        credentials_protect_process();
    return TRUE;
}

gboolean es_options_http(const EsOptions *options, HttpOptions *http, GError **error)
{
    if (!check_alias(es_options_alias(options), error) || !check_limits(options, error) ||
        !check_url(options->url, error))
        return FALSE;
    *http = (HttpOptions){
        .url = choose(options->url, "ES_URL"),
        .connect_seconds = options->connect_seconds,
        .idle_seconds = options->idle_seconds,
        .total_seconds = options->total_seconds,
        .answer_limit = (gsize)options->answer_mib * 1024 * 1024,
        .patience = options->patience,
        .warn = warn,
    };
    if (http->url == NULL)
        http->url = g_strdup(DEFAULT_URL);
    if (!choose_trust(http, options, error) || !choose_credentials(http, options, error))
        return FALSE;
    warn_of_plain_text(http);
    return TRUE;
}

EsClient *es_options_connect(const EsOptions *options, GError **error)
{
    g_auto(HttpOptions) http = {0};
    return es_options_http(options, &http, error) ? es_client_connect(&http, error) : NULL;
}
