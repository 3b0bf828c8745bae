/* The client against servers that mislead, dawdle, babble and break off: an error each time, in
 * time, and never a secret in it. */
#include <curl/curl.h>
#include <gio/gio.h>
#include <string.h>

#include "es_client.h"
#include "fake_server.h"
#include "recsys_error.h"
#include "tap.h"

#define WELCOME "{\"version\":{\"number\":\"9.9.9\"}}"
#define SECRET "dont-tell"

/* What a fake answers to everything but GET /, which finds an Elasticsearch. */
typedef struct {
    long status;
    const char *body;
    gsize repeat; /* the body this often */
    const char *content_type, *headers;
    gsize cut;
    gboolean hang_up, raw;
    gulong drip, silence;
} Script;

static void play(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    const Script *script = data;
    fake_answer_json(answer, WELCOME);
    if (strcmp(request->path, "/") == 0)
        return;
    g_string_truncate(answer->body, 0);
    for (gsize i = 0; i < MAX(script->repeat, 1) && script->body != NULL; i++)
        g_string_append(answer->body, script->body);
    if (script->status != 0)
        answer->status = script->status;
    if (script->content_type != NULL)
        answer->content_type = script->content_type;
    answer->headers = script->headers;
    answer->cut = script->cut;
    answer->hang_up = script->hang_up;
    answer->raw = script->raw;
    answer->drip_gap = script->drip;
    answer->silence = script->silence;
}

static EsClient *connect_to(const char *url)
{
    g_autoptr(GError) error = NULL;
    HttpOptions options = {.url = (char *)url,
                           .username = (char *)"kim",
                           .password = (char *)SECRET,
                           .total_seconds = 1.0,
                           .dead_seconds = 0.3,
                           .answer_limit = 100000};
    EsClient *client = es_client_connect(&options, &error);
    if (client == NULL)
        printf("# %s\n", error->message);
    CU_ASSERT_PTR_NOT_NULL(client);
    return client;
}

static void check(Script script, GQuark domain, int code, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FakeServer) server = fake_server_start(play, &script);
    g_autoptr(EsClient) client = connect_to(fake_server_url(server));
    if (client == NULL)
        return;
    gint64 began = g_get_monotonic_time();
    g_auto(yajl_val) answer = es_call_json(client, "POST", "/x/_refresh", NULL, &error);
    CU_ASSERT(g_get_monotonic_time() - began < 3 * G_USEC_PER_SEC);
    CU_ASSERT_PTR_NULL(answer);
    CU_ASSERT(error != NULL && strstr(error->message, SECRET) == NULL);
    CU_ASSERT(error != NULL && strstr(error->message, fake_server_url(server)) != NULL);
    /* What is not safe to repeat was asked once. */
    CU_ASSERT_EQUAL(fake_server_count(server, "POST", "/x/_refresh"), 1);
    TAP_ASSERT_ERROR(error, domain, code, message);
}

static void test_good(void)
{
    g_autoptr(GError) error = NULL;
    Script script = {.body = "{\"a\":1}",
                     .content_type = "application/vnd.elasticsearch+json;compatible-with=9"};
    g_autoptr(FakeServer) server = fake_server_start(play, &script);
    g_autoptr(EsClient) client = connect_to(fake_server_url(server));
    g_auto(yajl_val) answer = es_call_json(client, "GET", "/x", NULL, &error);
    CU_ASSERT_PTR_NOT_NULL(answer);
    CU_ASSERT_PTR_NULL(error);
}

static void count(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    (void)request, (void)data;
    fake_answer_json(answer, WELCOME);
}

static void test_redirects(void)
{
    const long statuses[] = {301, 302, 303, 307, 308};
    g_autoptr(FakeServer) elsewhere = fake_server_start(count, NULL);
    const char *host = strstr(fake_server_url(elsewhere), "://") + 3;
    g_autofree char *header =
        g_strdup_printf("Location: http://kim:" SECRET "@%s/y?" SECRET "\r\n", host);
    for (guint i = 0; i < G_N_ELEMENTS(statuses); i++)
        check((Script){.status = statuses[i], .body = "{}", .headers = header}, ES_ERROR,
              (int)statuses[i], fake_server_url(elsewhere));
    check((Script){.status = 302, .body = "{}", .headers = "Location: /y\r\n"}, ES_ERROR, 302,
          "redirects to another path, and redirects are not followed");
    check((Script){.status = 302, .body = "{}"}, ES_ERROR, 302, "redirects are not followed");
    CU_ASSERT_EQUAL(fake_server_count(elsewhere, "", "/"), 0);
}

static void test_content_types(void)
{
    const char *const types[] = {"text/html",   "text/plain",       "application/jsonp",
                                 "application", "application/yaml", "\033[2J"};
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        check((Script){.body = "{}", .content_type = types[i]}, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
              "instead of JSON");
}

static void test_rubbish(void)
{
    const char *const bodies[] = {
        "", "{", "<html>", "{\"a\":1} x", "\xff\xfe", ("{\"" SECRET "\": }")};
    for (guint i = 0; i < G_N_ELEMENTS(bodies); i++)
        check((Script){.body = bodies[i]}, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "not valid JSON");
    check((Script){.body = "[", .repeat = 5000}, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
          "nested too deeply");
    check((Script){.body = "this is no HTTP at all\n", .raw = TRUE}, HTTP_TRANSPORT_ERROR,
          CURLE_UNSUPPORTED_PROTOCOL, "cannot be reached");
    check((Script){.body = "HTTP/1.1 200 OK\r\n", .raw = TRUE}, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
          "instead of JSON");
}

/* An error body comes from outside too. */
static void test_what_is_repeated(void)
{
    check((Script){.status = 500, .body = "<b>kim:" SECRET " \033[2J\xff</b>"}, ES_ERROR, 500,
          "<b>kim:***  [2J");
    check((Script){.status = 500, .body = "a2ltOmRvbnQtdGVsbA=="}, ES_ERROR, 500, "500: ***");
}

static void test_breaking_off(void)
{
    check((Script){.hang_up = TRUE}, HTTP_TRANSPORT_ERROR, CURLE_GOT_NOTHING, "cannot be reached");
    check((Script){.body = "{\"a\":1}", .cut = 3}, HTTP_TRANSPORT_ERROR, CURLE_PARTIAL_FILE,
          "cannot be reached");
}

static void test_slowness(void)
{
    check((Script){.body = "{\"a\":1}", .silence = 1500000}, HTTP_TRANSPORT_ERROR,
          CURLE_OPERATION_TIMEDOUT, "--timeout");
    check((Script){.body = "          ", .drip = 200000}, HTTP_TRANSPORT_ERROR,
          CURLE_OPERATION_TIMEDOUT, "--timeout");
}

static void test_size(void)
{
    g_autoptr(GString) header = g_string_new(NULL);
    check((Script){.body = "1234567890", .repeat = 10001}, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
          "--max-answer");
    check((Script){.body = "1,", .repeat = 50000}, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
          "not valid JSON"); /* 100,000 bytes exactly are let in */
    for (guint i = 0; i < 20000; i++)
        g_string_append(header, "X-Filler: 0123456789012345678901234567890123456789012345678\r\n");
    check((Script){.body = "{}", .headers = header->str}, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
          "--max-answer");
}

/* ---- several hosts ---- */

static GString *warnings;

static void take_warning(const char *message)
{
    g_string_append(warnings, message);
}

static HttpClient *client_of(const char *urls)
{
    HttpOptions options = {.url = (char *)urls,
                           .api_key = (char *)SECRET,
                           .total_seconds = 1.0,
                           .dead_seconds = 0.3,
                           .warn = take_warning};
    return http_client_new(&options, NULL);
}

static gboolean ask(HttpClient *client, const char *method, const char *path, GError **error)
{
    g_auto(HttpResponse) response = {0};
    return http_perform(client, method, path, NULL, NULL, 0, &response, error);
}

/* Nobody at the first address: whatever is asked, it never left, so the second one gets it. */
static void test_a_dead_host(void)
{
    Script script = {.body = "{}"};
    g_autoptr(FakeServer) server = fake_server_start(play, &script);
    g_autofree char *urls = g_strconcat("http://127.0.0.1:1,", fake_server_url(server), NULL);
    g_autoptr(HttpClient) client = client_of(urls);
    warnings = g_string_new(NULL);
    CU_ASSERT(ask(client, "PUT", "/x", NULL));
    CU_ASSERT_STRING_EQUAL(http_client_url(client), fake_server_url(server));
    CU_ASSERT_PTR_NOT_NULL(strstr(warnings->str, "http://127.0.0.1:1 cannot be reached"));
    CU_ASSERT_PTR_NOT_NULL(strstr(warnings->str, fake_server_url(server)));
    /* It is not asked again at once, … */
    g_string_truncate(warnings, 0);
    CU_ASSERT(ask(client, "GET", "/x", NULL));
    CU_ASSERT_STRING_EQUAL(warnings->str, "");
    /* … but later. */
    g_usleep(350000);
    CU_ASSERT(ask(client, "GET", "/x", NULL));
    CU_ASSERT_STRING_NOT_EQUAL(warnings->str, "");
    CU_ASSERT_PTR_NULL(strstr(warnings->str, SECRET));
    g_string_free(warnings, TRUE);
}

/* It took the request and broke off: nobody knows what it has done. */
static void test_repeating(void)
{
    const struct {
        const char *method, *path;
        gboolean safe;
    } cases[] = {
        {"GET", "/x", TRUE},           {"HEAD", "/x", TRUE},
        {"POST", "/x/_search", TRUE},  {"POST", "/x/_search?a=/b", TRUE},
        {"POST", "/x/_mget", TRUE},    {"POST", "/x/_count", TRUE},
        {"POST", "/x/_bulk", FALSE},   {"POST", "/_aliases?x=/_search", FALSE},
        {"PUT", "/x", FALSE},          {"DELETE", "/x", FALSE},
        {"DELETE", "/_search", FALSE},
    };
    Script bad = {.hang_up = TRUE}, good = {.body = "{}"};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(FakeServer) first = fake_server_start(play, &bad);
        g_autoptr(FakeServer) second = fake_server_start(play, &good);
        g_autofree char *urls =
            g_strconcat(fake_server_url(first), ",", fake_server_url(second), NULL);
        g_autoptr(HttpClient) client = client_of(urls);
        warnings = g_string_new(NULL);
        gboolean answered = ask(client, cases[i].method, cases[i].path, &error);
        CU_ASSERT_EQUAL(answered, cases[i].safe);
        CU_ASSERT_EQUAL(fake_server_count(first, cases[i].method, "/"), 1);
        CU_ASSERT_EQUAL(fake_server_count(second, cases[i].method, "/"), cases[i].safe ? 1 : 0);
        CU_ASSERT(answered || strstr(error->message, fake_server_url(first)) != NULL);
        g_string_free(warnings, TRUE);
    }
}

static void test_all_dead(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HttpClient) client = client_of("http://127.0.0.1:1,http://127.0.0.1:2");
    warnings = g_string_new(NULL);
    for (guint i = 0; i < 2; i++) { /* the second time both are known to be dead */
        CU_ASSERT_FALSE(ask(client, "GET", "/", &error));
        CU_ASSERT(error != NULL && strstr(error->message, "http://127.0.0.1:1 cannot") != NULL);
        TAP_ASSERT_ERROR(error, HTTP_TRANSPORT_ERROR, CURLE_COULDNT_CONNECT,
                         "http://127.0.0.1:2 cannot be reached");
    }
    g_string_free(warnings, TRUE);
}

static const UnitTest tests[] = {
    {"a good answer", test_good},
    {"redirects", test_redirects},
    {"content types", test_content_types},
    {"rubbish", test_rubbish},
    {"what is repeated from an answer", test_what_is_repeated},
    {"answers that break off", test_breaking_off},
    {"slowness", test_slowness},
    {"size", test_size},
    {"a dead host", test_a_dead_host},
    {"what is safe to repeat", test_repeating},
    {"all hosts are dead", test_all_dead},
    {NULL, NULL},
};

TAP_MAIN("connection", tests)
