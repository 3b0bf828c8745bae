#include "load.h"

#include "fixtures.h"
#include "index_definition.h"
#include "tap.h"

#define INDEX "recsys-20260101-030000-0123456789ab"

/* The definition for loading as a tree. */
static yajl_val definition_of(const LoadOptions *options)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    g_autofree char *usual = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    g_autofree char *text = load_definition(usual, INDEX, options);
    return json_parse(text, "the definition", NULL);
}

static void test_alias(void)
{
    g_autofree char *name = load_alias(INDEX);
    g_auto(yajl_val) definition = definition_of(&(LoadOptions){0});
    CU_ASSERT_STRING_EQUAL(name, INDEX "-loading");
    CU_ASSERT(YAJL_IS_OBJECT(json_get(definition, "aliases." INDEX "-loading")));
    CU_ASSERT(YAJL_IS_OBJECT(json_get(definition, "mappings.properties.embedding")));
}

static void test_shards(void)
{
    gint64 shards = 0;
    g_auto(yajl_val) usual = definition_of(&(LoadOptions){0});
    g_auto(yajl_val) more = definition_of(&(LoadOptions){.shards = 7});
    CU_ASSERT(json_get_int(usual, "settings.number_of_shards", &shards));
    CU_ASSERT_EQUAL(shards, 1);
    CU_ASSERT(json_get_int(more, "settings.number_of_shards", &shards));
    CU_ASSERT_EQUAL(shards, 7);
}

static const UnitTest tests[] = {
    {"the alias for loading", test_alias},
    {"shards", test_shards},
    {NULL, NULL},
};

TAP_MAIN("load", tests)
