#include "mapping_check.h"

#include <string.h>

#include "fixtures.h"
#include "index_definition.h"
#include "tap.h"

/* What a server answers to GET /ALIAS/_mapping, with `from` replaced in it, and what is found. */
static Report *check_release(const Bundle *released, const Bundle *bundle, const char *from,
                             const char *to)
{
    g_autofree char *definition = index_definition_of(released, DOC_IDS_BY_VALUE);
    g_autofree char *answer = g_strdup_printf("{\"recsys-1\": %s}", definition);
    g_auto(GStrv) parts = g_strsplit(answer, from, 2);
    CU_ASSERT_EQUAL(g_strv_length(parts), 2);
    g_autofree char *edited = g_strjoinv(to, parts);
    g_autoptr(GError) error = NULL;
    g_autoptr(ReleaseMeta) release = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    release->tree = json_parse(edited, "the answer", &error);
    CU_ASSERT_PTR_NULL(error);
    Report *report = report_new();
    if (release->tree != NULL)
        CU_ASSERT(mapping_check(report, release, bundle, &error));
    CU_ASSERT_PTR_NULL(error);
    return report;
}

static Report *check(const char *from, const char *to)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 7);
    return check_release(bundle, bundle, from, to);
}

static const char *first_of(const Report *report)
{
    return report->first_violations->len > 0 ? g_ptr_array_index(report->first_violations, 0) : "";
}

static void check_found(const char *from, const char *to, guint64 violations, const char *first)
{
    g_autoptr(Report) report = check(from, to);
    CU_ASSERT_EQUAL(report->violations, violations);
    const char *found = first_of(report);
    CU_ASSERT_PTR_NOT_NULL(strstr(found, first));
    if (report->violations != violations || strstr(found, first) == NULL)
        printf("# %s -> %s: %s\n", from, to, found);
}

static void test_the_same(void)
{
    check_found("mappings", "mappings", 0, "");
}

/* Servers spell some values differently and add some of their own. */
static void test_what_does_not_matter(void)
{
    check_found("\"dynamic\": \"strict\"", "\"dynamic\": \"strict\", \"date_detection\": false", 0,
                "");
    check_found("\"type\": \"double\"", "\"type\": \"double\", \"ignore_malformed\": false", 0, "");
    check_found("\"n\":13", "\"n\":13.0", 0, "");
    check_found("\"format\":1", "\"later\":2,\"format\":1", 0, "");
}

static void test_fields(void)
{
    const char *const edits[][3] = {
        {"\"dims\": 3", "\"dims\": 4", "properties.embedding.dims is 4, the bundle needs 3"},
        {"\"index\": false", "\"index\": true", "properties.embedding.index is true"},
        {", \"index\": false", "", "properties.embedding.index is absent, the bundle needs false"},
        {"\"dense_vector\"", "\"float\"", "properties.embedding.type is float"},
        {"\"type\": \"double\"", "\"type\": \"float\"", "properties.bias.type is float"},
        {"\"dynamic\": \"strict\"", "\"dynamic\": \"true\"",
         "dynamic is true, the bundle needs strict"},
        {"\"title\": {\"type\": \"keyword\"}", "\"title\": {\"type\": \"text\"}",
         "properties.title.type is text"},
        {"\"title\": {\"type\": \"keyword\"}", "\"title\": \"keyword\"",
         "properties.title.type is absent"},
        {"\"bias\"", "\"BIAS\"", "properties.bias.type is absent"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++)
        check_found(edits[i][0], edits[i][1], strcmp(edits[i][1], "\"BIAS\"") == 0 ? 2 : 1,
                    edits[i][2]);
}

static void test_extra_fields(void)
{
    check_found("\"bias\": {", "\"spare\": {\"type\": \"keyword\"}, \"bias\": {", 1,
                "there is a field spare that the bundle does not have");
    check_found("\"index\": false", "\"index\": false, \"similarity\": \"cosine\"", 1,
                "similarity is cosine");
}

static void test_meta(void)
{
    const char *const edits[][3] = {
        {"\"model_id\":\"0123456789ab\"", "\"model_id\":\"000000000000\"",
         "_meta.model_id is 000000000000, the bundle needs 0123456789ab"},
        {"\"n\":13", "\"n\":12", "_meta.n is 12, the bundle needs 13"},
        {"\"scale\":5.5", "\"scale\":5.500000000000001", "_meta.scale is 5.5000000000000009"},
        {"\"scale\":5.5", "\"scale\":null", "_meta.scale is null"},
        {"\"link\":\"sigmoid\"", "\"link\":\"identity\"", "_meta.link is identity"},
        {"\"age\":{\"18\":7", "\"age\":{\"18\":8",
         "_meta.features.age.18 is 8, the bundle needs 7"},
        {"\"max_movie_norm\":", "\"max_movie_norm\":0,\"x\":", "_meta.max_movie_norm is 0"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++)
        check_found(edits[i][0], edits[i][1], 1, edits[i][2]);
}

/* A release without attributes, of a bundle without them, is right; one of a bundle that has them
 * is not, and the other way round. */
static void test_attributes(void)
{
    g_autoptr(Bundle) with = fixture_bundle(3, 7), without = fixture_bundle(3, 7);
    fixture_set_attributes(with->features);
    g_autoptr(Report) same = check_release(with, with, "mappings", "mappings");
    CU_ASSERT_EQUAL(same->violations, 0);
    g_autoptr(Report) absent = check_release(without, with, "mappings", "mappings");
    CU_ASSERT_EQUAL(absent->kinds[VIOLATION_MAPPING].count, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(first_of(absent), "properties.attributes.type is absent"));
    g_autoptr(Report) extra = check_release(with, without, "mappings", "mappings");
    CU_ASSERT_EQUAL(extra->violations, 1);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(first_of(extra), "there is a field attributes that the bundle does not have"));
}

static void test_no_mapping_at_all(void)
{
    g_autoptr(Report) report = check("\"mappings\"", "\"other\"");
    CU_ASSERT(report->violations > 20);
    CU_ASSERT_EQUAL(report->first_violations->len, REPORT_SHOWN);
}

static const UnitTest tests[] = {
    {"the same", test_the_same},
    {"what does not matter", test_what_does_not_matter},
    {"fields", test_fields},
    {"extra fields", test_extra_fields},
    {"_meta", test_meta},
    {"attributes", test_attributes},
    {"no mapping at all", test_no_mapping_at_all},
    {NULL, NULL},
};

TAP_MAIN("mapping_check", tests)
