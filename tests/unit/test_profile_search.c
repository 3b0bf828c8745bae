#include "profile_search.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "forms.h"
#include "local_scorer.h"
#include "rng.h"
#include "tap.h"

#define USERS 500
#define K 16

static Bundle *large_bundle(guint32 seed)
{
    const FixtureType types[] = {
        {"user", USERS}, {"movie", 30}, {"age", 7}, {"gender", 2}, {"occupation", 21}};
    return fixture_bundle_of(types, G_N_ELEMENTS(types), K, 0.2, seed);
}

static Profile *random_profile(GRand *random)
{
    const char *const types[] = {"user", "age", "gender", "occupation"};
    const guint counts[] = {USERS, 7, 2, 21};
    Profile *profile = profile_new();
    for (guint t = 0; t < G_N_ELEMENTS(types); t++) {
        g_autofree char *value = g_strdup_printf("%u", rng_below(random, counts[t]));
        if (g_rand_boolean(random) || (t == 3 && profile_size(profile) == 0))
            profile_add(profile, types[t], value);
    }
    return profile;
}

static gboolean same_features(const Profile *a, const Profile *b)
{
    guint same = 0;
    if (b == NULL || profile_size(a) != profile_size(b))
        return FALSE;
    for (guint i = 0; i < profile_size(a); i++)
        for (guint j = 0; j < profile_size(b); j++)
            same += strcmp(profile_get(a, i)->type, profile_get(b, j)->type) == 0 &&
                    strcmp(profile_get(a, i)->value, profile_get(b, j)->value) == 0;
    return same == profile_size(a);
}

/* The query is 0 in the rating half; whoever leaves that half in is no profile's. */
static void test_two_halves(void)
{
    const ModelForm form = form_of(OBJECTIVE_BOTH, LINK_IDENTITY, 6);
    guint32 seed = tap_seed();
    g_autoptr(Bundle) bundle = large_bundle(seed);
    for (guint i = 0; i < USERS; i++) /* who differ most in the half that is not looked at */
        bundle->model->embeddings[(gsize)i * K + 2] *= 10;
    g_free(form_apply(bundle, &form, seed));
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    for (guint i = 0; i < 50; i++) {
        g_auto(ProfileMatch) match = {0}, whole = {0};
        g_autoptr(Profile) profile = random_profile(random);
        g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
        profile_search(&match, bundle, sum->query);
        CU_ASSERT(same_features(profile, match.profile));
        CU_ASSERT_EQUAL(match.differing, 0);
        profile_search(&whole, bundle, sum->rating_query);
        CU_ASSERT_PTR_NULL(whole.profile);
    }
}

static void test_exact(void)
{
    guint32 seed = tap_seed();
    g_autoptr(Bundle) bundle = large_bundle(seed);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    for (guint i = 0; i < 100; i++) {
        g_auto(ProfileMatch) match = {0};
        g_autoptr(Profile) profile = random_profile(random);
        g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
        profile_search(&match, bundle, sum->query);
        CU_ASSERT(same_features(profile, match.profile));
        CU_ASSERT_EQUAL(match.differing, 0);
        CU_ASSERT_FALSE(match.gave_up);
    }
}

/* What a client makes that adds in float32, one vector after the other, last to first. */
static void test_float_sums(void)
{
    guint32 seed = tap_seed();
    g_autoptr(Bundle) bundle = large_bundle(seed);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    guint differing = 0;
    for (guint i = 0; i < 100; i++) {
        g_auto(ProfileMatch) match = {0};
        g_autoptr(Profile) profile = random_profile(random);
        float query[K] = {0};
        for (guint p = profile_size(profile); p-- > 0;) {
            guint index;
            const ProfileFeature *feature = profile_get(profile, p);
            CU_ASSERT(feature_table_find(bundle->features, feature->type, feature->value, &index));
            for (guint f = 0; f < K; f++)
                query[f] += fm_vector(bundle->model, index)[f];
        }
        profile_search(&match, bundle, query);
        CU_ASSERT(same_features(profile, match.profile));
        differing += match.differing;
    }
    CU_ASSERT(differing > 0);
}

static void test_none(void)
{
    guint32 seed = tap_seed();
    g_autoptr(Bundle) bundle = large_bundle(seed);
    g_autoptr(Profile) profile = profile_new();
    profile_add(profile, "user", "17");
    profile_add(profile, "age", "3");
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
    g_auto(ProfileMatch) match = {0}, zero = {0}, two = {0};
    /* One component, a few units in the last place away. */
    sum->query[K - 1] += 32 * 0x1p-24f * fabsf(sum->query[K - 1]) + 0x1p-20f;
    profile_search(&match, bundle, sum->query);
    CU_ASSERT_PTR_NULL(match.profile);
    const float nothing[K] = {0};
    profile_search(&zero, bundle, nothing);
    CU_ASSERT_PTR_NULL(zero.profile);
    /* Two users are no profile. */
    float users[K];
    for (guint f = 0; f < K; f++)
        users[f] = (float)((double)fm_vector(bundle->model, 3)[f] + fm_vector(bundle->model, 4)[f]);
    profile_search(&two, bundle, users);
    CU_ASSERT_PTR_NULL(two.profile);
}

/* The fewest features of those whose sums are equal. */
static void test_fewest(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(5, 3);
    guint gender, age;
    CU_ASSERT(feature_table_find(bundle->features, "gender", "M", &gender));
    CU_ASSERT(feature_table_find(bundle->features, "age", "18", &age));
    memset(bundle->model->embeddings + (gsize)age * 5, 0, 5 * sizeof(float));
    g_auto(ProfileMatch) match = {0};
    profile_search(&match, bundle, fm_vector(bundle->model, gender));
    CU_ASSERT(match.profile != NULL && profile_size(match.profile) == 1);
}

/* Where everybody is the same nothing can be told apart, and it ends all the same. */
static void test_gives_up(void)
{
    g_autoptr(Bundle) bundle = large_bundle(1);
    const guint n = feature_table_size(bundle->features);
    memset(bundle->model->embeddings, 0, (gsize)n * K * sizeof(float));
    g_autofree float *query = g_new0(float, K);
    query[0] = 1;
    g_auto(ProfileMatch) match = {0};
    profile_search(&match, bundle, query);
    CU_ASSERT_PTR_NULL(match.profile);
}

static const UnitTest tests[] = {
    {"two halves", test_two_halves},
    {"exact", test_exact},
    {"sums in float32", test_float_sums},
    {"no profile", test_none},
    {"fewest", test_fewest},
    {"all the same", test_gives_up},
    {NULL, NULL},
};

TAP_MAIN("profile_search", tests)
