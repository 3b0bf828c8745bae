/* What is read from an index is what was written to it, bit for bit, however the server hands
 * vectors over. */
#include <stdio.h>
#include <string.h>

#include "bulk.h"
#include "feature_id.h"
#include "fixtures.h"
#include "index_definition.h"
#include "index_scan.h"
#include "programs.h"
#include "servers.h"

#define K 33
#define DOCUMENTS 2503 /* more than a page of each slice */

static Bundle *bundle;
static char *index_name;

static gboolean load(void)
{
    g_autoptr(GError) error = NULL;
    gboolean loaded = bulk_index(server_client(), index_name, bundle, DOC_IDS_BY_VALUE, &error);
    if (!loaded)
        tap_comment(error->message);
    return loaded && server_do("POST", NULL, "/%s/_refresh", index_name);
}

/* Every kind of float32 whose square the server can add up. */
static void set_up(void)
{
    const FixtureType types[] = {{FEATURE_USER, 1500}, {FEATURE_MOVIE, 1000}, {"age", 3}};
    const guint32 seed = tap_seed();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    bundle = fixture_bundle_of(types, G_N_ELEMENTS(types), K, 1, seed);
    for (gsize i = 0; i < (gsize)bundle->model->n * K; i++)
        bundle->model->embeddings[i] =
            i % 11 == 0 ? (i % 2 ? 0.0f : -0.0f) : fixture_float(random, -149, 55);
    index_name = g_strdup_printf("%s-scan", server_prefix());
    g_autofree char *text = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    g_autoptr(GString) definition = g_string_new(text);
    g_string_replace(definition, "\"number_of_shards\": 1", "\"number_of_shards\": 2", 0);
    if (!server_do("PUT", definition->str, "/%s", index_name) || !load())
        printf("# there is no index to test with\n");
}

typedef struct {
    guint hits, different, without;
    gboolean *seen; /* [DOCUMENTS] */
} Seen;

static gboolean on_hit(const Hit *hit, gpointer data, GError **error)
{
    Seen *seen = data;
    guint index;
    double bias;
    (void)error;
    seen->hits++;
    if (!feature_of_id(bundle, DOC_IDS_BY_VALUE, hit->id, &index) || seen->seen[index]) {
        seen->different++;
        return TRUE;
    }
    seen->seen[index] = TRUE;
    if (!hit->has_vector)
        seen->without++;
    else if (memcmp(hit->vector, fm_vector(bundle->model, index), K * sizeof(float)) != 0)
        seen->different++;
    if (!hit_get_double(hit->stored_bias, &bias) || bias != bundle->model->bias[index])
        seen->different++;
    return TRUE;
}

static void check_scan(guint without)
{
    g_autofree gboolean *is_seen = g_new0(gboolean, DOCUMENTS);
    Seen seen = {.seen = is_seen};
    g_autoptr(GError) error = NULL;
    const IndexScan scan = {index_name, NULL, "reading", DOCUMENTS, K};
    CU_ASSERT(index_scan(server_client(), &scan, on_hit, &seen, &error));
    CU_ASSERT_EQUAL(seen.hits, DOCUMENTS);
    CU_ASSERT_EQUAL(seen.different, 0);
    CU_ASSERT_EQUAL(seen.without, without);
    if (error != NULL)
        tap_comment(error->message);
}

static gboolean allow_script_fields(const char *most)
{
    g_autofree char *body = g_strdup_printf("{\"index\":{\"max_script_fields\":%s}}", most);
    return server_do("PUT", body, "/%s/_settings", index_name);
}

static void test_vectors(void)
{
    check_scan(0);
}

/* Then the vectors of Elasticsearch 8 come as decimals. */
static void test_without_scripts(void)
{
    CU_ASSERT(allow_script_fields("0"));
    check_scan(0);
    CU_ASSERT_FALSE(server_do("POST", "{\"script_fields\":{\"x\":{\"script\":\"1\"}}}",
                              "/%s/_search", index_name));
    CU_ASSERT(allow_script_fields("null"));
}

/* What one shard cannot do and the other can would be half an answer. */
static void test_without_a_vector(void)
{
    g_autofree char *bias = g_strdup_printf("{\"feature_type\":\"age\",\"bias\":%.17g}",
                                            (double)bundle->model->bias[bundle->model->n - 1]);
    CU_ASSERT(server_do("PUT", bias, "/%s/_doc/age_2?refresh=true", index_name));
    check_scan(1);
}

/* What is refused either way is an error. */
static void test_no_index(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("%s-none", server_prefix());
    const IndexScan scan = {name, NULL, "reading", 1, K},
                    nonsense = {index_name, "{\"x\":{}}", "reading", 1, K};
    CU_ASSERT_FALSE(index_scan(server_client(), &scan, on_hit, NULL, &error));
    TAP_ASSERT_ERROR(error, ES_ERROR, 404, "no such index");
    g_clear_error(&error);
    CU_ASSERT_FALSE(index_scan(server_client(), &nonsense, on_hit, NULL, &error));
    TAP_ASSERT_ERROR(error, ES_ERROR, 400, "unknown query [x]");
}

static const UnitTest tests[] = {
    {"vectors bit for bit", test_vectors},
    {"no script fields", test_without_scripts},
    {"a document without a vector", test_without_a_vector},
    {"what is refused", test_no_index},
    {NULL, NULL},
};

SERVER_MAIN("index_scan", tests, set_up)
