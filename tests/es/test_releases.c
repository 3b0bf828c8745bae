/* Rolling back and forth, pruning, and the list of releases. */
#include <string.h>

#include "bundles.h"
#include "catalogue.h"
#include "programs.h"
#include "servers.h"

static char *first_path, *second_path;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1", "0.1"};
    const BundleRecipe other_recipe = {"60", "90", "2500", "8", "2", "0.1"};
    first_path = bundle_make(&recipe);
    second_path = bundle_make(&other_recipe);
}

/* A release whose index this is. */
static char *release(const char *path, const char *alias)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias", alias,
                "--keep", "0", "--skip-gate=orders", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    return server_index_of(alias);
}

static void call(Run *run, const char *verb, const char *alias, const char *first,
                 const char *second)
{
    run_program(run, LOADER, verb, "--url", server_url(), "--alias", alias, first, second, NULL);
}

static gboolean is_live(const char *alias, const char *index)
{
    g_autofree char *now = server_index_of(alias);
    return g_strcmp0(now, index) == 0;
}

static gboolean is_there(const char *index)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_strconcat("/", index, NULL);
    g_auto(yajl_val) answer = es_call_json(server_client(), "GET", path, NULL, &error);
    return answer != NULL;
}

static void test_rollback_and_back(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-back", server_prefix());
    call(&run, "rollback", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 4, "no complete release before", NULL));
    g_autofree char *first = release(first_path, alias);
    g_autofree char *second = release(second_path, alias);
    call(&run, "rollback", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, first, second, NULL) && is_live(alias, first));
    run_program(&run, BRIDGE, "verify", first_path, "--url", server_url(), "--alias", alias,
                "--random=0", "--depth=5", NULL);
    CU_ASSERT(run_says(&run, 0, "parity: yes", NULL));
    call(&run, "rollback", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 4, "no complete release before", NULL) && is_live(alias, first));
    call(&run, "rollback", alias, first, NULL);
    CU_ASSERT(run_says(&run, 1, "is live already", NULL));
    call(&run, "rollback", alias, second, "--json");
    CU_ASSERT(run_says(&run, 0, second, "\"previous\"", NULL) && is_live(alias, second));
}

/* The target is verified before the alias moves. */
static void test_rollback_refusals(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-refusals", server_prefix());
    g_autofree char *other = g_strdup_printf("%s-other", server_prefix());
    g_autofree char *first = release(first_path, alias);
    g_autofree char *second = release(second_path, alias);
    g_autofree char *foreign = release(first_path, other);
    g_autofree char *right = g_strdup_printf("--bundle=%s", first_path);
    g_autofree char *wrong = g_strdup_printf("--bundle=%s", second_path);
    call(&run, "rollback", alias, foreign, NULL);
    CU_ASSERT(run_says(&run, 1, "is not a release of", NULL));
    call(&run, "rollback", alias, first, wrong);
    CU_ASSERT(run_says(&run, 5, first, "is model", NULL));
    CU_ASSERT(
        server_do("POST", "{\"doc\":{\"bias\":0.5}}", "/%s/_update/movie_1?refresh=true", first));
    call(&run, "rollback", alias, first, right);
    CU_ASSERT(run_says(&run, 5, "movie_1: bias", "is as it was", NULL));
    call(&run, "rollback", alias, first, "--json"); /* without a bundle: by the checksum */
    CU_ASSERT(run_says(&run, 5, "is no longer model", "is as it was", "\"exit_code\":5", NULL));
    CU_ASSERT(server_do("DELETE", NULL, "/%s/_doc/movie_1?refresh=true", first));
    call(&run, "rollback", alias, first, NULL);
    CU_ASSERT(run_says(&run, 5, "documents, its _meta says", NULL));
    call(&run, "rollback", alias, first, "--unverified"); /* they are counted all the same */
    CU_ASSERT(run_says(&run, 5, "documents, its _meta says", NULL));
    CU_ASSERT(is_live(alias, second));
    g_autofree char *third = release(first_path, alias);
    CU_ASSERT(
        server_do("POST", "{\"doc\":{\"bias\":0.5}}", "/%s/_update/movie_1?refresh=true", second));
    call(&run, "rollback", alias, second, "--unverified");
    CU_ASSERT(run_says(&run, 0, NULL) && is_live(alias, second));
    CU_ASSERT(is_there(third));
}

static void test_prune(void)
{
    g_auto(Run) run = {0};
    char *indices[5];
    g_autofree char *alias = g_strdup_printf("%s-prune", server_prefix());
    g_autofree char *longer = g_strdup_printf("%s-more", alias);
    g_autofree char *foreign = g_strdup_printf("%s-20200101-000000-0123456789ab", alias);
    for (guint i = 0; i < G_N_ELEMENTS(indices); i++)
        indices[i] = release(i % 2 == 0 ? first_path : second_path, alias);
    g_autofree char *neighbour = release(first_path, longer);
    CU_ASSERT(server_do("PUT", NULL, "/%s", foreign)); /* our name, not our _meta */
    CU_ASSERT(server_do("PUT", NULL, "/%s/_alias/%s-used", indices[0], alias));
    call(&run, "prune", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 1, "--keep", NULL));
    call(&run, "prune", alias, "--keep=0", NULL);
    CU_ASSERT(run_says(&run, 1, "--keep", NULL));
    call(&run, "rollback", alias, indices[2], NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    /* Kept: 4 (the newest), 2 (live), 1 (the one before it), 0 (behind another alias). */
    call(&run, "prune", alias, "--keep=1", "--json");
    CU_ASSERT(run_says(&run, 0, NULL));
    g_auto(yajl_val) pruned = json_parse(run.out, "prune --json", NULL);
    yajl_val deleted = json_get(pruned, "deleted");
    CU_ASSERT(json_array_length(deleted) == 1 &&
              g_strcmp0(YAJL_GET_STRING(json_array_get(deleted, 0)), indices[3]) == 0);
    for (guint i = 0; i < G_N_ELEMENTS(indices); i++)
        CU_ASSERT(is_there(indices[i]) == (i != 3));
    CU_ASSERT(is_there(neighbour) && is_there(foreign));
    CU_ASSERT(is_live(alias, indices[2]));
    for (guint i = 0; i < G_N_ELEMENTS(indices); i++)
        g_free(indices[i]);
}

/* release --keep deletes what is surplus, after the swap. */
static void test_keep(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-keep", server_prefix());
    g_autofree char *first = release(first_path, alias);
    g_autofree char *second = release(second_path, alias);
    run_program(&run, LOADER, "release", NO_LIMITS, first_path, "--url", server_url(), "--alias",
                alias, "--keep", "1", NULL);
    CU_ASSERT(run_says(&run, 0, "deleted", first, NULL));
    CU_ASSERT(!is_there(first) && is_there(second));
}

/* Names have the time to the second: that of another release of this model is not taken. */
static void test_same_second(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-second", server_prefix());
    g_autofree char *released = release(first_path, alias);
    const char *model = released != NULL ? strrchr(released, '-') + 1 : "";
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GPtrArray) taken = g_ptr_array_new_with_free_func(g_free);
    for (guint later = 0; later < 8; later++) {
        g_autoptr(GDateTime) time = g_date_time_add_seconds(now, later);
        char *name = catalogue_release_name(alias, time, model);
        g_ptr_array_add(taken, name);
        CU_ASSERT(g_strcmp0(name, released) == 0 || server_do("PUT", NULL, "/%s", name));
    }
    run_program(&run, LOADER, "release", NO_LIMITS, first_path, "--url", server_url(), "--alias",
                alias, "--skip-gate=orders", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autofree char *index = server_index_of(alias);
    CU_ASSERT(index != NULL && catalogue_is_release_name(index, alias));
    CU_ASSERT_FALSE(g_ptr_array_find_with_equal_func(taken, index, g_str_equal, NULL));
}

static void test_list(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-list", server_prefix());
    call(&run, "releases", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, "nothing is released as", NULL));
    g_autofree char *first = release(first_path, alias);
    g_autofree char *second = release(second_path, alias);
    call(&run, "releases", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, first, second, "live", "complete", "RMSE", NULL));
    call(&run, "releases", alias, "--json", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_auto(yajl_val) list = json_parse(run.out, "releases --json", NULL);
    double rmse = 0;
    gint64 bytes = 0;
    CU_ASSERT_EQUAL(json_array_length(list), 2);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(json_array_get(list, 0), "index"), second), 0);
    CU_ASSERT(json_is_true(json_array_get(list, 0), "live"));
    CU_ASSERT_FALSE(json_is_true(json_array_get(list, 1), "live"));
    CU_ASSERT(json_get_double(json_array_get(list, 1), "rmse", &rmse) && rmse > 0);
    CU_ASSERT(json_get_int(json_array_get(list, 1), "bytes", &bytes) && bytes > 0);
}

/* What an alias must not stand for is said beside the list, which has only releases. */
static void test_wrong_alias(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-wrong", server_prefix());
    g_autofree char *foreign = g_strdup_printf("%s-foreign", server_prefix());
    CU_ASSERT(server_do("PUT", NULL, "/%s", foreign));
    CU_ASSERT(server_do("PUT", NULL, "/%s/_alias/%s", foreign, alias));
    call(&run, "releases", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, "nothing is released as", "warning: ", foreign, "is not a release",
                       NULL));
    call(&run, "releases", foreign, "--json", NULL);
    CU_ASSERT(run_says(&run, 0, "is an index of that name", NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "[]\n");
    CU_ASSERT(server_do("DELETE", NULL, "/%s", foreign));

    g_autofree char *first = release(first_path, alias);
    g_autofree char *second = release(second_path, alias);
    call(&run, "releases", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, first, second, NULL));
    CU_ASSERT_STRING_EQUAL(run.err, "");
    CU_ASSERT(server_do("PUT", NULL, "/%s/_alias/%s", first, alias));
    call(&run, "releases", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, "stands for 2 indices", "rollback RELEASE", NULL));
    call(&run, "rollback", alias, second, NULL);
    CU_ASSERT(run_says(&run, 0, second, NULL) && is_live(alias, second));
}

/* plan says what release then does, and changes nothing. */
static void test_plan(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-plan", server_prefix());
    run_program(&run, LOADER, "plan", first_path, "--url", server_url(), "--alias", alias,
                "--skip-gate", "baseline", NULL);
    CU_ASSERT(run_says(&run, 0, "create", "from nothing", "nothing was changed", NULL));
    g_autofree char *first = release(first_path, alias);
    g_autofree char *second = release(second_path, alias);
    g_autofree char *third = release(first_path, alias);
    g_autofree char *before = server_state();
    run_program(&run, LOADER, "plan", NO_LIMITS, second_path, "--url", server_url(), "--alias",
                alias, "--keep=1", NULL);
    CU_ASSERT(run_says(&run, 0, third, "drift", NULL));
    CU_ASSERT(strstr(run.out, "prune     ") != NULL && strstr(run.out, first) != NULL &&
              strstr(run.out, second) != NULL);
    run_program(&run, LOADER, "plan", second_path, "--url", server_url(), "--alias", alias,
                "--max-drift=0.001", NULL);
    CU_ASSERT(run_says(&run, 5, "gate churn failed", NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
    run_program(&run, LOADER, "release", NO_LIMITS, second_path, "--url", server_url(), "--alias",
                alias, "--keep=1", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT(!is_there(first) && !is_there(second) && is_there(third));
}

static void test_plan_json(void)
{
    g_auto(Run) run = {0};
    gint64 code = 0;
    g_autofree char *alias = g_strdup_printf("%s-plan-json", server_prefix());
    g_autofree char *first = release(first_path, alias);
    g_autofree char *second = release(second_path, alias);
    g_autofree char *third = release(first_path, alias);
    run_program(&run, LOADER, "plan", NO_LIMITS, second_path, "--url", server_url(), "--alias",
                alias, "--keep=2", "--json", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_auto(yajl_val) plan = json_parse(run.out, "plan --json", NULL);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(plan, "live"), third), 0);
    CU_ASSERT(g_str_has_prefix(json_get_string(plan, "create"), alias));
    yajl_val pruned = json_get(plan, "prune");
    CU_ASSERT(json_array_length(pruned) == 2 &&
              g_strcmp0(YAJL_GET_STRING(json_array_get(pruned, 1)), first) == 0);
    CU_ASSERT_EQUAL(json_array_length(json_get(plan, "delete")), 0);
    CU_ASSERT_EQUAL(json_array_length(json_get(plan, "gates")), 4);
    run_program(&run, LOADER, "plan", second_path, "--url", server_url(), "--alias", alias,
                "--max-drift=0.001", "--json", NULL);
    CU_ASSERT(run_says(&run, 5, NULL));
    g_auto(yajl_val) refused = json_parse(run.out, "plan --json", NULL);
    CU_ASSERT(json_get_int(refused, "exit_code", &code) && code == 5);
    CU_ASSERT_PTR_NOT_NULL(json_get_string(refused, "error"));
    run_program(&run, LOADER, "plan", NO_LIMITS, second_path, "--url", server_url(), "--alias",
                alias, "--quiet", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
    CU_ASSERT_STRING_EQUAL(run.err, "");
    CU_ASSERT(is_live(alias, third) && is_there(first) && is_there(second));
}

/* What a job works on is not what a killed one left; an index in the way is named. */
static void test_plan_around(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-around", server_prefix());
    g_autofree char *first = release(first_path, alias);
    const char *const model = strrchr(first, '-') + 1;
    g_autofree char *loading = g_strdup_printf("%s-20260101-000000-%s", alias, model);
    g_auto(yajl_val) mapping = server_ask("GET", NULL, "/%s/_mapping", first);
    yajl_val meta = json_get(json_member(mapping, first), "mappings._meta");
    CU_ASSERT_PTR_NOT_NULL(meta);
    g_autofree char *body = g_strdup_printf(
        "{\"mappings\":{\"_meta\":{\"format\":1,\"created_by\":\"recsys-es\",\"model_id\":\"%s\","
        "\"n\":9,\"k\":8,\"movies\":1,\"w0\":0,\"link\":\"sigmoid\",\"scale\":5.5,\"max_movie_"
        "norm\":1,"
        "\"min_movie_bias\":0,\"doc_ids\":\"value\",\"state\":\"loading\"}}}",
        model);
    CU_ASSERT(server_do("PUT", body, "/%s", loading));
    run_program(&run, LOADER, "plan", NO_LIMITS, second_path, "--url", server_url(), "--alias",
                alias, NULL);
    CU_ASSERT(run_says(&run, 0, "delete    ", loading, NULL));
    CU_ASSERT(server_do("PUT",
                        "{\"owner\":\"kim@far:7\",\"token\":\"t\",\"job\":\"release\","
                        "\"expires\":4102444800000,\"until\":\"2100-01-01T00:00:00Z\"}",
                        "/%s-lock/_doc/lock?refresh=true", alias));
    run_program(&run, LOADER, "plan", NO_LIMITS, second_path, "--url", server_url(), "--alias",
                alias, NULL);
    CU_ASSERT(run_says(&run, 0, "locked    by kim@far:7 (release) until 2100", NULL));
    CU_ASSERT_PTR_NULL(strstr(run.out, "delete"));
    run_program(&run, LOADER, "plan", NO_LIMITS, second_path, "--url", server_url(), "--alias",
                alias, "--json", NULL);
    CU_ASSERT(run_says(&run, 0, "\"locked_by\":\"kim@far:7", NULL));
    g_autofree char *index = g_strdup_printf("%s-concrete", server_prefix());
    CU_ASSERT(server_do("PUT", NULL, "/%s", index));
    run_program(&run, LOADER, "plan", first_path, "--url", server_url(), "--alias", index,
                "--replace-index", index, "--skip-gate", "baseline", NULL);
    CU_ASSERT(run_says(&run, 0, "delete    ", "which is an index", "from that index", NULL));
}

static void test_early_json(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-early", server_prefix());
    const char *const verbs[] = {"release", "plan"};
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
        run_program(&run, LOADER, verbs[i], "/nonexistent", "--json", NULL);
        CU_ASSERT(run_says(&run, 2, "{\"exit_code\":2,\"error\":\"", NULL));
        run_program(&run, LOADER, verbs[i], first_path, "--url", "http://127.0.0.1:1", "--json",
                    NULL);
        CU_ASSERT(run_says(&run, 3, "{\"exit_code\":3,\"error\":\"", NULL));
    }
    call(&run, "rollback", alias, "--json", NULL);
    CU_ASSERT(run_says(&run, 4, "{\"exit_code\":4,\"error\":\"", NULL));
    run_program(&run, LOADER, "prune", "--keep=1", "--url", "http://127.0.0.1:1", "--json", NULL);
    CU_ASSERT(run_says(&run, 3, "\"deleted\":[],\"exit_code\":3", NULL));
}

/* What was live before is what was replaced, not what was made before. */
static void test_release_after_rollback(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-after", server_prefix());
    g_autofree char *first = release(first_path, alias);
    g_autofree char *second = release(second_path, alias);
    g_autofree char *third = release(first_path, alias);
    call(&run, "rollback", alias, first, NULL);
    CU_ASSERT(run_says(&run, 0, first, NULL) && is_live(alias, first));
    run_program(&run, LOADER, "release", NO_LIMITS, second_path, "--url", server_url(), "--alias",
                alias, "--keep=1", NULL);
    CU_ASSERT(run_says(&run, 0, first, "is still there", NULL));
    CU_ASSERT(is_there(first) && !is_there(second) && !is_there(third));
    call(&run, "rollback", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, first, NULL) && is_live(alias, first));
}

static const UnitTest tests[] = {
    {"a release after a rollback", test_release_after_rollback},
    {"two releases in one second", test_same_second},
    {"rollback and back", test_rollback_and_back},
    {"what rollback refuses", test_rollback_refusals},
    {"prune", test_prune},
    {"release --keep", test_keep},
    {"releases", test_list},
    {"an alias that stands for the wrong thing", test_wrong_alias},
    {"plan", test_plan},
    {"plan --json", test_plan_json},
    {"plan beside a job, and over an index", test_plan_around},
    {"--json of what fails early", test_early_json},
    {NULL, NULL},
};

SERVER_MAIN("releases", tests, set_up)
