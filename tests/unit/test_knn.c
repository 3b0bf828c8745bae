/* What approximate search needs of several modules: the field, the definition, the query, and the
 * way back from the server's score. */
#include <math.h>
#include <string.h>

#include "document.h"
#include "fixtures.h"
#include "index_definition.h"
#include "mapping_check.h"
#include "query_body.h"
#include "recall.h"
#include "tap.h"

/* Elasticsearch's formula for max_inner_product, in float32. */
static float server_score(double x)
{
    const float dot = (float)x;
    return dot < 0 ? 1 / (1 + -1 * dot) : dot + 1;
}

static void test_scores(void)
{
    const double dots[] = {0, 1e-7, 0.5, 1, 3.25, 1000, -1e-7, -0.5, -1, -3.25, -1000};
    for (guint i = 0; i < G_N_ELEMENTS(dots); i++) {
        const double back = query_knn_score(server_score(dots[i]));
        CU_ASSERT(fabs(back - dots[i]) <= 4 * 0x1p-24 * (1 + fabs(dots[i])));
    }
}

static void test_definition(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(17, 1);
    const IndexForm form = {.knn = TRUE};
    g_autofree char *usual = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    g_autofree char *text = index_definition_in_form(bundle, &form);
    g_auto(yajl_val) tree = json_parse(text, "the definition", NULL);
    gint64 dims = 0;
    yajl_val field = json_get(tree, "mappings.properties." KNN_FIELD);
    CU_ASSERT_PTR_NULL(strstr(usual, KNN_FIELD));
    CU_ASSERT_PTR_NULL(strstr(usual, "\"knn\""));
    CU_ASSERT_PTR_NULL(strstr(text, "${"));
    CU_ASSERT(json_get_int(field, "dims", &dims) && dims == 18);
    CU_ASSERT(json_is_true(field, "index"));
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(field, "similarity"), "max_inner_product"), 0);
    /* Without it a server quantises the vectors it searches in. */
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(field, "index_options.type"), "hnsw"), 0);
    CU_ASSERT(json_is_true(tree, "mappings._meta.knn"));
    CU_ASSERT(YAJL_IS_FALSE(json_get(tree, "mappings.properties.embedding.index")));
}

static void test_meta(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    for (guint knn = 0; knn < 2; knn++) {
        const IndexForm form = {.knn = knn > 0, .state = RELEASE_COMPLETE};
        g_autofree char *text = index_definition_in_form(bundle, &form);
        g_auto(yajl_val) tree = json_parse(text, "the definition", NULL);
        g_autoptr(ReleaseMeta) meta = release_meta_read("recsys-1", tree);
        CU_ASSERT(meta != NULL && meta->knn == form.knn && meta->state == RELEASE_COMPLETE);
    }
}

/* The mapping of a release must be of the form that its _meta says. */
static guint64 violations(gboolean knn, gboolean meta_says)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    const IndexForm form = {.knn = knn};
    g_autofree char *text = index_definition_in_form(bundle, &form);
    g_autofree char *answer = g_strdup_printf("{\"recsys-1\": %s}", text);
    g_autoptr(ReleaseMeta) release = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    g_autoptr(Report) report = report_new();
    release->tree = json_parse(answer, "the answer", NULL);
    release->knn = meta_says;
    CU_ASSERT(mapping_check(report, release, bundle, NULL));
    return report->violations;
}

static void test_mapping_check(void)
{
    CU_ASSERT_EQUAL(violations(TRUE, TRUE), 0);
    CU_ASSERT_EQUAL(violations(FALSE, FALSE), 0);
    CU_ASSERT(violations(TRUE, FALSE) > 0);
    CU_ASSERT(violations(FALSE, TRUE) > 0);
}

static void test_bulk_line(void)
{
    const guint k = 5;
    const VectorForm forms[] = {VECTORS_AS_DECIMALS, VECTORS_AS_BASE64};
    g_autoptr(Bundle) bundle = fixture_bundle(k, tap_seed());
    for (guint i = 0; i < FIXTURE_FEATURES * G_N_ELEMENTS(forms); i++) {
        const guint index = i / G_N_ELEMENTS(forms);
        float expected[6], found[6];
        g_autoptr(GString) usual = g_string_new(NULL), text = g_string_new(NULL);
        document_append_bulk(usual, bundle, DOC_IDS_BY_VALUE, forms[i % 2], index);
        document_append_bulk_knn(text, bundle, DOC_IDS_BY_VALUE, forms[i % 2], index);
        if (index < FIXTURE_FIRST_MOVIE || index >= FIXTURE_FIRST_MOVIE + FIXTURE_MOVIES) {
            CU_ASSERT_STRING_EQUAL(text->str, usual->str);
            continue;
        }
        g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
        CU_ASSERT_EQUAL(g_strv_length(lines), 3);
        CU_ASSERT_EQUAL(strncmp(text->str, usual->str, usual->len - 2), 0);
        g_auto(yajl_val) document = json_parse(lines[1], "the document", NULL);
        document_knn_vector(expected, bundle, index);
        CU_ASSERT_EQUAL(expected[k], bundle->model->bias[index]);
        CU_ASSERT(document_read_vector(found, k + 1, json_get(document, KNN_FIELD)));
        CU_ASSERT_EQUAL(memcmp(found, expected, sizeof found), 0);
    }
}

static void test_query(void)
{
    const float query[] = {0.5f, -2};
    const QueryBody body = {.query = query, .k = 2, .shift = 3, .size = 20, .candidates = 7};
    g_autofree char *text = query_body(&body);
    g_auto(yajl_val) tree = json_parse(text, "the body", NULL);
    yajl_val knn = json_get(tree, "knn");
    float sent[3] = {0};
    gint64 k = 0, candidates = 0;
    CU_ASSERT_PTR_NOT_NULL(tree);
    CU_ASSERT_PTR_NULL(json_get(tree, "query"));
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(knn, "field"), KNN_FIELD), 0);
    CU_ASSERT(document_read_vector(sent, 3, json_get(knn, "query_vector")));
    CU_ASSERT(sent[0] == 0.5f && sent[1] == -2 && sent[2] == 1);
    CU_ASSERT(json_get_int(knn, "k", &k) && k == 20);
    CU_ASSERT(json_get_int(knn, "num_candidates", &candidates) && candidates == 20);
    CU_ASSERT_PTR_NOT_NULL(json_get(knn, "filter.bool"));
}

static void test_quantiles(void)
{
    double values[] = {4, 1, 3, 2};
    CU_ASSERT_EQUAL(recall_quantile(values, 4, 0.5), 2);
    CU_ASSERT_EQUAL(recall_quantile(values, 4, 0.51), 3);
    CU_ASSERT_EQUAL(recall_quantile(values, 4, 0.99), 4);
    CU_ASSERT_EQUAL(recall_quantile(values, 4, 1), 4);
    CU_ASSERT_EQUAL(recall_quantile(values, 1, 0.99), 1);
}

static const UnitTest tests[] = {
    {"scores turn back", test_scores},
    {"the index definition", test_definition},
    {"_meta", test_meta},
    {"the mapping check", test_mapping_check},
    {"lines of a bulk request", test_bulk_line},
    {"the query", test_query},
    {"quantiles", test_quantiles},
    {NULL, NULL},
};

TAP_MAIN("knn", tests)
