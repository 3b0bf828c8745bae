#include "curl_command.h"

#include <string.h>

#include "es_client.h"
#include "http_host.h"

#define LONGEST_ARGUMENT 65536 /* half of what Linux lets one have */

typedef struct {
    const char *option;
    const char *variables[2]; /* that it names */
} Login;

/* In the order of http.h. */
static const Login *login_of(const HttpOptions *http)
{
    static const Login api_key = {"-H \"Authorization: ApiKey $ES_API_KEY\"", {"ES_API_KEY"}};
    static const Login bearer = {"-H \"Authorization: Bearer $ES_BEARER_TOKEN\"",
                                 {"ES_BEARER_TOKEN"}};
    static const Login basic = {"-u \"$ES_USERNAME:$ES_PASSWORD\"", {"ES_USERNAME", "ES_PASSWORD"}};
    if (http->api_key != NULL)
        return &api_key;
    if (http->bearer != NULL)
        return &bearer;
    if (http->username != NULL || http->password != NULL || strchr(http->url, '@') != NULL)
        return &basic;
    return NULL;
}

static void append_quoted(GString *text, const char *option, const char *value)
{
    g_autofree char *quoted = g_shell_quote(value);
    g_string_append_printf(text, " \\\n  %s %s", option, quoted);
}

/* A body that is too long for an argument comes by the command's standard input, up to a line that
 * is nowhere in it. */
static void append_body(GString *text, const char *body)
{
    if (strlen(body) <= LONGEST_ARGUMENT) {
        append_quoted(text, "--data-raw", body);
        return;
    }
    g_autoptr(GString) end = g_string_new("EOF");
    while (strstr(body, end->str) != NULL)
        g_string_append(end, "_EOF");
    g_string_append_printf(text, " \\\n  --data-binary @- <<'%s'\n%s\n%s", end->str, body,
                           end->str);
}

char *curl_command(const HttpOptions *http, const char *url, const char *path, const char *body)
{
    const Login *login = login_of(http);
    g_autofree char *address = g_strconcat(url, path, NULL);
    g_autofree char *quoted = g_shell_quote(address);
    g_autoptr(GString) text = g_string_new("curl -sS -w '\\n' ");
    g_string_append(text, quoted);
    if (http->insecure)
        g_string_append(text, " \\\n  --insecure");
    else if (http->ca_file != NULL)
        append_quoted(text, "--cacert", http->ca_file);
    if (login != NULL)
        g_string_append_printf(text, " \\\n  %s", login->option);
    append_quoted(text, "-H", "Content-Type: " ES_JSON);
    append_body(text, body);
    return g_strdup(text->str);
}

char *curl_command_needs(const HttpOptions *http, const char *url)
{
    const Login *login = login_of(http);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; login != NULL && i < G_N_ELEMENTS(login->variables); i++) {
        const char *variable = login->variables[i];
        if (variable != NULL && g_getenv(variable) == NULL)
            g_string_append_printf(
                text, "# The environment variable %s must be set and exported.\n", variable);
    }
    if (!http->insecure && http->fingerprint != NULL && g_str_has_prefix(url, "https:"))
        g_string_append(text, "# curl does not know a certificate by its fingerprint: give it the "
                              "certificate with --cacert FILE.\n");
    return g_strdup(text->str);
}
