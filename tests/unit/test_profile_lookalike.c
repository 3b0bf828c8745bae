#include "profile_lookalike.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "forms.h"
#include "local_scorer.h"
#include "tap.h"

#define USERS 300
#define K 16

static Bundle *a_bundle(guint k)
{
    const FixtureType types[] = {
        {"user", USERS}, {"movie", 30}, {"age", 7}, {"gender", 2}, {"occupation", 21}};
    return fixture_bundle_of(types, G_N_ELEMENTS(types), k, 0.2, 5);
}

static const float *vector_of(const Bundle *bundle, const char *type, const char *value)
{
    guint feature = 0;
    CU_ASSERT(feature_table_find(bundle->features, type, value, &feature));
    return fm_vector(bundle->model, feature);
}

/* a·age 3 + g·gender 1 + u·user 7, in float32 */
static void combine(float *query, const Bundle *bundle, float a, float g, float u)
{
    const float *age = vector_of(bundle, "age", "3"), *gender = vector_of(bundle, "gender", "1"),
                *user = vector_of(bundle, "user", "7");
    for (guint f = 0; f < bundle->model->k; f++)
        query[f] = a * age[f] + g * gender[f] + u * user[f];
}

static void check_words(const Bundle *bundle, const float *query, const char *words)
{
    g_autofree char *found = profile_lookalike(bundle, query);
    if (g_strcmp0(found, words) != 0)
        printf("# \"%s\" instead of \"%s\"\n", found != NULL ? found : "(nothing)",
               words != NULL ? words : "(nothing)");
    CU_ASSERT_EQUAL(g_strcmp0(found, words), 0);
}

static void test_slips(void)
{
    const struct {
        float age, gender, user;
        const char *words;
    } cases[] = {
        {0.5f, 0.5f, 0, "the average of the vectors of {age 3, gender 1}, not their sum"},
        {1 / 3.0f, 1 / 3.0f, 1 / 3.0f,
         "the average of the vectors of {user 7, age 3, gender 1}, not their sum"},
        {-1, -1, 0, "minus the sum of the vectors of {age 3, gender 1}"},
        {0, 0, -1, "minus the sum of the vectors of {user 7}"},
        {0.3f, 0.3f, 0, "the sum of the vectors of {age 3, gender 1} scaled by 0.3"},
        {1.0001f, 1.0001f, 0, "the sum of the vectors of {age 3, gender 1} scaled by 1.0001"},
        {2, 0, 0, "the sum of the vectors of {age 3} with that of age 3 added twice"},
        {1, 2, 0, "the sum of the vectors of {age 3, gender 1} with that of gender 1 added twice"},
        {1, 1, 2,
         "the sum of the vectors of {user 7, age 3, gender 1} with that of user 7 added twice"},
        {1, -1, 0,
         "the sum of the vectors of {age 3, gender 1} with that of gender 1 subtracted, not added"},
        {0, 0, 0, NULL},
        {1, 0.7f, 0, NULL},
        {1 + 0x1p-20f, 1 + 0x1p-20f, 0, NULL}, /* near enough to be somebody's rounding */
    };
    g_autoptr(Bundle) bundle = a_bundle(K);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        float query[K];
        combine(query, bundle, cases[i].age, cases[i].gender, cases[i].user);
        check_words(bundle, query, cases[i].words);
    }
}

static void test_length_and_order(void)
{
    float query[K], reversed[K];
    double squares = 0;
    g_autoptr(Bundle) bundle = a_bundle(K);
    combine(query, bundle, 1, 1, 0);
    for (guint f = 0; f < K; f++) {
        reversed[K - 1 - f] = query[f];
        squares += (double)query[f] * query[f];
    }
    check_words(bundle, reversed, "that of {age 3, gender 1} with its components reversed");
    for (guint f = 0; f < K; f++)
        query[f] = (float)(query[f] / sqrt(squares));
    g_autofree char *words =
        g_strdup_printf("the sum of the vectors of {age 3, gender 1} scaled to length 1, by %.6g",
                        1 / sqrt(squares));
    check_words(bundle, query, words);
}

/* One component off, and nothing is claimed. */
static void test_nearly(void)
{
    g_autoptr(Bundle) bundle = a_bundle(K);
    for (guint f = 0; f < K; f++) {
        float query[K];
        combine(query, bundle, 0.5f, 0.5f, 0);
        query[f] *= 1 + 0x1p-18f;
        check_words(bundle, query, NULL);
        combine(query, bundle, 1, 2, 0);
        query[f] *= 1 + 0x1p-18f;
        check_words(bundle, query, NULL);
    }
}

/* Every vector of one component is a multiple of every other. */
static void test_few_components(void)
{
    float query[3] = {0};
    g_autoptr(Bundle) two = a_bundle(2), three = a_bundle(3);
    combine(query, two, -1, -1, 0);
    check_words(two, query, NULL);
    combine(query, three, -1, -1, 0);
    check_words(three, query, "minus the sum of the vectors of {age 3, gender 1}");
    query[1] = 0;
    check_words(three, query, NULL);
}

/* Slips are found in the half for lists; the other, which is to be 0, has one of its own. */
static void test_two_halves(void)
{
    const ModelForm form = form_of(OBJECTIVE_BOTH, LINK_IDENTITY, 6);
    g_autoptr(Bundle) bundle = a_bundle(K);
    g_free(form_apply(bundle, &form, 5));
    float query[K];
    combine(query, bundle, 1, 1, 1);
    check_words(bundle, query,
                "that of {user 7, age 3, gender 1}, but the rating half is not zero: the first 6 "
                "components must be 0 for a list");
    combine(query, bundle, 2, 1, 0);
    memset(query, 0, 6 * sizeof *query);
    check_words(bundle, query,
                "the sum of the vectors of {age 3, gender 1} with that of age 3 added twice");
    combine(query, bundle, 0.5f, 0.5f, 0);
    memset(query, 0, 6 * sizeof *query);
    check_words(bundle, query, "the average of the vectors of {age 3, gender 1}, not their sum");
}

static const UnitTest tests[] = {
    {"two halves", test_two_halves},
    {"slips", test_slips},
    {"length 1 and reversed", test_length_and_order},
    {"nearly a slip", test_nearly},
    {"few components", test_few_components},
    {NULL, NULL},
};

TAP_MAIN("profile_lookalike", tests)
