#include "ranking_shares.h"

#include <string.h>

#include "tap.h"

#define K 3

/* A ranking of one movie, with its vector and bias. */
static Ranking *ranking_of(const ModelForm *form)
{
    static const float vector[K] = {2, -1, 0.5f};
    Ranking *ranking = ranking_new("index", "model", form, 0);
    RankedMovie movie = {.vector = g_memdup2(vector, sizeof vector), .bias = 0.25};
    ranking_add(ranking, &movie);
    return ranking;
}

static FeatureVectors *a_profile(void)
{
    static const float values[2 * K] = {1, 2, 3, -4, 0, 2};
    FeatureVectors *profile = feature_vectors_new(2, K);
    memcpy(profile->values, values, sizeof values);
    profile->names[0] = g_strdup("age 18");
    profile->names[1] = g_strdup("gender M");
    return profile;
}

static void check(const ModelForm *form, double age, double gender)
{
    g_autoptr(Ranking) ranking = ranking_of(form);
    g_autoptr(FeatureVectors) profile = a_profile();
    ranking_explain(ranking, profile);
    const double *shares = g_array_index(ranking->movies, RankedMovie, 0).shares;
    CU_ASSERT_STRING_EQUAL(ranking->terms[0], "the movie itself");
    CU_ASSERT_STRING_EQUAL(ranking->terms[2], "gender M");
    CU_ASSERT_PTR_NULL(ranking->terms[3]);
    CU_ASSERT_EQUAL(shares[0], 0.25);
    CU_ASSERT_EQUAL(shares[1], age);
    CU_ASSERT_EQUAL(shares[2], gender);
}

static void test_shares(void)
{
    const ModelForm form = model_form_fm(5.5);
    check(&form, 2 - 2 + 1.5, -8 + 1);
}

/* The score has nothing of the rating half, and so have the shares. */
static void test_two_halves(void)
{
    const ModelForm form = {.objective = OBJECTIVE_BOTH, .rating_dims = 1};
    check(&form, -2 + 1.5, 1);
}

static const UnitTest tests[] = {
    {"shares", test_shares},
    {"two halves", test_two_halves},
    {NULL, NULL},
};

TAP_MAIN("ranking_shares", tests)
