#include "http.h"

#include <curl/curl.h>
#include <string.h>

#include "http_patience.h"
#include "recsys_error.h"
#include "tap.h"

static HttpClient *client_of(const char *url, GError **error)
{
    HttpOptions options = {.url = (char *)url};
    return http_client_new(&options, error);
}

static void test_urls(void)
{
    const char *const cases[][2] = {
        {"http://localhost:9200", "http://localhost:9200"},
        {"http://localhost:9200/", "http://localhost:9200"},
        {"https://example.org", "https://example.org"},
        {"https://example.org:9243/prefix/", "https://example.org:9243/prefix"},
        {"https://example.org/a/b", "https://example.org/a/b"},
        {"http://[::1]:9200", "http://[::1]:9200"},
        {"HTTP://localhost:9200", "http://localhost:9200"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HttpClient) client = client_of(cases[i][0], &error);
        CU_ASSERT_PTR_NULL(error);
        CU_ASSERT(client != NULL && strcmp(http_client_url(client), cases[i][1]) == 0);
    }
}

static void test_credentials_are_taken_off(void)
{
    const char *const cases[][2] = {
        {"http://kim:hush@localhost:9200", "http://localhost:9200"},
        {"https://kim:hush@localhost:9200/p/", "https://localhost:9200/p"},
        {"http://kim@localhost", "http://localhost"},
        {"http://:hush@localhost", "http://localhost"},
        {"http://kim%40x:hu%3Ash%2F@localhost", "http://localhost"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HttpClient) client = client_of(cases[i][0], NULL);
        CU_ASSERT(client != NULL && strcmp(http_client_url(client), cases[i][1]) == 0);
    }
}

/* A password may be in a URL that is not understood as well: no message has any of it. */
static void test_wrong_urls(void)
{
    const char *const urls[] = {
        "",
        "localhost:9200",
        "kim:hush@localhost:9200",
        "ftp://kim:hush@localhost",
        "file:///etc/hush",
        "http://",
        "http://kim:hush@",
        "http://kim:hush@localhost:port",
        "http://kim:hush@localhost:99999999",
        "http://kim:hush@local host",
        "http//kim:hush@localhost",
        "http://localhost:9200/?password=hush",
        "http://localhost:9200/#hush",
    };
    for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HttpClient) client = client_of(urls[i], &error);
        CU_ASSERT_PTR_NULL(client);
        if (client != NULL)
            printf("# %s is taken\n", urls[i]);
        CU_ASSERT(error != NULL && strstr(error->message, "hush") == NULL);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                         "the cluster's URL is not understood");
    }
}

/* Nothing listens at port 1 of this machine. */
static void test_nobody_there(void)
{
    const HttpOptions options[] = {
        {.url = (char *)"http://kim:hush@127.0.0.1:1"},
        {.url = (char *)"http://127.0.0.1:1",
         .username = (char *)"kim",
         .password = (char *)"hush"},
        {.url = (char *)"http://127.0.0.1:1", .api_key = (char *)"hush"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HttpClient) client = http_client_new(&options[i], &error);
        g_auto(HttpResponse) response = {0};
        CU_ASSERT_FALSE(http_perform(client, "GET", "/", NULL, NULL, 0, &response, &error));
        CU_ASSERT(error != NULL && strstr(error->message, "hush") == NULL);
        CU_ASSERT(error != NULL && strstr(error->message, "kim") == NULL);
        CU_ASSERT_EQUAL(response.status, 0);
        TAP_ASSERT_ERROR(error, HTTP_TRANSPORT_ERROR, CURLE_COULDNT_CONNECT,
                         "http://127.0.0.1:1 cannot be reached: ");
    }
}

static void test_no_such_certificate(void)
{
    HttpOptions options = {
        .url = (char *)"https://127.0.0.1:1",
        .ca_file = (char *)"/nonexistent/ca.pem",
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(HttpClient) client = http_client_new(&options, &error);
    CU_ASSERT_PTR_NOT_NULL(client);
    g_auto(HttpResponse) response = {0};
    CU_ASSERT_FALSE(http_perform(client, "GET", "/", NULL, NULL, 0, &response, &error));
    CU_ASSERT(error != NULL && error->domain == HTTP_TRANSPORT_ERROR);
}

static void test_clearing(void)
{
    HttpOptions options = {
        .url = g_strdup("x"), .password = g_strdup("hush"), .api_key = g_strdup("k")};
    HttpResponse response = {.status = 200, .body = g_string_new("b"), .product = g_strdup("p")};
    http_options_clear(&options);
    http_response_clear(&response);
    CU_ASSERT(options.url == NULL && options.password == NULL && options.api_key == NULL);
    CU_ASSERT(response.status == 0 && response.body == NULL && response.product == NULL);
    http_options_clear(&options);
    http_response_clear(&response);
}

static void test_temporary(void)
{
    const gint64 temporary[] = {429, 502, 503, 504}, others[] = {0, 200, 400, 401, 409, 500, 505};
    for (guint i = 0; i < G_N_ELEMENTS(temporary); i++)
        CU_ASSERT(http_status_is_temporary(temporary[i]));
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        CU_ASSERT_FALSE(http_status_is_temporary(others[i]));
}

static const UnitTest tests[] = {
    {"URLs", test_urls},
    {"credentials are taken off", test_credentials_are_taken_off},
    {"wrong URLs", test_wrong_urls},
    {"nobody there", test_nobody_there},
    {"no such certificate", test_no_such_certificate},
    {"clearing", test_clearing},
    {"temporary refusals", test_temporary},
    {NULL, NULL},
};

TAP_MAIN("http", tests)
