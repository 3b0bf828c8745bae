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

static const UnitTest tests[] = {
    {"new", test_new},
    {"empty", test_empty},
    {NULL, NULL},
};

TAP_MAIN("dataset", tests)
