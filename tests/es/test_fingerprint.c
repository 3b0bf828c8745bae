/* The kernel of a real server is found, bit for bit, and the throw-away index is gone afterwards
 * whatever happens; a server whose answers are spoiled by one bit has an unknown one. */
#include <math.h>
#include <signal.h>
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
    /* Plain: the average person's scores are biases, where any bit more is beyond the bound. */
    const BundleRecipe recipe = {"80", "120", "4000", "77", "1", .plain = TRUE};
    g_auto(Run) run = {0};
    bundle_path = bundle_make(&recipe);
    alias = g_strdup_printf("%s-live", server_prefix());
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                NULL);
    if (!run_says(&run, 0, NULL))
        printf("# there is no release to test with\n");
}

static gboolean is_removed(void)
{
    g_autofree char *state = server_state();
    return strstr(state, "-probe-") == NULL;
}

static void fingerprint(Run *run, const char *url, const char *option)
{
    run_program(run, BRIDGE, "fingerprint", "--url", url, "--alias", alias, option, NULL);
}

/* ---- a real server ---- */

static void test_text(void)
{
    g_auto(Run) run = {0};
    fingerprint(&run, server_url(), NULL);
    CU_ASSERT(run_says(&run, 0, "kernel: ", "dimensions probed: 9 24 33 47 64 101 120 250 77",
                       "432 of 432 dot products bit for bit", NULL));
    CU_ASSERT(is_removed());
}

static void test_json(void)
{
    g_auto(Run) run = {0};
    fingerprint(&run, server_url(), "--json");
    CU_ASSERT_EQUAL(run.status, 0);
    g_auto(yajl_val) json = json_parse(run.out, "the output", NULL);
    yajl_val node = json_array_get(json_get(json, "nodes"), 0);
    gint64 equal = 0, probes = 1;
    CU_ASSERT(json_is_true(json, "known"));
    CU_ASSERT_FALSE(json_is_true(json, "mixed"));
    CU_ASSERT(json_get_string(json, "kernel") != NULL);
    CU_ASSERT(g_strcmp0(json_get_string(json, "kernel"), json_get_string(node, "kernel")) == 0);
    CU_ASSERT(json_get_int(node, "equal", &equal) && json_get_int(node, "probes", &probes));
    CU_ASSERT_EQUAL(equal, probes);
    CU_ASSERT_EQUAL(json_array_length(json_get(json, "dimensions")), 9);
}

/* Before the first release too. */
static void test_without_release(void)
{
    g_auto(Run) run = {0};
    run_program(&run, BRIDGE, "fingerprint", "--url", server_url(), "--alias", server_prefix(),
                NULL);
    CU_ASSERT(run_says(&run, 0, "384 of 384 dot products bit for bit", NULL));
    CU_ASSERT(is_removed());
}

static void test_doctor(void)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "doctor", "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 0, "kernel   ok", "scores are predictable to the bit", NULL));
    CU_ASSERT(is_removed());
}

static void test_verify(void)
{
    g_auto(Run) run = {0};
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", server_url(), "--alias", alias,
                "--random", "20", "--bit-exact", "--json", NULL);
    CU_ASSERT_EQUAL(run.status, 0);
    g_auto(yajl_val) json = json_parse(run.out, "the output", NULL);
    gint64 scores = 0, bits = 1;
    CU_ASSERT(json_get_int(json, "scores", &scores) &&
              json_get_int(json, "scores_bit_for_bit", &bits));
    CU_ASSERT(scores > 1000);
    CU_ASSERT_EQUAL(scores, bits);
    CU_ASSERT(is_removed());
}

/* ---- left behind ---- */

static void test_interrupted(void)
{
    guint interrupted = 0;
    for (guint i = 0; i < 10; i++) {
        g_auto(Run) run = {0};
        run_interrupted(&run, i % 2 == 0 ? SIGINT : SIGTERM, 20000 + 25000 * i, BRIDGE,
                        "fingerprint", "--url", server_url(), "--alias", alias, NULL);
        interrupted += run.status == 130;
        CU_ASSERT(run.status == 130 || run.status == 0);
        CU_ASSERT(is_removed());
    }
    printf("# %u of 10 runs were interrupted\n", interrupted);
    CU_ASSERT(interrupted > 0);
}

static gboolean make_index(const char *name, const char *by)
{
    g_autofree char *body = g_strdup_printf("{\"settings\":{\"number_of_replicas\":0},"
                                            "\"mappings\":{\"_meta\":{\"created_by\":\"%s\"}}}",
                                            by);
    return server_do("PUT", body, "/%s-probe-%s", alias, name);
}

static gboolean is_there(const char *name)
{
    g_autofree char *state = server_state();
    g_autofree char *index = g_strdup_printf("%s-probe-%s", alias, name);
    return strstr(state, index) != NULL;
}

/* Takes two hours off the date at which an index was created. */
static void make_old(GString *answer, const char *name)
{
    g_autofree char *entry = g_strdup_printf("\"%s-probe-%s\":{", alias, name);
    char *at = strstr(answer->str, entry);
    char *date = at != NULL ? strstr(at, "\"creation_date\":\"") : NULL;
    if (date == NULL)
        return;
    date += strlen("\"creation_date\":\"");
    g_autofree char *old =
        g_strdup_printf("%013" G_GINT64_FORMAT, g_ascii_strtoll(date, NULL, 10) - 7200 * 1000);
    memcpy(date, old, 13);
}

static void make_some_old(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    (void)data;
    fake_forward(server_url(), request, answer);
    if (strcmp(request->method, "GET") != 0 || !g_str_has_suffix(request->path, "-probe-*"))
        return;
    make_old(answer->body, "1-00000001");
    make_old(answer->body, "1-00000003");
    make_old(answer->body, "report");
}

/* Only what a killed probe of this alias left, and only when it is old. */
static void test_leftovers(void)
{
    const char *const by = "recsys-bridge fingerprint";
    g_autoptr(FakeServer) server = fake_server_start(make_some_old, NULL);
    CU_ASSERT(make_index("1-00000001", by));
    CU_ASSERT(make_index("1-00000002", by));
    CU_ASSERT(make_index("1-00000003", "someone else"));
    CU_ASSERT(make_index("report", by));
    g_auto(Run) run = {0};
    fingerprint(&run, fake_server_url(server), NULL);
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_FALSE(is_there("1-00000001"));
    const char *const rest[] = {"1-00000002", "1-00000003", "report"};
    for (guint i = 0; i < G_N_ELEMENTS(rest); i++) {
        CU_ASSERT(is_there(rest[i]));
        CU_ASSERT(server_do("DELETE", NULL, "/%s-probe-%s", alias, rest[i]));
    }
}

/* ---- answers of no kernel ---- */

typedef struct {
    gboolean fail; /* instead of spoiling */
    gboolean of_probes;
} Spoiling;

/* One unit in the last place more for the best hit: well within the bounds of every score. */
static void spoil(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    const Spoiling *spoiling = data;
    const gboolean of_probes = strstr(request->path, "-probe-") != NULL;
    fake_forward(server_url(), request, answer);
    char *score = strstr(answer->body->str, "\"_score\":");
    if ((strstr(request->path, "/_search") == NULL && strstr(request->path, "/_msearch") == NULL) ||
        score == NULL || of_probes != spoiling->of_probes)
        return;
    if (spoiling->fail) {
        answer->status = 429;
        return;
    }
    char *rest = NULL, number[G_ASCII_DTOSTR_BUF_SIZE];
    score += strlen("\"_score\":");
    float value = strtof(score, &rest);
    if (rest == score)
        return; /* a page of documents: null */
    g_ascii_formatd(number, sizeof number, "%.9g", (double)nextafterf(value, INFINITY));
    g_autofree char *end = g_strdup(rest);
    g_string_truncate(answer->body, (gsize)(score - answer->body->str));
    g_string_append_printf(answer->body, "%s%s", number, end);
}

static void test_unknown(void)
{
    Spoiling spoiling = {.of_probes = TRUE};
    g_autoptr(FakeServer) server = fake_server_start(spoil, &spoiling);
    g_auto(Run) run = {0}, verified = {0};
    fingerprint(&run, fake_server_url(server), NULL);
    /* Nine lengths, one answer in each is wrong. */
    CU_ASSERT(run_says(&run, 7, "kernel: unknown", "423 of 432 dot products bit for bit",
                       "the kernel is not known", NULL));
    CU_ASSERT(is_removed());
    run_program(&verified, BRIDGE, "verify", bundle_path, "--url", fake_server_url(server),
                "--alias", alias, "--bit-exact", NULL);
    CU_ASSERT(run_says(&verified, 7, "--bit-exact: the kernel is not known (unknown (", NULL));
}

static void test_failing(void)
{
    Spoiling spoiling = {.fail = TRUE, .of_probes = TRUE};
    g_autoptr(FakeServer) server = fake_server_start(spoil, &spoiling);
    g_auto(Run) run = {0};
    fingerprint(&run, fake_server_url(server), NULL);
    CU_ASSERT(run_says(&run, 4, "429", NULL));
    CU_ASSERT(is_removed());
}

/* What no bound can see. */
static void test_one_bit(void)
{
    Spoiling spoiling = {.of_probes = FALSE};
    g_autoptr(FakeServer) server = fake_server_start(spoil, &spoiling);
    g_auto(Run) within = {0}, exact = {0};
    run_program(&within, BRIDGE, "verify", bundle_path, "--url", fake_server_url(server), "--alias",
                alias, "--random", "0", NULL);
    CU_ASSERT(run_says(&within, 0, "parity: yes", NULL));
    run_program(&exact, BRIDGE, "verify", bundle_path, "--url", fake_server_url(server), "--alias",
                alias, "--random", "0", "--bit-exact", NULL);
    CU_ASSERT(run_says(&exact, 5, "bits of movie_", "which its kernel does not make", NULL));
}

static const UnitTest tests[] = {
    {"text", test_text},
    {"JSON", test_json},
    {"without a release", test_without_release},
    {"doctor", test_doctor},
    {"verify --bit-exact", test_verify},
    {"interrupted", test_interrupted},
    {"what killed probes left behind", test_leftovers},
    {"an unknown kernel", test_unknown},
    {"searches that fail", test_failing},
    {"one bit", test_one_bit},
    {NULL, NULL},
};

SERVER_MAIN("fingerprint", tests, set_up)
