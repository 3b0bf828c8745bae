#include "feature_table.h"

#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static guint add(FeatureTable *table, const char *type, const char *value)
{
    guint index = G_MAXUINT;
    CU_ASSERT(feature_table_add(table, &(Feature){.type = type, .value = value}, &index, NULL));
    return index;
}

static void test_indices(void)
{
    g_autoptr(FeatureTable) table = feature_table_new();
    CU_ASSERT_EQUAL(feature_table_size(table), 0);
    CU_ASSERT_EQUAL(add(table, "user", "1"), 0);
    CU_ASSERT_EQUAL(add(table, "movie", "1"), 1);
    CU_ASSERT_EQUAL(add(table, "user", "2"), 2);
    CU_ASSERT(feature_table_add(table, &(Feature){.type = "age", .value = ""}, NULL, NULL));
    CU_ASSERT_EQUAL(feature_table_size(table), 4);
    guint index = 9;
    CU_ASSERT(feature_table_find(table, "user", "2", &index) && index == 2);
    CU_ASSERT(feature_table_find(table, "movie", "1", &index) && index == 1);
    CU_ASSERT(feature_table_find(table, "age", "", NULL));
    index = 9;
    CU_ASSERT_FALSE(feature_table_find(table, "user", "3", &index));
    CU_ASSERT_FALSE(feature_table_find(table, "gender", "1", &index));
    CU_ASSERT_EQUAL(index, 9);
}

static void test_types(void)
{
    g_autoptr(FeatureTable) table = feature_table_new();
    CU_ASSERT_EQUAL(feature_table_types(table)->len, 0);
    add(table, "b", "1");
    add(table, "a", "1");
    add(table, "b", "2");
    const GPtrArray *types = feature_table_types(table);
    CU_ASSERT_EQUAL(types->len, 2);
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(types, 0), "b");
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(types, 1), "a");
    const GArray *b = feature_table_of_type(table, "b");
    CU_ASSERT(b != NULL && b->len == 2);
    CU_ASSERT(b != NULL && g_array_index(b, guint, 0) == 0 && g_array_index(b, guint, 1) == 2);
    CU_ASSERT_PTR_NULL(feature_table_of_type(table, "c"));
}

static void test_twice(void)
{
    g_autoptr(FeatureTable) table = feature_table_new();
    add(table, "user", "7");
    guint index = 9;
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(
        feature_table_add(table, &(Feature){.type = "user", .value = "7"}, &index, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "user 7 is there twice");
    CU_ASSERT_EQUAL(feature_table_size(table), 1);
    CU_ASSERT_EQUAL(feature_table_of_type(table, "user")->len, 1);
    CU_ASSERT_EQUAL(index, 9);
}

/* What was given may be changed or freed afterwards. */
static void test_strings_are_copied(void)
{
    g_autoptr(FeatureTable) table = feature_table_new();
    char type[] = "movie", value[] = "12", title[] = "Title", genre[] = "Drama";
    const char *genres[] = {genre, NULL};
    Feature feature = {type, value, title, genres, 1999, 3};
    CU_ASSERT(feature_table_add(table, &feature, NULL, NULL));
    type[0] = value[0] = title[0] = genre[0] = '#';
    genres[0] = NULL;
    const Feature *got = feature_table_get(table, 0);
    CU_ASSERT_STRING_EQUAL(got->type, "movie");
    CU_ASSERT_STRING_EQUAL(got->value, "12");
    CU_ASSERT_STRING_EQUAL(got->title, "Title");
    CU_ASSERT(got->genres != NULL && g_strcmp0(got->genres[0], "Drama") == 0);
    CU_ASSERT(got->genres != NULL && got->genres[0] != NULL && got->genres[1] == NULL);
    CU_ASSERT_EQUAL(got->year, 1999);
    CU_ASSERT_EQUAL(got->ratings, 3);
    CU_ASSERT(feature_table_find(table, "movie", "12", NULL));
}

static void test_many(void)
{
    g_autoptr(FeatureTable) table = feature_table_new();
    const guint count = 20000;
    for (guint i = 0; i < count; i++) {
        char value[16];
        g_snprintf(value, sizeof value, "%u", i);
        CU_ASSERT_EQUAL(add(table, i % 3 == 0 ? "user" : "movie", value), i);
    }
    for (guint i = 0; i < count; i += 61) {
        char value[16];
        guint index = 0;
        g_snprintf(value, sizeof value, "%u", i);
        CU_ASSERT(feature_table_find(table, i % 3 == 0 ? "user" : "movie", value, &index) &&
                  index == i);
        CU_ASSERT_STRING_EQUAL(feature_table_get(table, i)->value, value);
    }
}

static void test_describe(void)
{
    g_autoptr(FeatureTable) table = fixture_features();
    g_autofree char *ages = feature_table_describe_values(table, "age");
    g_autofree char *none = feature_table_describe_values(table, "height");
    CU_ASSERT_STRING_EQUAL(ages, "18, 35");
    CU_ASSERT_STRING_EQUAL(none, "");
    g_autoptr(FeatureTable) large = feature_table_new();
    for (guint i = 0; i < 26; i++) {
        char value[16];
        g_snprintf(value, sizeof value, "v%u", i);
        add(large, "code", value);
    }
    g_autofree char *many = feature_table_describe_values(large, "code");
    CU_ASSERT(g_str_has_prefix(many, "v0, v1, "));
    CU_ASSERT(g_str_has_suffix(many, ", v24, … (26 in all)"));
}

static const UnitTest tests[] = {
    {"indices", test_indices},
    {"types", test_types},
    {"twice", test_twice},
    {"strings are copied", test_strings_are_copied},
    {"many", test_many},
    {"describe", test_describe},
    {NULL, NULL},
};

TAP_MAIN("feature_table", tests)
