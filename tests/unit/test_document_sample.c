#include "document_sample.h"

#include "document.h"
#include "fixtures.h"
#include "tap.h"

static guint count_left_out(const DocumentSample *sample, guint n)
{
    guint count = 0;
    for (guint i = 0; i < n; i++)
        count += sample->is_left_out[i];
    return count;
}

/* The query has the ids of those chosen, and no others. */
static void check_query(const DocumentSample *sample, const Bundle *bundle)
{
    g_auto(yajl_val) query = json_parse(sample->query, "the query", NULL);
    yajl_val values = json_get(query, "ids.values");
    gsize at = 0;
    CU_ASSERT_EQUAL(json_array_length(values), sample->count);
    for (guint i = 0; i < bundle->model->n; i++) {
        if (sample->is_left_out[i])
            continue;
        g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, i);
        yajl_val value = json_array_get(values, at++);
        CU_ASSERT_EQUAL(g_strcmp0(YAJL_GET_STRING(value), id), 0);
    }
}

static void test_counts(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    const guint n = bundle->model->n;
    for (guint wanted = 0; wanted <= n + 1; wanted++) {
        g_autoptr(DocumentSample) sample = document_sample_new(bundle, DOC_IDS_BY_VALUE, wanted, 7);
        CU_ASSERT_EQUAL(sample->count, MIN(wanted, n));
        CU_ASSERT_EQUAL(count_left_out(sample, n), n - MIN(wanted, n));
        check_query(sample, bundle);
    }
}

/* Over many seeds every feature has its turn about as often as the others. */
static void test_chance(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    const guint n = bundle->model->n, rounds = 3000, wanted = 4;
    guint chosen[FIXTURE_FEATURES] = {0};
    for (guint seed = 0; seed < rounds; seed++) {
        g_autoptr(DocumentSample) sample =
            document_sample_new(bundle, DOC_IDS_BY_VALUE, wanted, seed);
        g_autoptr(DocumentSample) again =
            document_sample_new(bundle, DOC_IDS_BY_VALUE, wanted, seed);
        CU_ASSERT_STRING_EQUAL(sample->query, again->query);
        for (guint i = 0; i < n; i++)
            chosen[i] += !sample->is_left_out[i];
    }
    const double expected = (double)rounds * wanted / n;
    for (guint i = 0; i < n; i++)
        CU_ASSERT(chosen[i] > 0.85 * expected && chosen[i] < 1.15 * expected);
}

static const UnitTest tests[] = {
    {"counts", test_counts},
    {"chance", test_chance},
    {NULL, NULL},
};

TAP_MAIN("document_sample", tests)
