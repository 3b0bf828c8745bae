#include "user_attributes.h"

#include "dataset_read.h"
#include "datasets.h"
#include "feature_file.h"
#include "recsys_error.h"
#include "tap.h"

/* "age 25, gender M" of a user. */
static char *describe(const FeatureTable *table, const char *user)
{
    guint index;
    GString *text = g_string_new(NULL);
    CU_ASSERT(feature_table_find(table, FEATURE_USER, user, &index));
    const Attributes attributes = feature_table_attributes(table, index);
    for (guint i = 0; i < attributes.count; i++) {
        const Feature *feature = feature_table_get(table, attributes.indices[i]);
        g_string_append_printf(text, "%s%s %s", i > 0 ? ", " : "", feature->type, feature->value);
    }
    return g_string_free(text, FALSE);
}

static void check(const FeatureTable *table, const char *user, const char *expected)
{
    g_autofree char *found = describe(table, user);
    CU_ASSERT_STRING_EQUAL(found, expected);
}

/* A country is a person's; a device that differs between two of their ratings is not. */
static const char rows[] = "user,item,rating,country,device\n"
                           "a,x,4,fr,phone\n"
                           "a,y,3,fr,tv\n"
                           "b,x,2,dk,phone\n";

static Dataset *read_rows(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "rows.csv", NULL);
    CU_ASSERT(g_file_set_contents(path, rows, -1, NULL));
    return dataset_read(path, NULL);
}

static void test_found_in_rows(void)
{
    g_autoptr(Dataset) data = read_rows();
    check(data->table, "a", "country fr");
    check(data->table, "b", "country dk");
    guint movie = 0;
    CU_ASSERT(feature_table_find(data->table, FEATURE_MOVIE, "x", &movie));
    CU_ASSERT_EQUAL(feature_table_attributes(data->table, movie).count, 0);
}

static void test_file_keeps_them(void)
{
    g_autoptr(Dataset) data = read_rows();
    g_autoptr(GBytes) file = feature_file_encode(data->table);
    g_autoptr(FeatureTable) read = feature_file_decode(file, "features.jsonl", NULL);
    check(read, "a", "country fr");
    check(read, "b", "country dk");
}

static void check_refused(const char *attributes, const char *message)
{
    g_autofree char *text =
        g_strdup_printf("{\"index\":0,\"type\":\"user\",\"value\":\"a\",\"attributes\":%s}\n"
                        "{\"index\":1,\"type\":\"movie\",\"value\":\"x\"}\n"
                        "{\"index\":2,\"type\":\"age\",\"value\":\"25\"}\n",
                        attributes);
    g_autoptr(GBytes) file = g_bytes_new(text, strlen(text));
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(feature_file_decode(file, "features.jsonl", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static void test_wrong_files(void)
{
    check_refused("{\"age\":\"18\"}", "features.jsonl:1: the attribute age \"18\" is no feature");
    check_refused("{\"movie\":\"x\"}", "the attribute movie \"x\" is no feature");
    check_refused("{\"age\":25}", "the attribute age \"\" is no feature");
    check_refused("[\"25\"]", "features.jsonl:1: attributes must be an object");
}

static const UnitTest tests[] = {
    {"found in the rows", test_found_in_rows},
    {"kept in features.jsonl", test_file_keeps_them},
    {"files that are wrong", test_wrong_files},
    {NULL, NULL},
};

TAP_MAIN("user_attributes", tests)
