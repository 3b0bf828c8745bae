#include "curl_command.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"

#define URL "https://one.example:9200"

/* What a shell makes of a command whose "curl" prints its arguments, one a line. */
static char *arguments_of(const char *command)
{
    g_autofree char *script = g_strconcat("curl() { printf '%s\\n' \"$@\"; }\n", command, NULL);
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    const char *const environment[] = {"ES_USERNAME=anna", "ES_PASSWORD=a b'\"$x",
                                       "ES_API_KEY=k==", "ES_BEARER_TOKEN=t", NULL};
    char *out = NULL;
    int status = -1;
    CU_ASSERT(g_spawn_sync(NULL, (char **)argv, (char **)environment, G_SPAWN_DEFAULT, NULL, NULL,
                           &out, NULL, &status, NULL));
    CU_ASSERT_EQUAL(status, 0);
    return out;
}

static void check(const HttpOptions *http, const char *body, const char *expected)
{
    g_autofree char *command = curl_command(http, URL, "/x%20y/_search?a=b&c=$d", body);
    g_autofree char *arguments = arguments_of(command);
    g_autofree char *whole = g_strdup_printf(
        "-sS\n-w\n\\n\n" URL "/x%%20y/_search?a=b&c=$d\n%s-H\nContent-Type: application/json\n"
        "--data-raw\n%s\n",
        expected, body);
    CU_ASSERT_STRING_EQUAL(arguments, whole);
    if (strcmp(arguments, whole) != 0)
        printf("# %s\n", command);
}

/* Whatever a title or a file's name has in it, the shell hands it on as it is. */
static void test_quoting(void)
{
    char url[] = URL;
    const HttpOptions http = {.url = url};
    check(&http, "{\"a\":\"it's $HOME `ls` \\\\ \\\" !x *\"}", "");
    check(&http, "'", "");
    check(&http, "''\n\"\t'x", "");
    check(&http, "@file", "");
}

/* Longer than one argument may be, with what would end a here-document. */
static void test_long_body(void)
{
    char url[] = URL;
    const HttpOptions http = {.url = url};
    const char *const inside[] = {"", "EOF", "\nEOF\n", "EOF_EOF\nEOF\n$HOME `ls` \\ '"};
    g_autofree char *padding = g_strnfill(200000, 'x');
    for (guint i = 0; i < G_N_ELEMENTS(inside); i++) {
        g_autofree char *body = g_strconcat("{", padding, inside[i], padding, "}", NULL);
        g_autofree char *command = curl_command(&http, URL, "/", body);
        g_autofree char *script =
            g_strconcat("curl() { for last; do :; done; printf '%s ' \"$last\"; "
                        "cat; }\n",
                        command, "\necho end\n", NULL);
        const char *argv[] = {"/bin/sh", NULL};
        g_autofree char *out = NULL;
        g_autofree char *expected = g_strconcat("@- ", body, "\nend\n", NULL);
        g_autoptr(GSubprocess) shell = g_subprocess_newv(
            argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL);
        CU_ASSERT(g_subprocess_communicate_utf8(shell, script, NULL, &out, NULL, NULL));
        CU_ASSERT(g_strcmp0(out, expected) == 0);
    }
}

static void test_trust(void)
{
    char url[] = URL, file[] = "/tmp/it's mine.pem";
    const HttpOptions certificate = {.url = url, .ca_file = file};
    check(&certificate, "{}", "--cacert\n/tmp/it's mine.pem\n");
    const HttpOptions none = {.url = url, .ca_file = file, .insecure = TRUE};
    check(&none, "{}", "--insecure\n");
}

static void test_credentials(void)
{
    char url[] = URL, secret[] = "geheim", with[] = "https://anna:geheim@one.example:9200";
    const HttpOptions key = {.url = url, .api_key = secret, .bearer = secret, .password = secret};
    const HttpOptions bearer = {.url = url, .bearer = secret, .password = secret};
    const HttpOptions basic = {.url = url, .username = secret, .password = secret};
    const HttpOptions in_url = {.url = with};
    check(&key, "{}", "-H\nAuthorization: ApiKey k==\n");
    check(&bearer, "{}", "-H\nAuthorization: Bearer t\n");
    check(&basic, "{}", "-u\nanna:a b'\"$x\n");
    check(&in_url, "{}", "-u\nanna:a b'\"$x\n");
    const HttpOptions *const all[] = {&key, &bearer, &basic, &in_url};
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        g_autofree char *command = curl_command(all[i], URL, "/", "{}");
        g_autofree char *needs = curl_command_needs(all[i], URL);
        CU_ASSERT_PTR_NULL(strstr(command, "geheim"));
        CU_ASSERT_PTR_NULL(strstr(needs, "geheim"));
    }
}

static void test_needs(void)
{
    char url[] = URL, secret[] = "geheim", print[] = "00";
    const HttpOptions plain = {.url = url};
    const HttpOptions basic = {.url = url, .username = secret, .password = secret};
    const HttpOptions pinned = {.url = url, .fingerprint = print};
    g_unsetenv("ES_PASSWORD");
    g_setenv("ES_USERNAME", "anna", TRUE);
    g_autofree char *nothing = curl_command_needs(&plain, URL);
    g_autofree char *password = curl_command_needs(&basic, URL);
    g_autofree char *certificate = curl_command_needs(&pinned, URL);
    CU_ASSERT_STRING_EQUAL(nothing, "");
    CU_ASSERT_STRING_EQUAL(password,
                           "# The environment variable ES_PASSWORD must be set and exported.\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(certificate, "--cacert FILE"));
    CU_ASSERT(certificate[0] == '#' && strchr(certificate, '\n')[1] == '\0');
}

static const UnitTest tests[] = {
    {"quoting", test_quoting},         {"a long body", test_long_body},       {"trust", test_trust},
    {"credentials", test_credentials}, {"what it needs besides", test_needs}, {NULL, NULL},
};

TAP_MAIN("curl_command", tests)
