#include "es_options.h"

#include <curl/curl.h>
#include <math.h>
#include <string.h>

#include "recsys_error.h"
#include "tap.h"

static void clear_environment(void)
{
    const char *const names[] = {"ES_URL",         "ES_API_KEY",       "ES_USERNAME",
                                 "ES_PASSWORD",    "ES_CA_CERT",       "ES_BEARER_TOKEN",
                                 "ES_CREDENTIALS", "ES_CA_FINGERPRINT"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_unsetenv(names[i]);
}

static void parse(EsOptions *options, const char *const *arguments)
{
    g_autofree GOptionEntry *entries = es_options_entries(options);
    g_autoptr(GOptionContext) context = g_option_context_new("");
    g_option_context_add_main_entries(context, entries, NULL);
    g_auto(GStrv) argv = g_strdupv((char **)arguments);
    CU_ASSERT(g_option_context_parse_strv(context, &argv, NULL));
}

static void test_parsing(void)
{
    g_auto(EsOptions) options = {0};
    CU_ASSERT_STRING_EQUAL(es_options_alias(&options), "recsys");
    parse(&options, (const char *const[]){"x", "--url", "http://h", "--alias", "movies", "--cacert",
                                          "/c.pem", "--insecure", NULL});
    CU_ASSERT_STRING_EQUAL(options.url, "http://h");
    CU_ASSERT_STRING_EQUAL(es_options_alias(&options), "movies");
    CU_ASSERT_STRING_EQUAL(options.ca_file, "/c.pem");
    CU_ASSERT(options.insecure);
}

/* A command line is for everybody to see. */
static void test_no_secrets_on_the_command_line(void)
{
    EsOptions options = {0};
    g_autofree GOptionEntry *entries = es_options_entries(&options);
    for (const GOptionEntry *e = entries; e->long_name != NULL; e++) {
        CU_ASSERT_PTR_NULL(strstr(e->long_name, "pass"));
        CU_ASSERT_PTR_NULL(strstr(e->long_name, "key"));
        CU_ASSERT_PTR_NULL(strstr(e->long_name, "user"));
    }
}

static void check_fails(const EsOptions *options, GQuark domain, int code, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(EsClient) client = es_options_connect(options, &error);
    CU_ASSERT_PTR_NULL(client);
    CU_ASSERT(error != NULL && strstr(error->message, "hush") == NULL);
    TAP_ASSERT_ERROR(error, domain, code, message);
}

/* Nothing listens at these ports of this machine; the message says which of them was asked. */
static void test_which_cluster(void)
{
    g_auto(EsOptions) options = {0};
    g_setenv("ES_URL", "http://kim:hush@127.0.0.1:2/env", TRUE);
    check_fails(&options, HTTP_TRANSPORT_ERROR, CURLE_COULDNT_CONNECT, "http://127.0.0.1:2/env ");
    options.url = g_strdup("http://127.0.0.1:3");
    check_fails(&options, HTTP_TRANSPORT_ERROR, CURLE_COULDNT_CONNECT, "http://127.0.0.1:3 ");
    clear_environment();
}

static void test_wrong_environment(void)
{
    g_auto(EsOptions) options = {0};
    g_setenv("ES_URL", "gopher://kim:hush@h", TRUE);
    check_fails(&options, RECSYS_ERROR, RECSYS_ERROR_USAGE, "URL is not understood");
    g_setenv("ES_URL", "http://127.0.0.1:1", TRUE);
    g_setenv("ES_API_KEY", "hush", TRUE);
    g_setenv("ES_PASSWORD", "hush", TRUE);
    g_setenv("ES_USERNAME", "kim", TRUE);
    check_fails(&options, HTTP_TRANSPORT_ERROR, CURLE_COULDNT_CONNECT, "http://127.0.0.1:1 ");
    clear_environment();
}

#define FINGERPRINT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_trust(void)
{
    EsOptions both = {.url = (char *)"https://127.0.0.1:1",
                      .ca_file = (char *)"/c.pem",
                      .fingerprint = (char *)FINGERPRINT};
    check_fails(&both, RECSYS_ERROR, RECSYS_ERROR_USAGE, "not both");
    EsOptions plain = {.url = (char *)"http://127.0.0.1:1", .fingerprint = (char *)FINGERPRINT};
    check_fails(&plain, RECSYS_ERROR, RECSYS_ERROR_USAGE, "use https://");
    /* Such a file is a matter of the command line, not of the cluster. */
    EsOptions missing = {.url = (char *)"https://127.0.0.1:1",
                         .ca_file = (char *)"/nonexistent/ca"};
    check_fails(&missing, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--ca-file /nonexistent/ca: No such file");
    missing.ca_file = (char *)"/";
    check_fails(&missing, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--ca-file /: is not a file");
    missing.ca_file = (char *)"/dev/null";
    check_fails(&missing, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--ca-file /dev/null: ");
    missing.ca_file = NULL;
    g_setenv("ES_CA_CERT", "/nonexistent/ca", TRUE);
    check_fails(&missing, RECSYS_ERROR, RECSYS_ERROR_USAGE, "ES_CA_CERT /nonexistent/ca: ");
    /* An option goes before either variable. */
    g_setenv("ES_CA_CERT", "/c.pem", TRUE);
    plain.url = (char *)"https://127.0.0.1:1";
    check_fails(&plain, HTTP_TRANSPORT_ERROR, CURLE_COULDNT_CONNECT, "https://127.0.0.1:1 ");
    g_setenv("ES_CA_FINGERPRINT", FINGERPRINT, TRUE);
    plain.fingerprint = NULL;
    check_fails(&plain, RECSYS_ERROR, RECSYS_ERROR_USAGE, "not both");
    clear_environment();
}

static void test_limits(void)
{
    const struct {
        EsOptions options;
        const char *name;
    } cases[] = {
        {{.connect_seconds = -1}, "--connect-timeout"},
        {{.idle_seconds = 1e-9}, "--idle-timeout"},
        {{.total_seconds = 1e9}, "--timeout"},
        {{.total_seconds = NAN}, "--timeout"},
        {{.total_seconds = INFINITY}, "--timeout"},
        {{.answer_mib = -1}, "--max-answer"},
        {{.answer_mib = G_MAXINT}, "--max-answer"},
        {{.patience = -1}, "--repeat-for"},
        {{.patience = NAN}, "--repeat-for"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_fails(&cases[i].options, RECSYS_ERROR, RECSYS_ERROR_USAGE, cases[i].name);
}

/* In the environment a URL may have a password; a command line is for everybody to see. */
static void test_password_in_the_url(void)
{
    EsOptions options = {.url = (char *)"http://a:1,https://kim:hush@b:2"};
    check_fails(&options, RECSYS_ERROR, RECSYS_ERROR_USAGE, "https://b:2, and a command line");
    options.url = (char *)"http://kim@127.0.0.1:1";
    check_fails(&options, HTTP_TRANSPORT_ERROR, CURLE_COULDNT_CONNECT, "http://127.0.0.1:1 ");
}

static void test_credentials_file(void)
{
    EsOptions options = {.url = (char *)"http://127.0.0.1:1",
                         .credentials = (char *)"/nonexistent/credentials"};
    check_fails(&options, RECSYS_ERROR, RECSYS_ERROR_USAGE, "/nonexistent/credentials");
    options.credentials = NULL;
    g_setenv("ES_CREDENTIALS", "/nonexistent/other", TRUE);
    check_fails(&options, RECSYS_ERROR, RECSYS_ERROR_USAGE, "/nonexistent/other");
    clear_environment();
}

static const UnitTest tests[] = {
    {"parsing", test_parsing},
    {"no secrets on the command line", test_no_secrets_on_the_command_line},
    {"which cluster", test_which_cluster},
    {"wrong environment", test_wrong_environment},
    {"trust", test_trust},
    {"limits", test_limits},
    {"password in the URL", test_password_in_the_url},
    {"credentials file", test_credentials_file},
    {NULL, NULL},
};

TAP_MAIN("es_options", tests)
