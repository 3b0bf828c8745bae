#include "index_definition.h"

#include <string.h>

#include "fixtures.h"
#include "tap.h"

static void test_mapping(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(17, 1);
    g_autofree char *text = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    g_autoptr(GError) error = NULL;
    g_auto(yajl_val) tree = json_parse(text, "the definition", &error);
    CU_ASSERT_PTR_NULL(error);
    const char *const types[][2] = {
        {"embedding", "dense_vector"}, {"bias", "double"},      {"feature_type", "keyword"},
        {"value", "keyword"},          {"model_id", "keyword"}, {"feature_index", "integer"},
        {"title", "keyword"},          {"genres", "keyword"},   {"year", "short"},
        {"ratings", "integer"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autofree char *path = g_strdup_printf("mappings.properties.%s.type", types[i][0]);
        CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, path), types[i][1]), 0);
    }
    yajl_val properties = json_get(tree, "mappings.properties");
    CU_ASSERT(YAJL_IS_OBJECT(properties) && properties->u.object.len == G_N_ELEMENTS(types));
    gint64 dims = 0;
    CU_ASSERT(json_get_int(tree, "mappings.properties.embedding.dims", &dims) && dims == 17);
    /* Indexed vectors are normalised and quantised; without `index: false` a server indexes them.
     */
    CU_ASSERT(YAJL_IS_FALSE(json_get(tree, "mappings.properties.embedding.index")));
    CU_ASSERT_PTR_NULL(json_get(tree, "mappings.properties.embedding.similarity"));
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "mappings.dynamic"), "strict"), 0);
    CU_ASSERT_PTR_NULL(strstr(text, "${"));
}

/* An index without attributes is as it was before there were any. */
static void test_attributes(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    fixture_set_attributes(bundle->features);
    g_autofree char *text = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    g_auto(yajl_val) tree = json_parse(text, "the definition", NULL);
    yajl_val field = json_get(tree, "mappings.properties.attributes");
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(field, "type"), "keyword"), 0);
    CU_ASSERT(YAJL_IS_FALSE(json_get(field, "index")));
    CU_ASSERT(YAJL_IS_FALSE(json_get(field, "doc_values")));
    CU_ASSERT_PTR_NOT_NULL(json_get(tree, "mappings.properties.title"));
}

static void test_meta(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, DOC_IDS_BY_FEATURE_INDEX);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    release_meta_put(json, meta, bundle);
    g_autofree char *expected = json_take(json, NULL);
    g_autofree char *text = index_definition_of(bundle, DOC_IDS_BY_FEATURE_INDEX);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, expected));
}

static void test_meta_with_odd_values(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    CU_ASSERT(feature_table_add(bundle->features,
                                &(Feature){.type = "group", .value = "\"${dims}\" \\ \303\251"},
                                NULL, NULL));
    g_autofree char *text = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    g_auto(yajl_val) tree = json_parse(text, "the definition", NULL);
    yajl_val group = json_get(tree, "mappings._meta.features.group");
    CU_ASSERT(YAJL_IS_OBJECT(group) && group->u.object.len == 1);
    if (YAJL_IS_OBJECT(group) && group->u.object.len == 1)
        CU_ASSERT_STRING_EQUAL(group->u.object.keys[0], "\"${dims}\" \\ \303\251");
}

static const UnitTest tests[] = {
    {"mapping", test_mapping},
    {"attributes", test_attributes},
    {"_meta", test_meta},
    {"_meta with odd values", test_meta_with_odd_values},
    {NULL, NULL},
};

TAP_MAIN("index_definition", tests)
