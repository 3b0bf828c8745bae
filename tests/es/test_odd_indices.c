/* What others do to a cluster: indices hidden or closed, templates that catch our names, a live
 * release that this version cannot read. The alias stands for one whole release all the same. */
#include <string.h>

#include "bundles.h"
#include "programs.h"
#include "servers.h"

static char *first_path, *second_path;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};
    const BundleRecipe other_recipe = {"60", "90", "2500", "8", "2"};
    first_path = bundle_make(&recipe);
    second_path = bundle_make(&other_recipe);
}

static char *alias_called(const char *name)
{
    return g_strdup_printf("%s-%s", server_prefix(), name);
}

static void call(Run *run, const char *verb, const char *alias, const char *first,
                 const char *second)
{
    run_program(run, LOADER, verb, "--url", server_url(), "--alias", alias, first, second, NULL);
}

static void release(Run *run, const char *path, const char *alias, const char *option)
{
    run_program(run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias", alias,
                option, NULL);
}

static char *released(const char *path, const char *alias)
{
    g_auto(Run) run = {0};
    release(&run, path, alias, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    return server_index_of(alias);
}

static void check_asks(const char *alias)
{
    g_auto(Run) run = {0};
    call(&run, "recommend", alias, "--age", "18");
    CU_ASSERT(run_says(&run, 0, NULL));
}

static void test_hidden(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = alias_called("hidden");
    g_autofree char *first = released(first_path, alias);
    CU_ASSERT(server_do("PUT", "{\"index.hidden\":true}", "/%s/_settings", first));
    g_autofree char *second = released(second_path, alias);
    CU_ASSERT(second != NULL && strcmp(first, second) != 0);
    check_asks(alias);
    call(&run, "releases", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, first, second, NULL));
    call(&run, "rollback", alias, NULL, NULL);
    g_autofree char *now = server_index_of(alias);
    CU_ASSERT(run_says(&run, 0, NULL) && g_strcmp0(now, first) == 0);
    check_asks(alias);
}

/* Its documents cannot be compared with the new ones; without that it is replaced. */
static void test_closed(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = alias_called("closed");
    g_autofree char *first = released(first_path, alias);
    CU_ASSERT(server_do("POST", NULL, "/%s/_close", first));
    g_autofree char *before = server_state();
    release(&run, second_path, alias, NULL);
    CU_ASSERT(run_says(&run, 4, "is as it was", "closed", NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
    release(&run, second_path, alias, "--skip-gate=churn");
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autofree char *second = server_index_of(alias);
    CU_ASSERT(second != NULL && strcmp(first, second) != 0);
    check_asks(alias);
    call(&run, "rollback", alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 4, "is as it was", "closed", NULL));
    call(&run, "prune", alias, "--keep=1", NULL);
    CU_ASSERT(run_says(&run, 0, "nothing to delete", NULL)); /* the one before the live one */
}

static void test_template(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = alias_called("template");
    g_autofree char *first = released(first_path, alias);
    CU_ASSERT_PTR_NOT_NULL(first);
    g_autofree char *before = server_state();
    g_autofree char *body = g_strdup_printf(
        "{\"index_patterns\":[\"%s-2*\"],\"priority\":900,\"template\":{\"aliases\":{\"%s\":{}}}}",
        alias, alias);
    CU_ASSERT(server_do("PUT", body, "/_index_template/%s", alias));
    release(&run, second_path, alias, NULL);
    CU_ASSERT(run_says(&run, 4, "a template of the cluster", alias, NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
    CU_ASSERT(server_do("DELETE", NULL, "/_index_template/%s", alias));
    check_asks(alias);
    g_autofree char *second = released(second_path, alias);
    CU_ASSERT_PTR_NOT_NULL(second);
}

/* The gates that compare with the live release do not take one they cannot read for none. */
static void test_unreadable(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = alias_called("unreadable");
    g_autofree char *first = released(first_path, alias);
    g_auto(yajl_val) mapping = server_ask("GET", NULL, "/%s/_mapping", first);
    CU_ASSERT_PTR_NOT_NULL(mapping);
    CU_ASSERT(server_do("PUT", "{\"_meta\":{\"created_by\":\"recsys-es\",\"format\":99}}",
                        "/%s/_mapping", first));
    g_autofree char *before = server_state();
    release(&run, second_path, alias, NULL);
    CU_ASSERT(
        run_says(&run, 4, "is as it was", "need the live release", "--skip-gate", first, NULL));
    run_program(&run, LOADER, "plan", second_path, "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 4, "need the live release", NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
    run_program(&run, LOADER, "release", second_path, "--url", server_url(), "--alias", alias,
                "--skip-gate=rmse", "--skip-gate=count", "--skip-gate=churn", NULL);
    CU_ASSERT(run_says(&run, 0, first, "is still there", NULL));
    check_asks(alias);
}

static const UnitTest tests[] = {
    {"a live release that is hidden", test_hidden},
    {"a live release that is closed", test_closed},
    {"a template that puts new indices behind the alias", test_template},
    {"a live release that cannot be read", test_unreadable},
    {NULL, NULL},
};

SERVER_MAIN("odd-indices", tests, set_up)
