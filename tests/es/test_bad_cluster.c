/* Clusters that are not there, are something else, too old, or answer in part: an exit code and
 * clear words for each, and never half an answer. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "fake_server.h"
#include "programs.h"
#include "servers.h"

static char *bundle_path;
static char *alias;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};
    bundle_path = bundle_make_and_release(&recipe, &alias);
}

/* Every command that speaks to a cluster must end alike. */
static void check_all(const char *url, int status, const char *text, const char *other)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", bundle_path, "--url", url, "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, status, text, other, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
    run_program(&run, LOADER, "recommend", "--url", url, "--alias", alias, "--age", "18", NULL);
    CU_ASSERT(run_says(&run, status, text, other, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", url, "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, status, text, other, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
}

/* ---- nobody there ---- */

static void test_dead_port(void)
{
    /* A port that was free a moment ago: bound and released. */
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    guint16 port = g_socket_listener_add_any_inet_port(listener, NULL, &error);
    CU_ASSERT(port != 0);
    g_socket_listener_close(listener);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u", port);
    check_all(url, 3, url, "cannot be reached");
}

static void test_unknown_host(void)
{
    check_all("http://no-such-host.invalid:9200", 3, "no-such-host.invalid", "cannot be reached");
}

static void test_https_against_http(void)
{
    g_autofree char *url = g_strconcat("https", strstr(server_url(), "://"), NULL);
    check_all(url, 3, url, "cannot be reached");
}

static void test_no_url(void)
{
    check_all("localhost:banana", 1, "URL", "http://localhost:9200");
    check_all("ftp://localhost/", 1, "URL", "http://");
}

/* ---- somebody else there ---- */

static void say_hello(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    (void)request;
    answer->status = *(const long *)data;
    g_string_assign(answer->body, "<html>Hello</html>");
}

static void test_not_elasticsearch(void)
{
    long statuses[] = {200, 404};
    for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
        g_autoptr(FakeServer) server = fake_server_start(say_hello, &statuses[i]);
        check_all(fake_server_url(server), 4, fake_server_url(server), "is not Elasticsearch");
    }
}

/* The same JSON as Elasticsearch's, but not its product header. */
static void claim_to_be(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    (void)request;
    fake_answer_json(answer, data);
    g_clear_pointer(&answer->product, g_free);
}

static void test_lookalike(void)
{
    g_autoptr(FakeServer) server =
        fake_server_start(claim_to_be, "{\"version\":{\"number\":\"9.9.9\"}}");
    check_all(fake_server_url(server), 4, "is not Elasticsearch", "ES_URL");
}

static void be_of_version(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    (void)request;
    g_autofree char *text = g_strdup_printf("{\"version\":{\"number\":\"%s\"}}", (char *)data);
    fake_answer_json(answer, text);
}

static void test_too_old(void)
{
    const char *versions[] = {"7.17.0", "8.18.4"};
    for (guint i = 0; i < G_N_ELEMENTS(versions); i++) {
        g_autoptr(FakeServer) server = fake_server_start(be_of_version, (gpointer)versions[i]);
        check_all(fake_server_url(server), 4, versions[i], "too old");
        CU_ASSERT_EQUAL(fake_server_count(server, "PUT", "/"), 0);
    }
}

/* ---- half an answer ---- */

typedef struct {
    const char *path; /* the end of the path, without its query, whose answers are spoilt */
    const char *old, *new;
    gsize cut;
    long status; /* 0: as it was */
} Spoiler;

static void spoil(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    const Spoiler *spoiler = data;
    fake_forward(server_url(), request, answer);
    g_auto(GStrv) path = g_strsplit(request->path, "?", 2);
    if (!g_str_has_suffix(path[0], spoiler->path))
        return;
    if (spoiler->old != NULL)
        g_string_replace(answer->body, spoiler->old, spoiler->new, 1);
    answer->cut = spoiler->cut;
    if (spoiler->status != 0)
        answer->status = spoiler->status;
}

static void check_spoilt(Spoiler spoiler, int status, const char *text, gboolean verify_too)
{
    g_auto(Run) run = {0};
    g_autoptr(FakeServer) server = fake_server_start(spoil, &spoiler);
    run_program(&run, LOADER, "recommend", "--url", fake_server_url(server), "--alias", alias,
                "--age", "18", NULL);
    CU_ASSERT(run_says(&run, status, text, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
    if (!verify_too)
        return;
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", fake_server_url(server), "--alias",
                alias, "--random", "0", "--repeat-for", "0.2", NULL);
    CU_ASSERT(run_says(&run, status, text, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
}

static void test_unspoilt(void)
{
    g_auto(Run) run = {0};
    Spoiler spoiler = {"/nothing", NULL, NULL, 0, 0};
    g_autoptr(FakeServer) server = fake_server_start(spoil, &spoiler);
    run_program(&run, LOADER, "recommend", "--url", fake_server_url(server), "--alias", alias,
                "--age", "18", NULL);
    CU_ASSERT(run_says(&run, 0, "rank", NULL));
}

static void test_partial_answers(void)
{
    check_spoilt((Spoiler){"/_search", "\"failed\":0", "\"failed\":1", 0, 0}, 7, "shards failed",
                 TRUE);
    check_spoilt((Spoiler){"/_search", "\"timed_out\":false", "\"timed_out\":true", 0, 0}, 7,
                 "ran out of time", TRUE);
    check_spoilt((Spoiler){"/_search", "\"timed_out\":false",
                           "\"terminated_early\":true,\"timed_out\":false", 0, 0},
                 7, "early", TRUE);
}

/* One ranking among many in an answer, or one page of the documents. */
static void test_partial_items(void)
{
    const Spoiler spoilers[] = {
        {"/_msearch", "\"failed\":0", "\"failed\":1", 0, 0},
        {"/_msearch", "\"timed_out\":false", "\"timed_out\":true", 0, 0},
        {"/_msearch", "\"timed_out\":false", "\"terminated_early\":true,\"timed_out\":false", 0, 0},
        {"/_msearch", "\"status\":200", "\"status\":429", 0, 0},
        {"/_msearch", "\"status\":200", "\"status\":503", 0, 0},
        {"/_msearch", "\"responses\":[", "\"responses\":[{},", 0, 0},
        {"/_msearch", NULL, NULL, 20, 0},
        {"/_mget", "\"_index\":\"", "\"_index\":\"x", 0, 0},
        {"/_search", "\"_shards\"", "\"shards\"", 0, 0},
    };
    const struct {
        int status;
        const char *text;
    } expected[] = {
        {7, "the ranking for {anyone"},
        {7, "ran out of time"},
        {7, "early"},
        {4, "with 429"},
        {3, "with 503"},
        {4, "without a status"},
        {3, "cannot be reached"},
        {7, "is not"},
        {7, "does not say whether it is whole"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(spoilers); i++) {
        g_auto(Run) run = {0};
        Spoiler spoiler = spoilers[i];
        g_autoptr(FakeServer) server = fake_server_start(spoil, &spoiler);
        run_program(&run, BRIDGE, "verify", bundle_path, "--url", fake_server_url(server),
                    "--alias", alias, "--random", "0", "--repeat-for", "0.2", NULL);
        CU_ASSERT(run_says(&run, expected[i].status, expected[i].text, NULL));
        CU_ASSERT_STRING_EQUAL(run.out, "");
    }
}

static void test_answers_cut_short(void)
{
    check_spoilt((Spoiler){"/_search", NULL, NULL, 20, 0}, 3, "cannot be reached", TRUE);
    check_spoilt((Spoiler){"/_mapping", NULL, NULL, 20, 0}, 3, "cannot be reached", TRUE);
}

static void test_unavailable(void)
{
    check_spoilt((Spoiler){"/_search", NULL, NULL, 0, 503}, 3, "503", TRUE);
    check_spoilt((Spoiler){"/_search", NULL, NULL, 0, 429}, 4, "429", TRUE);
}

static void test_refresh_of_a_release_fails_in_part(void)
{
    g_auto(Run) run = {0};
    Spoiler spoiler = {"/_count", "\"failed\":0", "\"failed\":1", 0, 0};
    g_autoptr(FakeServer) server = fake_server_start(spoil, &spoiler);
    g_autofree char *other = g_strdup_printf("%s-partial", server_prefix());
    g_autofree char *before = server_state();
    run_program(&run, LOADER, "release", bundle_path, "--url", fake_server_url(server), "--alias",
                other, NULL);
    CU_ASSERT(run_says(&run, 7, "shards failed", NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
}

static const UnitTest tests[] = {
    {"dead port", test_dead_port},
    {"unknown host", test_unknown_host},
    {"HTTPS against HTTP", test_https_against_http},
    {"no URL", test_no_url},
    {"not Elasticsearch", test_not_elasticsearch},
    {"a look-alike", test_lookalike},
    {"too old", test_too_old},
    {"a proxy that changes nothing", test_unspoilt},
    {"partial answers", test_partial_answers},
    {"partial items of an answer", test_partial_items},
    {"answers cut short", test_answers_cut_short},
    {"unavailable, too busy", test_unavailable},
    {"a release whose count is partial", test_refresh_of_a_release_fails_in_part},
    {NULL, NULL},
};

SERVER_MAIN("bad-cluster", tests, set_up)
