#include "order_profiles.h"

#include <string.h>

#include "fixtures.h"
#include "standard_profiles.h"
#include "tap.h"

/* The fixture has 2 ages, 2 genders, 2 occupations and 3 users. */
#define STANDARD (6 + 12 + 8)

static GPtrArray *descriptions_of(const Bundle *bundle, const ProfileChoice *choice)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(OrderProfiles) profiles = order_profiles_new(bundle, choice);
    Profile *profile;
    while ((profile = order_profiles_next(profiles)) != NULL) {
        g_ptr_array_add(texts, profile_describe(profile));
        profile_free(profile);
    }
    CU_ASSERT_EQUAL(texts->len, order_profiles_count(profiles));
    CU_ASSERT_PTR_NULL(order_profiles_next(profiles));
    return texts;
}

static void test_all_combinations(void)
{
    const ProfileChoice choice = {0};
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    g_autoptr(GPtrArray) texts = descriptions_of(bundle, &choice);
    g_autoptr(GHashTable) different = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < texts->len; i++)
        g_hash_table_add(different, g_ptr_array_index(texts, i));
    CU_ASSERT_EQUAL(texts->len, STANDARD);
    CU_ASSERT_EQUAL(g_hash_table_size(different), STANDARD);
    CU_ASSERT(g_hash_table_contains(different, "age 35, gender F, occupation 12"));
}

static void test_users_and_random_ones(void)
{
    const ProfileChoice choice = {.random = 40, .seed = 5, .all_users = TRUE};
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    g_autoptr(GPtrArray) texts = descriptions_of(bundle, &choice);
    g_autoptr(GPtrArray) again = descriptions_of(bundle, &choice);
    CU_ASSERT_EQUAL(texts->len, STANDARD + 40 + 3);
    for (guint i = 0; i < texts->len; i++)
        CU_ASSERT_STRING_EQUAL(g_ptr_array_index(texts, i), g_ptr_array_index(again, i));
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(texts, STANDARD + 40), "user 2");
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(texts, STANDARD + 42), "user 11");
}

static char *description_at(const StandardProfiles *profiles, guint at)
{
    g_autoptr(Profile) profile = standard_profiles_get(profiles, at);
    return profile_describe(profile);
}

/* More combinations than anybody waits for: as many as the limit, all different. */
static void test_many_types(void)
{
    g_autoptr(FeatureTable) features = feature_table_new();
    for (guint t = 0; t < 12; t++) {
        for (guint v = 0; v < 10; v++) {
            g_autofree char *type = g_strdup_printf("type%u", t);
            g_autofree char *value = g_strdup_printf("%u", v);
            const Feature feature = {.type = type, .value = value};
            CU_ASSERT(feature_table_add(features, &feature, NULL, NULL));
        }
    }
    g_autoptr(StandardProfiles) profiles = standard_profiles_new(features);
    const guint count = standard_profiles_count(profiles), begin = count - STANDARD_MOST;
    g_autoptr(GHashTable) different = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < count; i++)
        g_hash_table_add(different, description_at(profiles, i));
    g_autofree char *first = description_at(profiles, begin);
    g_autofree char *last = description_at(profiles, count - 1);
    /* Evenly spaced: from the first value of the first type to its last one. */
    CU_ASSERT(g_str_has_prefix(first, "type0 0,"));
    CU_ASSERT(g_str_has_prefix(last, "type0 9,"));
    CU_ASSERT_EQUAL(count, 120 + 2 * STANDARD_MOST); /* values, 6,600 pairs, combinations */
    CU_ASSERT_EQUAL(g_hash_table_size(different), count);
    CU_ASSERT_EQUAL(standard_profiles_all(profiles), 120 + 6600 + 1000000000000);
}

/* More values than can be asked for, and far more pairs: as many as the limit of each, from the
 * first to the last type. */
static void test_many_values(void)
{
    const FixtureType types[] = {{FEATURE_MOVIE, 2}, {"zip", 3000}, {"city", 3000}};
    g_autoptr(Bundle) bundle = fixture_bundle_of(types, G_N_ELEMENTS(types), 1, 1, 3);
    g_autoptr(StandardProfiles) profiles = standard_profiles_new(bundle->features);
    const ProfileChoice choice = {0};
    g_autoptr(GPtrArray) texts = descriptions_of(bundle, &choice);
    CU_ASSERT_EQUAL(standard_profiles_all(profiles), 9006000);
    CU_ASSERT_EQUAL(texts->len, 2 * STANDARD_MOST);
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(texts, 0), "zip 0");
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(texts, 999), "city 2994");
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(texts, 1000), "zip 0, city 0");
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(texts, 1999), "zip 2997, city 0");
}

/* Movies alone are ranked too: nothing asked would be nothing found. */
static void test_nobody(void)
{
    const FixtureType types[] = {{FEATURE_MOVIE, 2}}, users[] = {{FEATURE_MOVIE, 2}, {"user", 2}};
    const ProfileChoice random = {.random = 5}, none = {.random_only = TRUE};
    g_autoptr(Bundle) movies = fixture_bundle_of(types, 1, 1, 1, 3);
    g_autoptr(Bundle) both = fixture_bundle_of(users, 2, 1, 1, 3);
    g_autoptr(GPtrArray) alone = descriptions_of(movies, &random);
    g_autoptr(GPtrArray) idle = descriptions_of(both, &none);
    g_autoptr(GPtrArray) busy = descriptions_of(both, &random);
    CU_ASSERT(alone->len == 1 && strcmp(g_ptr_array_index(alone, 0), "") == 0);
    CU_ASSERT_EQUAL(idle->len, 1);
    CU_ASSERT_EQUAL(busy->len, 5);
}

/* The average person comes first, where the model has one. */
static void test_anyone(void)
{
    const ProfileChoice all = {0}, random = {.random = 3, .random_only = TRUE};
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    bundle->form.interactions = INTERACTIONS_MOVIE;
    g_autoptr(GPtrArray) texts = descriptions_of(bundle, &all);
    g_autoptr(GPtrArray) few = descriptions_of(bundle, &random);
    CU_ASSERT_EQUAL(texts->len, STANDARD + 1);
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(texts, 0), "anyone");
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(texts, 1), "age 18");
    CU_ASSERT_EQUAL(few->len, 3);
}

/* Users who have attributes are asked for as whole persons and by themselves. */
static void test_parts_of_persons(void)
{
    const ProfileChoice choice = {.random = 400, .seed = 1, .random_only = TRUE};
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    fixture_set_attributes(bundle->features);
    g_autoptr(OrderProfiles) profiles = order_profiles_new(bundle, &choice);
    guint parts = 0, users = 0;
    for (guint i = 0; i < 400; i++) {
        g_autoptr(Profile) profile = order_profiles_next(profiles);
        const char *user = profile_value(profile, FEATURE_USER);
        const gboolean has_attributes = user != NULL && strcmp(user, "11") != 0;
        users += has_attributes;
        parts += profile->user_only;
        CU_ASSERT(has_attributes || !profile->user_only);
    }
    CU_ASSERT(users > 100 && parts > users / 3 && parts < 2 * users / 3);
}

static const UnitTest tests[] = {
    {"all combinations", test_all_combinations},
    {"users and random ones", test_users_and_random_ones},
    {"many types", test_many_types},
    {"many values", test_many_values},
    {"anyone", test_anyone},
    {"parts of persons", test_parts_of_persons},
    {"nobody to ask for", test_nobody},
    {NULL, NULL},
};

TAP_MAIN("order_profiles", tests)
