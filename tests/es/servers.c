#include "servers.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "programs.h"

#define SECURE "ES_URL_SECURE"

static const char *variable;
static const char *url;
static char *prefix;
static EsClient *client;
static GHashTable *passwords; /* user -> password */

const char *server_url(void)
{
    return url;
}

EsClient *server_client(void)
{
    return client;
}

const char *server_prefix(void)
{
    return prefix;
}

/* ---- connecting ---- */

static void read_passwords(void)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    const char *file = g_getenv("ES_SECURE_CREDENTIALS");
    passwords = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (file == NULL || !g_file_get_contents(file, &text, NULL, &error))
        g_error("ES_SECURE_CREDENTIALS: %s", file != NULL ? error->message : "not set");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *colon = strchr(*line, ':');
        if (colon != NULL)
            g_hash_table_insert(passwords, g_strndup(*line, (gsize)(colon - *line)),
                                g_strdup(colon + 1));
    }
}

const char *server_password(const char *user)
{
    const char *password = g_hash_table_lookup(passwords, user);
    if (password == NULL)
        g_error("ES_SECURE_CREDENTIALS has no user %s", user);
    return password;
}

EsClient *server_connect(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(HttpOptions) options = {.url = g_strdup(url)};
    if (passwords != NULL) {
        options.username = g_strdup("admin");
        options.password = g_strdup(server_password("admin"));
        options.ca_file = g_strdup(g_getenv("ES_SECURE_CA"));
    }
    EsClient *connected = es_client_connect(&options, &error);
    if (connected == NULL)
        printf("# %s\n", error->message);
    return connected;
}

int server_main(int argc, char **argv, const char *suite, const UnitTest *tests,
                void (*set_up)(void))
{
    if (argc != 2) {
        printf("Bail out! the argument must be ES_URL_9, ES_URL_8 or " SECURE "\n");
        return 1;
    }
    variable = argv[1];
    url = g_getenv(variable);
    if (url == NULL || url[0] == '\0') {
        printf("1..0 # SKIP %s is not set: `./dev test` starts a server and sets it\n", variable);
        return 0;
    }
    gboolean is_secure = strcmp(variable, SECURE) == 0;
    if (is_secure)
        read_passwords();
    client = server_connect();
    if (client == NULL) {
        printf("Bail out! there is no Elasticsearch at %s=%s\n", variable, url);
        return 1;
    }
    printf("# Elasticsearch %s at %s\n", es_client_version(client), url);
    prefix = g_strdup_printf("%stest-%s-%d", is_secure ? "recsys-" : "", suite, (int)getpid());
    if (set_up != NULL)
        set_up();
    int status = tap_run(suite, tests);
    server_clean_up();
    es_client_free(client);
    g_free(prefix);
    g_clear_pointer(&passwords, g_hash_table_unref);
    return status;
}

/* ---- calling ---- */

static yajl_val ask(const char *method, const char *body, const char *path)
{
    g_autoptr(GError) error = NULL;
    yajl_val answer = es_call_json(client, method, path, body, &error);
    if (answer == NULL)
        tap_comment(error->message);
    return answer;
}

yajl_val server_ask(const char *method, const char *body, const char *path_format, ...)
{
    va_list arguments;
    va_start(arguments, path_format);
    g_autofree char *path = g_strdup_vprintf(path_format, arguments);
    va_end(arguments);
    return ask(method, body, path);
}

gboolean server_do(const char *method, const char *body, const char *path_format, ...)
{
    va_list arguments;
    va_start(arguments, path_format);
    g_autofree char *path = g_strdup_vprintf(path_format, arguments);
    va_end(arguments);
    g_auto(yajl_val) answer = ask(method, body, path);
    return answer != NULL;
}

/* ---- what is there ---- */

static const char *text_of(yajl_val row, const char *name)
{
    const char *key[] = {name, NULL}; /* it may have a dot in it */
    yajl_val value = yajl_tree_get(row, key, yajl_t_string);
    return value != NULL ? YAJL_GET_STRING(value) : "?";
}

static void append_rows(GString *text, const char *path, const char *first, const char *second)
{
    g_auto(yajl_val) rows = server_ask("GET", NULL, "%s", path);
    for (gsize i = 0; i < json_array_length(rows); i++) {
        yajl_val row = json_array_get(rows, i);
        const char *one = text_of(row, first), *two = text_of(row, second);
        if (!g_str_has_suffix(one, "-lock"))
            g_string_append_printf(text, "%s %s\n", one, two);
    }
}

char *server_state(void)
{
    GString *text = g_string_new(NULL);
    g_autofree char *indices = g_strdup_printf(
        "/_cat/indices/%s*?expand_wildcards=all&format=json&h=index,docs.count&s=index", prefix);
    g_autofree char *aliases = g_strdup_printf(
        "/_cat/aliases/%s*?expand_wildcards=all&format=json&h=alias,index&s=alias,index", prefix);
    append_rows(text, indices, "index", "docs.count");
    append_rows(text, aliases, "alias", "index");
    return g_string_free(text, FALSE);
}

char *server_index_of(const char *alias)
{
    g_auto(yajl_val) answer = server_ask("GET", NULL, "/_alias/%s", alias);
    if (!YAJL_IS_OBJECT(answer) || answer->u.object.len != 1)
        return NULL;
    return g_strdup(answer->u.object.keys[0]);
}

void server_clean_up(void)
{
    g_auto(yajl_val) rows = server_ask(
        "GET", NULL, "/_cat/indices/%s*?expand_wildcards=all&format=json&h=index", prefix);
    for (gsize i = 0; i < json_array_length(rows); i++) {
        const char *index = json_get_string(json_array_get(rows, i), "index");
        if (index == NULL || !server_do("DELETE", NULL, "/%s", index))
            printf("# %s is left behind\n", index != NULL ? index : "an index");
    }
}
