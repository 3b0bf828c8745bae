/* From ratings to recommendations with the real programs, as a user goes. */
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "programs.h"
#include "servers.h"

#define FEATURES 530 /* 300 users, 200 movies, 7 ages, 2 genders, 21 occupations */

static char *small_path, *large_path; /* 24 factors, 120 factors */
static Bundle *small, *large;
static char *alias;

static void set_up(void)
{
    const BundleRecipe small_recipe = {"300", "200", "20000", "24", "1"};
    const BundleRecipe large_recipe = {"300", "200", "20000", "120", "1"};
    small = bundle_make_and_open(&small_recipe, &small_path);
    large = bundle_make_and_open(&large_recipe, &large_path);
    alias = g_strdup_printf("%s-live", server_prefix());
}

static void release(Run *run, const char *path, const char *of_alias)
{
    run_program(run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias", of_alias,
                NULL);
}

/* ---- what a release leaves in the cluster ---- */

static void check_documents(const char *index, guint expected)
{
    gint64 count = -1;
    g_auto(yajl_val) answer = server_ask("GET", NULL, "/%s/_count", index);
    CU_ASSERT(json_get_int(answer, "count", &count));
    CU_ASSERT_EQUAL(count, expected);
}

static void check_mapping(const char *index, const Bundle *bundle)
{
    gint64 dims = 0;
    g_auto(yajl_val) answer = server_ask("GET", NULL, "/%s/_mapping", index);
    yajl_val mappings =
        YAJL_IS_OBJECT(answer) ? json_get(answer->u.object.values[0], "mappings") : NULL;
    CU_ASSERT_STRING_EQUAL(json_get_string(mappings, "dynamic"), "strict");
    CU_ASSERT_STRING_EQUAL(json_get_string(mappings, "_meta.model_id"), bundle->model_id);
    CU_ASSERT_STRING_EQUAL(json_get_string(mappings, "properties.embedding.type"), "dense_vector");
    CU_ASSERT(YAJL_IS_FALSE(json_get(mappings, "properties.embedding.index")));
    CU_ASSERT_PTR_NULL(json_get(mappings, "properties.embedding.similarity"));
    CU_ASSERT(json_get_int(mappings, "properties.embedding.dims", &dims));
    CU_ASSERT_EQUAL(dims, bundle->model->k);
}

static void check_release(const char *path, const Bundle *bundle)
{
    g_auto(Run) run = {0};
    release(&run, path, alias);
    g_autofree char *index = server_index_of(alias);
    CU_ASSERT_PTR_NOT_NULL(index);
    if (index == NULL || !run_says(&run, 0, index, alias, server_url(), "530 documents", NULL)) {
        CU_FAIL("the release failed");
        return;
    }
    CU_ASSERT(g_str_has_prefix(index, alias));
    CU_ASSERT(g_str_has_suffix(index, bundle->model_id));
    check_documents(index, FEATURES);
    check_mapping(index, bundle);
}

/* ---- what readers get ---- */

/* Runs recommend and score with up to four more arguments. */
static void ask_both(Run *cluster, Run *local, const char *path, const char *const *words)
{
    run_program(cluster, LOADER, "recommend", "--url", server_url(), "--alias", alias, words[0],
                words[1], words[2], words[3], NULL);
    run_program(local, BRIDGE, "score", path, words[0], words[1], words[2], words[3], NULL);
}

static void check_json(const char *cluster, const char *local, const Bundle *bundle)
{
    g_auto(yajl_val) found = json_parse(cluster, "recommend --json", NULL);
    g_auto(yajl_val) expected = json_parse(local, "score --json", NULL);
    yajl_val movies = json_get(found, "movies"), wanted = json_get(expected, "movies");
    const char *same[] = {"id", "movie", "title"};
    CU_ASSERT_STRING_EQUAL(json_get_string(found, "model_id"), bundle->model_id);
    CU_ASSERT_STRING_EQUAL(json_get_string(expected, "model_id"), bundle->model_id);
    CU_ASSERT_PTR_NOT_NULL(json_get_string(found, "index"));
    CU_ASSERT_EQUAL(json_array_length(movies), 10);
    CU_ASSERT_EQUAL(json_array_length(wanted), 10);
    for (gsize i = 0; i < json_array_length(movies); i++) {
        yajl_val movie = json_array_get(movies, i);
        gint64 rank = 0;
        double rating = 0;
        for (guint f = 0; f < G_N_ELEMENTS(same); f++)
            CU_ASSERT(g_strcmp0(json_get_string(movie, same[f]),
                                json_get_string(json_array_get(wanted, i), same[f])) == 0);
        CU_ASSERT(json_get_int(movie, "rank", &rank));
        CU_ASSERT_EQUAL(rank, (gint64)i + 1);
        CU_ASSERT(json_get_double(movie, "rating", &rating));
        CU_ASSERT(rating > 0 && rating < 5.5);
    }
}

/* The tables have the ratings to two decimals: they must be the same, letter by letter. */
static void check_recommendations(const char *path, const Bundle *bundle)
{
    const char *profiles[][5] = {
        {"--gender=M", "--age=18", NULL},
        {"--user=42", NULL},
        {"--user=7", "--gender=F", "--age=56", "--occupation=4"},
        {"--occupation=12", "--size=25", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        g_auto(Run) cluster = {0}, local = {0};
        ask_both(&cluster, &local, path, profiles[i]);
        CU_ASSERT(run_says(&cluster, 0, "rank", "rating", "title", NULL));
        CU_ASSERT(run_says(&local, 0, NULL));
        CU_ASSERT_STRING_EQUAL(cluster.out, local.out);
        CU_ASSERT_STRING_EQUAL(cluster.err, "");
    }
    const char *json[][5] = {{"--json", "--gender=M", "--age=18"}, {"--json", "--user=300"}};
    for (guint i = 0; i < G_N_ELEMENTS(json); i++) {
        g_auto(Run) cluster = {0}, local = {0};
        ask_both(&cluster, &local, path, json[i]);
        CU_ASSERT(run_says(&cluster, 0, NULL));
        CU_ASSERT(run_says(&local, 0, NULL));
        check_json(cluster.out, local.out, bundle);
    }
}

static void check_verify(const char *path, const char *of_alias)
{
    g_auto(Run) run = {0};
    run_program(&run, BRIDGE, "verify", path, "--url", server_url(), "--alias", of_alias,
                "--random", "20", "--depth", "30", NULL);
    CU_ASSERT(run_says(&run, 0, "parity: yes", "documents   530 compared bit for bit, 530 expected",
                       "violations  0", NULL));
}

/* ---- the tests ---- */

static void test_first_release(void)
{
    check_release(small_path, small);
    check_recommendations(small_path, small);
    check_verify(small_path, alias);
}

static void test_second_release(void)
{
    g_auto(Run) run = {0};
    g_autofree char *old = server_index_of(alias);
    CU_ASSERT_PTR_NOT_NULL(old);
    check_release(large_path, large);
    g_autofree char *new = server_index_of(alias);
    CU_ASSERT(old != NULL && new != NULL &&strcmp(old, new) != 0);
    if (old != NULL)
        check_documents(old, FEATURES);
    check_recommendations(large_path, large);
    check_verify(large_path, alias);
    run_program(&run, BRIDGE, "verify", small_path, "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 5, small->model_id, large->model_id, NULL));
}

static void test_verify_json(void)
{
    g_auto(Run) run = {0};
    gint64 documents = 0, violations = -1;
    run_program(&run, BRIDGE, "verify", large_path, "--url", server_url(), "--alias", alias,
                "--json", "--random", "0", "--depth", "5", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_auto(yajl_val) report = json_parse(run.out, "verify --json", NULL);
    CU_ASSERT(json_is_true(report, "parity"));
    CU_ASSERT(json_get_int(report, "documents", &documents));
    CU_ASSERT_EQUAL(documents, FEATURES);
    CU_ASSERT(json_get_int(report, "violations", &violations));
    CU_ASSERT_EQUAL(violations, 0);
}

static void test_release_json(void)
{
    g_auto(Run) run = {0};
    gint64 documents = 0;
    g_autofree char *other = g_strdup_printf("%s-json", server_prefix());
    run_program(&run, LOADER, "release", NO_LIMITS, small_path, "--url", server_url(), "--alias",
                other, "--json", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autofree char *index = server_index_of(other);
    g_auto(yajl_val) result = json_parse(run.out, "release --json", NULL);
    CU_ASSERT(g_strcmp0(json_get_string(result, "index"), index) == 0);
    CU_ASSERT(g_strcmp0(json_get_string(result, "alias"), other) == 0);
    CU_ASSERT(g_strcmp0(json_get_string(result, "model_id"), small->model_id) == 0);
    CU_ASSERT_PTR_NULL(json_get(result, "previous"));
    CU_ASSERT(json_get_int(result, "documents", &documents));
    CU_ASSERT_EQUAL(documents, FEATURES);
}

/* With the original blog post's ids the flow and its proof are the same. */
static void test_ids_by_feature_index(void)
{
    g_auto(Run) run = {0};
    guint age;
    g_autofree char *other = g_strdup_printf("%s-by-index", server_prefix());
    run_program(&run, LOADER, "release", NO_LIMITS, small_path, "--url", server_url(), "--alias",
                other, "--doc-ids", "feature-index", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT(feature_table_find(small->features, FEATURE_AGE, "18", &age));
    g_auto(yajl_val) document = server_ask("GET", NULL, "/%s/_doc/age_%u", other, age);
    CU_ASSERT(g_strcmp0(json_get_string(document, "_source.value"), "18") == 0);
    check_verify(small_path, other);
}

static const UnitTest tests[] = {
    {"first release, 24 factors", test_first_release},
    {"second release, 120 factors", test_second_release},
    {"verify --json", test_verify_json},
    {"release --json", test_release_json},
    {"--doc-ids feature-index", test_ids_by_feature_index},
    {NULL, NULL},
};

SERVER_MAIN("flow", tests, set_up)
