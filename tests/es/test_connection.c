/* The client against servers that mislead, dawdle, babble and break off: an error each time, in
 * time, and never a secret in it. */
#include <curl/curl.h>
#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "es_calls.h"
#include "es_client.h"
#include "fake_server.h"
#include "http_pool.h"
#include "interrupt.h"
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
    gboolean echo;    /* the body of the request, once all is well */
    gboolean gateway; /* the answer comes from something in between; so does the welcome */
    guint retry_after;
    guint times; /* until all is well; 0: for ever */
    guint seen;
} Script;

static void play(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Script *script = data;
    fake_answer_json(answer, WELCOME);
    if (strcmp(request->path, "/") == 0 && !script->gateway)
        return;
    if (script->times > 0 && script->seen++ >= script->times) {
        if (script->echo)
            g_string_assign(answer->body, request->body->str);
        return;
    }
    if (script->gateway)
        g_clear_pointer(&answer->product, g_free);
    answer->retry_after = script->retry_after;
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

/* It took the request and broke off, or a gateway in front of it says so: nobody knows what it has
 * done. */
static void check_repeating(Script bad)
{
    const struct {
        const char *method, *path;
        gboolean safe;
    } cases[] = {
        {"GET", "/x", TRUE},           {"HEAD", "/x", TRUE},
        {"POST", "/x/_search", TRUE},  {"POST", "/x/_search?a=/b", TRUE},
        {"POST", "/x/_mget", TRUE},    {"POST", "/x/_count", TRUE},
        {"POST", "/_msearch", TRUE},   {"POST", "/x/_refresh", TRUE},
        {"PUT", "/x/_settings", TRUE}, {"PUT", "/x/_mapping", TRUE},
        {"POST", "/x/_pit", TRUE},     {"PUT", "/x/_create/y", FALSE},
        {"POST", "/_aliases", FALSE},  {"POST", "/x/_update/y", FALSE},
        {"POST", "/x/_bulk", FALSE},   {"POST", "/_aliases?x=/_search", FALSE},
        {"PUT", "/x", FALSE},          {"DELETE", "/x", FALSE},
        {"DELETE", "/_search", FALSE},
    };
    Script good = {.body = "{}"};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(FakeServer) first = fake_server_start(play, &bad);
        g_autoptr(FakeServer) second = fake_server_start(play, &good);
        g_autofree char *urls =
            g_strconcat(fake_server_url(first), ",", fake_server_url(second), NULL);
        g_autoptr(HttpClient) client = client_of(urls);
        warnings = g_string_new(NULL);
        g_auto(HttpResponse) response = {0};
        gboolean answered =
            http_perform(client, cases[i].method, cases[i].path, NULL, NULL, 0, &response, &error);
        CU_ASSERT_EQUAL(answered, cases[i].safe || bad.gateway);
        CU_ASSERT_EQUAL(response.status == 200, cases[i].safe);
        CU_ASSERT_EQUAL(fake_server_count(first, cases[i].method, "/"), 1);
        CU_ASSERT_EQUAL(fake_server_count(second, cases[i].method, "/"), cases[i].safe ? 1 : 0);
        CU_ASSERT(answered || strstr(error->message, fake_server_url(first)) != NULL);
        /* Whatever comes next is not asked of it. */
        CU_ASSERT(ask(client, "PUT", "/x/next", NULL));
        CU_ASSERT_EQUAL(fake_server_count(first, "PUT", "/x/next"), 0);
        g_string_free(warnings, TRUE);
    }
}

static void test_repeating(void)
{
    check_repeating((Script){.hang_up = TRUE});
    for (long status = 502; status <= 504; status++)
        check_repeating((Script){.gateway = TRUE, .status = status, .body = "<h1>down</h1>"});
}

/* What a node says itself is an answer: another one would say the same. */
static void test_nodes_own_answer(void)
{
    Script bad = {.status = 503, .body = "{}"}, good = {.body = "{}"};
    g_autoptr(FakeServer) first = fake_server_start(play, &bad);
    g_autoptr(FakeServer) second = fake_server_start(play, &good);
    g_autofree char *urls = g_strconcat(fake_server_url(first), ",", fake_server_url(second), NULL);
    g_autoptr(HttpClient) client = client_of(urls);
    g_auto(HttpResponse) response = {0};
    CU_ASSERT(http_perform(client, "GET", "/x", NULL, NULL, 0, &response, NULL));
    CU_ASSERT_EQUAL(response.status, 503);
    CU_ASSERT_EQUAL(fake_server_count(second, "", "/"), 0);
}

/* A load balancer whose cluster is down: no other product, but one that cannot be reached. */
static void test_connecting_to_a_gateway(void)
{
    Script bad = {.gateway = TRUE, .status = 503, .body = "<h1>down</h1>"}, good = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(FakeServer) first = fake_server_start(play, &bad);
    g_autoptr(FakeServer) second = fake_server_start(play, &good);
    const HttpOptions one = {.url = (char *)fake_server_url(first)};
    g_autoptr(EsClient) none = es_client_connect(&one, &error);
    CU_ASSERT_PTR_NULL(none);
    CU_ASSERT(error != NULL && es_exit_code(error) == RECSYS_ERROR_UNREACHABLE);
    CU_ASSERT(error != NULL && strstr(error->message, "not Elasticsearch's own answer") != NULL);
    TAP_ASSERT_ERROR(error, ES_ERROR, 503, "<h1>down</h1>");
    g_autofree char *urls = g_strconcat(fake_server_url(first), ",", fake_server_url(second), NULL);
    g_autoptr(EsClient) client = connect_to(urls);
    CU_ASSERT(client != NULL && strcmp(es_client_url(client), fake_server_url(second)) == 0);
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

/* ---- several requests at once ---- */

static gboolean look_at_echo(yajl_val answer, const LiftedVectors *lifted, const GError *failure,
                             gpointer data, GError **error)
{
    (void)lifted, (void)failure, (void)error;
    CU_ASSERT(g_strcmp0(json_get_string(answer, "a"), data) == 0);
    return TRUE;
}

typedef struct {
    guint answered, failed;
    GError *last; /* of those that failed */
} Tally;

static gsize no_body(char *buffer, gsize room, gpointer data)
{
    (void)buffer, (void)room, (void)data;
    return 0;
}

static gboolean add_up(const HttpOutcome *outcome, gpointer data, GError **error)
{
    Tally *tally = data;
    (void)error;
    if (outcome->failure == NULL) {
        tally->answered++;
        return TRUE;
    }
    tally->failed++;
    g_clear_error(&tally->last);
    tally->last = g_error_copy(outcome->failure);
    return TRUE;
}

/* Sends `count` requests at once and waits for all of them. */
static void post_to(HttpClient *client, const char *path, guint count, Tally *tally)
{
    g_autoptr(HttpPool) pool = http_pool_new(client, 1.0);
    const gint64 until = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    for (guint i = 0; i < count; i++)
        http_pool_post(pool, path, "application/x-ndjson", NULL, no_body, add_up, tally);
    while (http_pool_active(pool) > 0 && g_get_monotonic_time() < until)
        CU_ASSERT(http_pool_wait(pool, until, NULL));
    CU_ASSERT_EQUAL(http_pool_active(pool), 0);
}

static void post(HttpClient *client, guint count, Tally *tally)
{
    post_to(client, "/x/_bulk", count, tally);
}

/* One that breaks off is skipped, told of once, and asked again when its time has come. */
static void test_pool_fails_over(void)
{
    Script first_script = {.body = "{}", .hang_up = TRUE}, second_script = {.body = "{}"};
    g_autoptr(FakeServer) first = fake_server_start(play, &first_script);
    g_autoptr(FakeServer) second = fake_server_start(play, &second_script);
    g_autofree char *urls = g_strconcat(fake_server_url(first), ",", fake_server_url(second), NULL);
    g_autoptr(HttpClient) client = client_of(urls);
    Tally tally = {0};
    warnings = g_string_new(NULL);
    post(client, 3, &tally);
    CU_ASSERT_EQUAL(tally.failed, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(tally.last->message, fake_server_url(first)));
    TAP_ASSERT_ERROR(tally.last, HTTP_TRANSPORT_ERROR, CURLE_GOT_NOTHING, "cannot be reached");
    g_autofree char *instead = g_strconcat("asking ", fake_server_url(second), " instead", NULL);
    const char *told = strstr(warnings->str, instead);
    CU_ASSERT(told != NULL && strstr(told + 1, instead) == NULL);
    first_script.hang_up = FALSE;
    post(client, 3, &tally);
    CU_ASSERT_EQUAL(tally.answered, 3);
    CU_ASSERT_EQUAL(fake_server_count(second, "POST", "/x/_bulk"), 3);
    g_usleep(350000);
    post(client, 3, &tally);
    CU_ASSERT_EQUAL(tally.answered, 6);
    CU_ASSERT_EQUAL(fake_server_count(first, "POST", "/x/_bulk"), 6);
    CU_ASSERT_PTR_NULL(strstr(warnings->str, SECRET));
    g_string_free(warnings, TRUE);
}

/* A gateway's refusal counts as such; the answer is handed over all the same. */
static void test_pool_and_a_gateway(void)
{
    Script first_script = {.gateway = TRUE, .status = 502, .body = "<h1>down</h1>"};
    Script second_script = {.body = "{}"};
    g_autoptr(FakeServer) first = fake_server_start(play, &first_script);
    g_autoptr(FakeServer) second = fake_server_start(play, &second_script);
    g_autofree char *urls = g_strconcat(fake_server_url(first), ",", fake_server_url(second), NULL);
    g_autoptr(HttpClient) client = client_of(urls);
    Tally tally = {0};
    warnings = g_string_new(NULL);
    post(client, 3, &tally);
    CU_ASSERT_EQUAL(tally.answered, 3);
    CU_ASSERT_EQUAL(fake_server_count(first, "POST", "/x/_bulk"), 3);
    const char *told = strstr(warnings->str, "answers with 502");
    CU_ASSERT(told != NULL && strstr(told + 1, "answers with 502") == NULL);
    post(client, 3, &tally);
    CU_ASSERT_EQUAL(tally.answered, 6);
    CU_ASSERT_EQUAL(fake_server_count(second, "POST", "/x/_bulk"), 3);
    g_string_free(warnings, TRUE);
}

/* Searches are asked of the other host at once, and of the only one within its patience. */
static void test_pool_repeats(void)
{
    const Script scripts[] = {{.gateway = TRUE, .status = 502, .body = "down", .times = 3},
                              {.hang_up = TRUE, .times = 3}};
    for (guint i = 0; i < G_N_ELEMENTS(scripts); i++) {
        Script script = scripts[i], good = {.body = "{}"};
        Tally tally = {0};
        g_autoptr(FakeServer) first = fake_server_start(play, &script);
        g_autoptr(FakeServer) second = fake_server_start(play, &good);
        g_autofree char *urls =
            g_strconcat(fake_server_url(first), ",", fake_server_url(second), NULL);
        g_autoptr(HttpClient) both = client_of(urls), one = client_of(fake_server_url(first));
        warnings = g_string_new(NULL);
        post_to(both, "/_msearch", 3, &tally);
        CU_ASSERT_EQUAL(tally.answered, 3);
        CU_ASSERT_EQUAL(fake_server_count(first, "POST", "/_msearch"), 3);
        CU_ASSERT_EQUAL(fake_server_count(second, "POST", "/_msearch"), 3);
        script.seen = 0;
        http_client_set_patience(one, 20);
        post_to(one, "/_msearch", 2, &tally);
        CU_ASSERT_EQUAL(tally.answered, 5);
        CU_ASSERT_EQUAL(fake_server_count(first, "POST", "/_msearch"), 3 + 3 + 2);
        g_string_free(warnings, TRUE);
        g_clear_error(&tally.last);
    }
}

/* What the body is, each time. */
static void test_pool_sends_bodies_again(void)
{
    Script script = {.hang_up = TRUE, .times = 2, .echo = TRUE};
    g_autoptr(FakeServer) server = fake_server_start(play, &script);
    g_autoptr(EsClient) client = connect_to(fake_server_url(server));
    g_autoptr(GError) error = NULL;
    es_client_set_patience(client, 20);
    g_autoptr(EsCalls) calls = es_calls_new(client);
    g_autofree char *filler = g_strnfill(90000, 'x');
    char *body = g_strdup_printf("{\"a\":\"%s\"}", filler);
    es_calls_post(calls, "/x/_search", ES_JSON, body, look_at_echo, filler);
    while (es_calls_active(calls) > 0)
        CU_ASSERT(es_calls_wait(calls, G_MAXINT64, &error));
    CU_ASSERT_EQUAL(fake_server_count(server, "POST", "/x/_search"), 3);
}

static void test_pool_limits_answers(void)
{
    Script script = {.body = "1234567890", .repeat = 10000};
    g_autoptr(FakeServer) server = fake_server_start(play, &script);
    HttpOptions options = {.url = (char *)fake_server_url(server), .answer_limit = 100000};
    g_autoptr(HttpClient) client = http_client_new(&options, NULL);
    Tally tally = {0};
    post(client, 2, &tally);
    CU_ASSERT_EQUAL(tally.answered, 2); /* 100,000 bytes exactly are let in */
    script.repeat = 10001;
    post(client, 2, &tally);
    CU_ASSERT_EQUAL(tally.failed, 2);
    TAP_ASSERT_ERROR(tally.last, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "--max-answer");
}

/* ---- patience ---- */

/* How often a server that behaves as the script says is asked, and whether it answers in the end.
 */
static guint asked_of(Script script, double patience, const char *method, const char *path,
                      gboolean *answered)
{
    g_autoptr(FakeServer) server = fake_server_start(play, &script);
    g_autoptr(EsClient) client = connect_to(fake_server_url(server));
    g_autoptr(GError) error = NULL;
    if (client == NULL)
        return 0;
    es_client_set_patience(client, patience);
    g_auto(yajl_val) answer = es_call_json(client, method, path, NULL, &error);
    *answered = answer != NULL;
    return fake_server_count(server, method, path);
}

static void test_patience(void)
{
    const struct {
        const char *method, *path;
        gboolean repeated;
    } cases[] = {
        {"GET", "/_cluster/health/x", TRUE}, {"POST", "/x/_refresh", TRUE},
        {"POST", "/x/_search", TRUE},        {"PUT", "/x/_settings", TRUE},
        {"POST", "/_aliases", FALSE},        {"DELETE", "/x", FALSE},
        {"PUT", "/x/_create/y", FALSE},
    };
    const Script scripts[] = {{.status = 429, .times = 3},
                              {.status = 503, .times = 2},
                              {.status = 502, .times = 2, .body = "down"},
                              {.hang_up = TRUE, .times = 2}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        for (guint j = 0; j < G_N_ELEMENTS(scripts); j++) {
            gboolean answered = FALSE;
            const guint asked = asked_of(scripts[j], 20, cases[i].method, cases[i].path, &answered);
            CU_ASSERT_EQUAL(asked, cases[i].repeated ? scripts[j].times + 1 : 1);
            CU_ASSERT_EQUAL(answered, cases[i].repeated);
        }
}

static void test_end_of_patience(void)
{
    gboolean answered = FALSE;
    const Script refusing = {.status = 429}, wrong = {.status = 400, .times = 1};
    CU_ASSERT_EQUAL(asked_of(refusing, 0, "GET", "/x", &answered), 1);
    CU_ASSERT(asked_of(refusing, 0.5, "GET", "/x", &answered) > 1);
    CU_ASSERT_FALSE(answered);
    CU_ASSERT_EQUAL(asked_of(wrong, 20, "GET", "/x", &answered), 1);
    CU_ASSERT_FALSE(answered);
    /* Not before the server's own time: longer than anybody waits, or not. */
    const Script later = {.status = 503, .retry_after = 3600};
    CU_ASSERT_EQUAL(asked_of(later, 20, "GET", "/x", &answered), 1);
    const Script soon = {.status = 503, .retry_after = 1, .times = 1};
    CU_ASSERT_EQUAL(asked_of(soon, 0.9, "GET", "/x", &answered), 1);
    CU_ASSERT_EQUAL(asked_of(soon, 20, "GET", "/x", &answered), 2);
    CU_ASSERT(answered);
}

/* A cluster that is only coming up when the job begins. */
static void test_patience_when_connecting(void)
{
    Script script = {.gateway = TRUE, .status = 503, .times = 2};
    g_autoptr(FakeServer) server = fake_server_start(play, &script);
    const HttpOptions options = {.url = (char *)fake_server_url(server), .patience = 20};
    g_autoptr(EsClient) client = es_client_connect(&options, NULL);
    CU_ASSERT_PTR_NOT_NULL(client);
    /* An address where nobody is may be wrong: that is said at once. */
    const HttpOptions nowhere = {.url = (char *)"http://127.0.0.1:1", .patience = 1e6};
    g_autoptr(GError) error = NULL;
    g_autoptr(EsClient) none = es_client_connect(&nowhere, &error);
    CU_ASSERT_PTR_NULL(none);
    TAP_ASSERT_ERROR(error, HTTP_TRANSPORT_ERROR, CURLE_COULDNT_CONNECT, "cannot be reached");
}

/* ---- signals ---- */

/* What a call ends with in a process that gets SIGTERM while the server is silent: the code of its
 * RECSYS_ERROR, 0 if it was answered, or -1. */
static int end_of_call(gulong silence, gboolean interruptible)
{
    int status = 0;
    Script script = {.body = "{}", .silence = silence};
    g_autoptr(FakeServer) server = fake_server_start(play, &script);
    const pid_t child = fork();
    if (child == 0) {
        g_autoptr(GError) error = NULL;
        const HttpOptions options = {.url = (char *)fake_server_url(server)};
        EsClient *client = es_client_connect(&options, NULL);
        interrupt_install();
        es_client_set_interruptible(client, interruptible);
        raise(SIGTERM);
        yajl_val answer = es_call_json(client, "POST", "/_aliases", NULL, &error);
        _exit(answer != NULL ? 0 : error->domain == RECSYS_ERROR ? error->code : 1);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What must not be cut off is waited for, but not for ever. */
static void test_signals(void)
{
    const gulong longer = (gulong)((HTTP_SIGNAL_SECONDS + 3) * G_USEC_PER_SEC);
    CU_ASSERT_EQUAL(end_of_call(2500000, TRUE), RECSYS_ERROR_INTERRUPTED);
    CU_ASSERT_EQUAL(end_of_call(2500000, FALSE), 0);
    CU_ASSERT_EQUAL(end_of_call(longer, FALSE), RECSYS_ERROR_INTERRUPTED);
}

/* ---- nodes of one cluster ---- */

static void welcome(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    const char *uuid = data;
    (void)request;
    g_autofree char *text = g_strdup_printf("{\"cluster_name\":\"name-%s\",\"cluster_uuid\":\"%s\","
                                            "\"version\":{\"number\":\"9.9.9\"}}",
                                            uuid, uuid);
    fake_answer_json(answer, text);
    answer->status = strcmp(uuid, "closed") == 0 ? 403 : 200;
}

static void test_one_cluster(void)
{
    const struct {
        const char *uuid;
        gboolean fits;
    } cases[] = {{"one", TRUE}, {"two", FALSE}, {"_na_", TRUE}, {"closed", TRUE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(FakeServer) first = fake_server_start(welcome, (gpointer) "one");
        g_autoptr(FakeServer) last = fake_server_start(welcome, (gpointer)cases[i].uuid);
        g_autofree char *urls = g_strconcat(fake_server_url(first), ",http://127.0.0.1:1,",
                                            fake_server_url(last), NULL);
        g_auto(HttpOptions) options = {.url = g_steal_pointer(&urls)};
        g_autoptr(EsClient) client = es_client_connect(&options, &error);
        CU_ASSERT_EQUAL(client != NULL, cases[i].fits);
        CU_ASSERT_EQUAL(fake_server_count(last, "GET", "/"), 1);
        if (client != NULL) {
            CU_ASSERT_STRING_EQUAL(es_client_url(client), fake_server_url(first));
            continue;
        }
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, fake_server_url(first)));
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, fake_server_url(last)));
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "name-one (one)"));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "name-two (two)");
    }
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
    {"a node's own refusal", test_nodes_own_answer},
    {"connecting to a gateway", test_connecting_to_a_gateway},
    {"all hosts are dead", test_all_dead},
    {"several requests at once: another host", test_pool_fails_over},
    {"several requests at once: a gateway", test_pool_and_a_gateway},
    {"several requests at once: once more", test_pool_repeats},
    {"several requests at once: bodies once more", test_pool_sends_bodies_again},
    {"patience", test_patience},
    {"the end of patience", test_end_of_patience},
    {"patience when connecting", test_patience_when_connecting},
    {"signals", test_signals},
    {"several requests at once: size", test_pool_limits_answers},
    {"nodes of one cluster", test_one_cluster},
    {NULL, NULL},
};

TAP_MAIN("connection", tests)
