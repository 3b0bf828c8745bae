#include "whole_person.h"

#include <string.h>

#include "feature_cache.h"
#include "fixtures.h"
#include "index_definition.h"
#include "recsys_error.h"
#include "tap.h"

/* A release as a client sees it. */
typedef struct {
    yajl_val entry;
    ReleaseMeta *meta;
} Release;

static void release_clear(Release *release)
{
    release_meta_free(release->meta);
    yajl_tree_free(release->entry);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Release, release_clear)

static Release release_of(DocIds doc_ids, const char *index)
{
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    const Feature odd[] = {{.type = "age_group", .value = "1_8"}, {.type = "age", .value = "1_8"}};
    for (guint i = 0; i < G_N_ELEMENTS(odd); i++)
        CU_ASSERT(feature_table_add(bundle->features, &odd[i], NULL, NULL));
    g_autofree char *definition = index_definition_of(bundle, doc_ids);
    Release release = {.entry = json_parse(definition, "the definition", NULL)};
    release.meta = release_meta_read(index, release.entry);
    CU_ASSERT_PTR_NOT_NULL(release.meta);
    return release;
}

static void check_id(const ReleaseMeta *meta, const char *id, const char *expected)
{
    const char *type = "", *value = "";
    const gboolean found = release_meta_find_id(meta, id, &type, &value);
    g_autofree char *text = g_strdup_printf("%s %s", type, value);
    CU_ASSERT_EQUAL(found, expected != NULL);
    if (expected != NULL)
        CU_ASSERT_STRING_EQUAL(text, expected);
}

static void test_ids(void)
{
    g_auto(Release) values = release_of(DOC_IDS_BY_VALUE, "i");
    g_auto(Release) indices = release_of(DOC_IDS_BY_FEATURE_INDEX, "i");
    check_id(values.meta, "age_18", "age 18");
    check_id(values.meta, "age_1_8", "age 1_8");
    check_id(values.meta, "age_group_1_8", "age_group 1_8");
    check_id(indices.meta, "gender_10", "gender M");
    check_id(indices.meta, "age_group_13", "age_group 1_8");
    const char *const none[] = {"age_17",  "age", "age_",      "user_2",
                                "movie_1", "",    "gender_M ", "ageX18"};
    for (guint i = 0; i < G_N_ELEMENTS(none); i++)
        check_id(values.meta, none[i], NULL);
    check_id(indices.meta, "gender_M", NULL);
    check_id(indices.meta, "gender_7", NULL);
}

static Profile *person(const char *type, const char *value)
{
    Profile *profile = profile_new();
    profile_add(profile, FEATURE_USER, "2");
    if (type != NULL)
        profile_add(profile, type, value);
    return profile;
}

static void check_rest(const Profile *profile, const char *expected)
{
    static char *const ids[] = {"occupation_12", "age_18", "gender_M", NULL};
    g_auto(Release) release = release_of(DOC_IDS_BY_VALUE, "i");
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) rest = whole_person_rest(release.meta, profile, ids, &error);
    CU_ASSERT_PTR_NULL(error);
    g_autofree char *text = rest != NULL ? profile_describe(rest) : NULL;
    CU_ASSERT_EQUAL(g_strcmp0(text, expected), 0);
}

static void test_rest(void)
{
    g_autoptr(Profile) user = person(NULL, NULL), age = person("age", "35");
    g_autoptr(Profile) all = person("age", "18");
    profile_add(all, "gender", "F");
    profile_add(all, "occupation", "0");
    check_rest(user, "occupation 12, age 18, gender M");
    check_rest(age, "occupation 12, gender M");
    check_rest(all, "");
    user->user_only = TRUE;
    check_rest(user, "");
}

static void test_wrong_ids(void)
{
    char *const ids[] = {"age_18", "age_99", NULL};
    g_auto(Release) release = release_of(DOC_IDS_BY_VALUE, "i");
    g_autoptr(Profile) user = person(NULL, NULL);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(whole_person_rest(release.meta, user, ids, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                     "user 2 in i has the attribute age_99, which the release does not have");
    g_autoptr(Profile) none = whole_person_rest(release.meta, user, NULL, NULL);
    CU_ASSERT(none != NULL && profile_size(none) == 0);
}

/* ---- documents that were fetched ---- */

static FeatureVectors *read_user(const char *attributes, GError **error)
{
    g_auto(Release) release = release_of(DOC_IDS_BY_VALUE, "i");
    g_autoptr(Profile) user = person(NULL, NULL);
    g_autofree char *text = g_strdup_printf(
        "{\"docs\":[{\"_index\":\"i\",\"_id\":\"user_2\",\"found\":true,\"_source\":{\"model_id\":"
        "\"%s\",\"bias\":0.5,\"embedding\":[1,2]%s}}]}",
        release.meta->model_id, attributes);
    g_autoptr(GString) answer = g_string_new(text);
    g_auto(LiftedVectors) lifted = {0};
    lifted_vectors_init(&lifted);
    lifted_vectors_take(&lifted, answer);
    g_auto(yajl_val) tree = json_parse(answer->str, "the answer", NULL);
    FeatureVectors *vectors = NULL;
    const Step step =
        feature_vectors_read(&vectors, tree, &lifted, release.meta, user, NULL, error);
    CU_ASSERT_EQUAL(step == STEP_DONE, vectors != NULL);
    return vectors;
}

static void test_reading(void)
{
    g_autoptr(FeatureVectors) with = read_user(",\"attributes\":[\"age_18\",\"gender_M\"]", NULL);
    g_autoptr(FeatureVectors) without = read_user("", NULL);
    CU_ASSERT(with != NULL && with->attributes[0] != NULL && without != NULL);
    if (with == NULL || with->attributes[0] == NULL || without == NULL)
        return;
    g_autofree char *ids = g_strjoinv(" ", with->attributes[0]);
    CU_ASSERT_STRING_EQUAL(ids, "age_18 gender_M");
    CU_ASSERT_PTR_NULL(without->attributes[0]);
    g_autoptr(FeatureVectors) copy = feature_vectors_copy(with);
    CU_ASSERT(g_strv_equal((const char *const *)copy->attributes[0],
                           (const char *const *)with->attributes[0]));
}

static void test_reading_nonsense(void)
{
    const char *const wrong[] = {",\"attributes\":\"age_18\"", ",\"attributes\":[18]",
                                 ",\"attributes\":{}", ",\"attributes\":[[\"age_18\"]]"};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(read_user(wrong[i], &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                         "the attributes of user 2 in i are not a list of ids");
    }
}

/* ---- the memory of them ---- */

static FeatureVectors *one(float value)
{
    FeatureVectors *vectors = feature_vectors_new(1, 2);
    vectors->values[1] = value;
    vectors->biases[0] = (double)value / 2;
    vectors->names[0] = g_strdup("a name");
    return vectors;
}

static void test_cache(void)
{
    const ProfileFeature age = {"age", "18"}, gender = {"gender", "18"}, user = {"user", "2"};
    g_auto(Release) release = release_of(DOC_IDS_BY_VALUE, "i");
    g_auto(Release) other = release_of(DOC_IDS_BY_VALUE, "j");
    g_autoptr(FeatureCache) cache = feature_cache_new();
    g_autoptr(FeatureVectors) in = one(3), out = feature_vectors_new(2, 2);
    feature_cache_bind(cache, release.meta);
    feature_cache_put(cache, &age, in, 0);
    feature_cache_put(cache, &user, in, 0);
    CU_ASSERT_EQUAL(feature_cache_size(cache), 1);
    CU_ASSERT_FALSE(feature_cache_get(cache, &gender, out, 0));
    CU_ASSERT(feature_cache_get(cache, &age, out, 1));
    CU_ASSERT(feature_vectors_get(out, 1)[1] == 3 && out->biases[1] == 1.5);
    CU_ASSERT_EQUAL(g_strcmp0(out->names[1], "a name"), 0);
    feature_cache_bind(cache, release.meta); /* the same: it is kept */
    CU_ASSERT_EQUAL(feature_cache_size(cache), 1);
    feature_cache_bind(cache, other.meta);
    CU_ASSERT_EQUAL(feature_cache_size(cache), 0);
    feature_cache_put(cache, &age, in, 0);
    g_free(other.meta->model_id);
    other.meta->model_id = g_strdup("another");
    feature_cache_bind(cache, other.meta);
    CU_ASSERT_EQUAL(feature_cache_size(cache), 0);
}

static void test_bound(void)
{
    g_autoptr(FeatureCache) cache = feature_cache_new();
    g_autoptr(FeatureVectors) in = one(1);
    for (guint i = 0; i <= FEATURE_CACHE_MOST; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        const ProfileFeature feature = {"zip", value};
        feature_cache_put(cache, &feature, in, 0);
        feature_cache_put(cache, &feature, in, 0);
        CU_ASSERT_EQUAL(feature_cache_size(cache), i == FEATURE_CACHE_MOST ? 1 : i + 1);
    }
}

static const UnitTest tests[] = {
    {"features of ids", test_ids},
    {"the rest of a person", test_rest},
    {"ids that the release does not have", test_wrong_ids},
    {"reading a user", test_reading},
    {"reading nonsense", test_reading_nonsense},
    {"cache", test_cache},
    {"bound of the cache", test_bound},
    {NULL, NULL},
};

TAP_MAIN("whole_person", tests)
