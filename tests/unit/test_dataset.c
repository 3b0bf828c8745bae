#include "dataset.h"

#include "fixtures.h"
#include "tap.h"

static void test_new(void)
{
    FeatureTable *table = fixture_features();
    g_autoptr(Dataset) dataset = dataset_new("some/where", 7, 3, table);
    CU_ASSERT_STRING_EQUAL(dataset->source, "some/where");
    CU_ASSERT_EQUAL(dataset->rows, 7);
    CU_ASSERT_EQUAL(dataset->fields, 3);
    CU_ASSERT_PTR_EQUAL(dataset->table, table);
    for (guint i = 0; i < 21; i++)
        CU_ASSERT_EQUAL(dataset->features[i], 0);
    for (guint i = 0; i < 7; i++)
        CU_ASSERT_EQUAL(dataset->ratings[i], 0);
}

static void test_empty(void)
{
    g_autoptr(Dataset) dataset = dataset_new("x", 0, 5, feature_table_new());
    CU_ASSERT_EQUAL(dataset->rows, 0);
    dataset_free(NULL);
}

/* Times remain as long as both have them. */
static void test_append(void)
{
    FeatureTable *table = fixture_features();
    g_autoptr(Dataset) first = dataset_new("x", 2, 2, table);
    g_autoptr(Dataset) second = dataset_new("y", 1, 2, feature_table_ref(table));
    first->times = g_new(gint64, 2);
    second->times = g_new(gint64, 1);
    first->times[0] = 5;
    first->times[1] = 6;
    second->times[0] = 1;
    second->ratings[0] = 3;
    CU_ASSERT(dataset_append(first, second, NULL));
    CU_ASSERT_EQUAL(first->rows, 3);
    CU_ASSERT_EQUAL(first->ratings[2], 3);
    CU_ASSERT(first->times != NULL && first->times[1] == 6 && first->times[2] == 1);
    g_clear_pointer(&second->times, g_free);
    CU_ASSERT(dataset_append(first, second, NULL));
    CU_ASSERT_EQUAL(first->rows, 4);
    CU_ASSERT_PTR_NULL(first->times);
}

static const UnitTest tests[] = {
    {"new", test_new},
    {"empty", test_empty},
    {"append", test_append},
    {NULL, NULL},
};

TAP_MAIN("dataset", tests)
