/* Gates that fail when they should: the index is damaged between loading and the gate. */
#include <string.h>

#include "bundles.h"
#include "fake_server.h"
#include "programs.h"
#include "servers.h"

static char *live_path, *new_path;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1", "0.1"};
    const BundleRecipe other_recipe = {"60", "45", "1500", "8", "2", "0.1"};
    live_path = bundle_make(&recipe);
    new_path = bundle_make(&other_recipe);
}

/* A gate may be left out beside another one; a limit is given once. */
static gboolean names_option(const char *argument, const char *option)
{
    const gsize length = strcspn(option, "=");
    return !g_str_has_prefix(option, "--skip-gate") && argument != NULL &&
           strncmp(argument, option, length) == 0 && strchr("=", argument[length]) != NULL;
}

/* Without any limits but those among the two arguments. */
static void release(Run *run, const char *url, const char *path, const char *alias,
                    const char *first, const char *second)
{
    const char *const no_limits[] = {NO_LIMITS};
    const char *arguments[G_N_ELEMENTS(no_limits) + 2] = {NULL};
    guint count = 0;
    for (guint i = 0; i < G_N_ELEMENTS(no_limits); i++)
        if (!names_option(first, no_limits[i]) && !names_option(second, no_limits[i]))
            arguments[count++] = no_limits[i];
    arguments[count++] = first;
    arguments[count] = second;
    run_program(run, LOADER, "release", path, "--url", url, "--alias", alias, arguments[0],
                arguments[1], arguments[2], arguments[3], arguments[4], arguments[5], arguments[6],
                arguments[7], arguments[8], NULL);
}

static char *released_alias(const char *name)
{
    g_auto(Run) run = {0};
    char *alias = g_strdup_printf("%s-%s", server_prefix(), name);
    release(&run, server_url(), live_path, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, "gate documents", "gate orders", NULL));
    return alias;
}

/* What is done to the new index, and at which request. */
typedef struct {
    const char *method, *request; /* before the first one of these is answered */
    const char *action, *body;    /* done to the index */
    char *index;
    gboolean done;
} Damage;

static void damage(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Damage *d = data;
    if (strcmp(request->method, "PUT") == 0 && strstr(request->path, "-lock") == NULL &&
        strchr(request->path + 1, '/') == NULL)
        d->index = g_strdup(request->path + 1);
    if (!d->done && d->index != NULL && strcmp(request->method, d->method) == 0 &&
        strstr(request->path, d->request) != NULL) {
        d->done = TRUE;
        CU_ASSERT(server_do(d->body != NULL ? "POST" : "DELETE", d->body, "/%s/%s?refresh=true",
                            d->index, d->action));
    }
    fake_forward(server_url(), request, answer);
}

static char *state_of(const char *index)
{
    g_auto(yajl_val) answer = server_ask("GET", NULL, "/%s/_mapping", index);
    yajl_val entry = YAJL_IS_OBJECT(answer) ? answer->u.object.values[0] : NULL;
    return g_strdup(json_get_string(entry, "mappings._meta.state"));
}

static void check_failure(const char *name, Damage *d, const char *gate, const char *other,
                          const char *figure)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = released_alias(name);
    g_autofree char *live = server_index_of(alias);
    g_autoptr(FakeServer) proxy = fake_server_start(damage, d);
    release(&run, fake_server_url(proxy), new_path, alias, NULL, NULL);
    CU_ASSERT(d->done);
    CU_ASSERT(run_says(&run, 5, "is as it was", "is kept aside", gate, figure,
                       "limit: 0 violations", d->index, other, NULL));
    g_autofree char *now = server_index_of(alias);
    CU_ASSERT_EQUAL(g_strcmp0(live, now), 0);
    g_autofree char *state = state_of(d->index);
    CU_ASSERT_EQUAL(g_strcmp0(state, "rejected"), 0);
    /* The next night: the same bundle, undamaged. */
    release(&run, server_url(), new_path, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_free(d->index);
}

static void test_missing_document(void)
{
    Damage d = {"POST", "/_pit", "_doc/movie_1", NULL, NULL, FALSE};
    check_failure("missing", &d, "gate documents failed", "", "movie_1: missing");
}

static void test_changed_bias(void)
{
    Damage d = {"POST", "/_pit", "_update/movie_1", "{\"doc\":{\"bias\":0.5}}", NULL, FALSE};
    check_failure("bias", &d, "gate documents failed", "", "movie_1: bias");
}

/* After the documents were compared: only the orders can tell. */
static void test_wrong_order(void)
{
    Damage d = {"DELETE", "/_pit", "_update/movie_1", "{\"doc\":{\"bias\":0.25}}", NULL, FALSE};
    check_failure("order", &d, "gate orders failed", "documents  passed", "movie_1");
}

/* A gate that is left out by name does not find it, and says so; a misspelt name is no gate. */
static void test_skipped(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = released_alias("skipped");
    Damage d = {"POST", "/_mget", "_update/movie_1", "{\"doc\":{\"bias\":0.25}}", NULL, FALSE};
    g_autoptr(FakeServer) proxy = fake_server_start(damage, &d);
    release(&run, server_url(), new_path, alias, "--skip-gate", "order");
    CU_ASSERT(run_says(&run, 1, "no gate \"order\"",
                       "documents, orders, baseline, quality, count, churn", NULL));
    release(&run, fake_server_url(proxy), new_path, alias, "--skip-gate", "orders");
    CU_ASSERT(run_says(&run, 0, "gate orders     skipped", "gate documents  passed", NULL));
    CU_ASSERT_FALSE(d.done);
    g_free(d.index);
}

static void test_rmse(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = released_alias("rmse");
    g_autofree char *live = server_index_of(alias);
    release(&run, server_url(), new_path, alias, "--max-rmse-rise", "-5");
    CU_ASSERT(
        run_says(&run, 5, "gate quality failed", "RMSE: a rise of at most -5.0000", "live ", NULL));
    g_autofree char *now = server_index_of(alias);
    CU_ASSERT_EQUAL(g_strcmp0(live, now), 0);
    release(&run, server_url(), new_path, alias, "--max-rmse-rise", "5");
    CU_ASSERT(run_says(&run, 0, "gate quality    passed", NULL));
    release(&run, server_url(), live_path, alias, "--max-rmse-rise=-5", "--skip-gate=rmse");
    CU_ASSERT(run_says(&run, 0, "gate quality    skipped", NULL));
}

static void test_count(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = released_alias("count");
    release(&run, server_url(), new_path, alias, "--max-count-change", "0.2");
    CU_ASSERT(run_says(&run, 5, "gate count failed", "45 movies, live 90 (50.00 %)",
                       "at most 20.00 %", NULL));
    release(&run, server_url(), new_path, alias, "--max-count-change", "0.5");
    CU_ASSERT(run_says(&run, 0, "gate count      passed", NULL));
}

/* The same bundle again is no churn at all; another model is. */
static void test_churn(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = released_alias("churn");
    g_autofree char *live = server_index_of(alias);
    release(&run, server_url(), new_path, alias, "--min-overlap=0.999", NULL);
    CU_ASSERT(
        run_says(&run, 5, "gate churn failed", "overlap at least 1.00", "over 233 profiles", NULL));
    release(&run, server_url(), new_path, alias, "--max-drift=0.01", NULL);
    CU_ASSERT(run_says(&run, 5, "gate churn failed", "drift at most 0.010", NULL));
    release(&run, server_url(), new_path, alias, "--min-correlation=0.999", NULL);
    CU_ASSERT(run_says(&run, 5, "gate churn failed", "correlation at least 1.00", NULL));
    g_autofree char *now = server_index_of(alias);
    CU_ASSERT_EQUAL(g_strcmp0(live, now), 0);
    release(&run, server_url(), live_path, alias, "--min-overlap=1", "--max-drift=0.000001");
    CU_ASSERT(run_says(&run, 0, "gate churn      passed", "overlap of the top 10 1.00",
                       "rank correlation 1.000", "drift 0.000", NULL));
}

/* ---- what goes wrong besides ---- */

/* Answers the n-th search of the churn gate, which reads the live release, with 400. */
static void refuse_live(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    const char *live = data;
    fake_forward(server_url(), request, answer);
    if (strcmp(request->method, "POST") == 0 && strstr(request->path, "/_pit") != NULL &&
        strstr(request->path, live) != NULL) {
        answer->status = 400;
        g_string_assign(answer->body, "{\"error\":{\"type\":\"broken\",\"reason\":\"really\"}}");
    }
}

/* One gate fails, the next one cannot be asked: that is a gate that failed, and the index is kept.
 */
static void test_failed_and_broken(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = released_alias("broken");
    g_autofree char *live = server_index_of(alias);
    g_autoptr(FakeServer) proxy = fake_server_start(refuse_live, live);
    release(&run, fake_server_url(proxy), new_path, alias, "--max-rmse-rise=-5", "--json");
    CU_ASSERT(run_says(&run, 5, "gate quality failed", "not all gates were run", "broken: really",
                       "{\"gate\":\"churn\",\"verdict\":\"not run\"", NULL));
    g_auto(yajl_val) report = json_parse(run.out, "release --json", NULL);
    g_autofree char *state = state_of(json_get_string(report, "index"));
    CU_ASSERT_EQUAL(g_strcmp0(state, "rejected"), 0);
    /* If none has failed there is nothing to keep. */
    g_autofree char *before = server_state();
    release(&run, fake_server_url(proxy), new_path, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 4, "gate churn      not run", "is as it was", "broken: really", NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
}

static guint rejected(const char *alias)
{
    guint count = 0;
    g_auto(yajl_val) indices = server_ask("GET", NULL, "/%s-2*/_mapping", alias);
    for (gsize i = 0; YAJL_IS_OBJECT(indices) && i < indices->u.object.len; i++)
        count += g_strcmp0(json_get_string(indices->u.object.values[i], "mappings._meta.state"),
                           "rejected") == 0;
    return count;
}

/* Night after night the same fault: what is kept for inspection does not pile up. */
static void test_nights(void)
{
    g_autofree char *alias = released_alias("nights");
    for (guint night = 0; night < 4; night++) {
        g_auto(Run) run = {0};
        release(&run, server_url(), new_path, alias, "--max-rmse-rise=-5", NULL);
        CU_ASSERT(run_says(&run, 5, "is kept aside", NULL));
        CU_ASSERT(rejected(alias) >= 1 && rejected(alias) <= 2);
    }
}

static void test_quiet_and_report(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = released_alias("report");
    release(&run, server_url(), live_path, alias, "--quiet", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
    CU_ASSERT_STRING_EQUAL(run.err, "");
    release(&run, server_url(), new_path, alias, "--json", "--max-rmse-rise=-5");
    CU_ASSERT(run_says(&run, 5, NULL));
    g_auto(yajl_val) report = json_parse(run.out, "release --json", NULL);
    gint64 code = 0;
    CU_ASSERT(json_get_int(report, "exit_code", &code) && code == 5);
    CU_ASSERT_FALSE(json_is_true(report, "released"));
    CU_ASSERT_PTR_NOT_NULL(json_get_string(report, "index"));
    CU_ASSERT_EQUAL(json_array_length(json_get(report, "steps")), 5);
    CU_ASSERT(json_array_length(json_get(report, "gates")) >= 4);
}

static const UnitTest tests[] = {
    {"a document that went missing", test_missing_document},
    {"a bias that changed", test_changed_bias},
    {"an order that changed", test_wrong_order},
    {"gates left out by name", test_skipped},
    {"RMSE", test_rmse},
    {"count", test_count},
    {"churn", test_churn},
    {"a gate that fails before one that cannot be asked", test_failed_and_broken},
    {"a gate that fails every night", test_nights},
    {"--quiet and --json", test_quiet_and_report},
    {NULL, NULL},
};

SERVER_MAIN("gates", tests, set_up)
