#include "newcomer.h"

#include <string.h>

#include "fixtures.h"
#include "tap.h"

#define K 6

static Newcomer *solve(const Bundle *bundle, const Population *population, const char *gender,
                       guint shown)
{
    FoldInRating ratings[FIXTURE_MOVIES];
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(FeatureVectors) known = feature_vectors_new(gender != NULL ? 1 : 0, K);
    guint index = 0;
    if (gender != NULL) {
        CU_ASSERT(feature_table_find(bundle->features, FEATURE_GENDER, gender, &index));
        profile_add(profile, FEATURE_GENDER, gender);
        known->names[0] = g_strdup_printf("gender %s", gender);
        known->biases[0] = (double)bundle->model->bias[index];
        memcpy(known->values, fm_vector(bundle->model, index), K * sizeof(float));
    }
    for (guint i = 0; i < shown; i++) {
        const guint movie = FIXTURE_FIRST_MOVIE + i;
        ratings[i] = (FoldInRating){fm_vector(bundle->model, movie),
                                    (double)bundle->model->bias[movie], 1 + i};
    }
    const NewcomerModel model = {population, (double)bundle->model->w0, &bundle->form};
    Newcomer *newcomer = newcomer_solve(&model, profile, known, ratings, shown, &error);
    CU_ASSERT_PTR_NULL(error);
    return newcomer;
}

/* The sum is that of its parts, the person among them, as of any profile. */
static void check_sum(const Newcomer *newcomer, const Bundle *bundle)
{
    g_autoptr(ProfileSum) sum =
        feature_vectors_sum(newcomer->parts, (double)bundle->model->w0, &bundle->form);
    CU_ASSERT_DOUBLE_EQUAL(newcomer->sum->offset, sum->offset, 1e-5);
    for (guint f = 0; f < K; f++)
        CU_ASSERT_DOUBLE_EQUAL((double)newcomer->sum->query[f], (double)sum->query[f], 1e-5);
}

static void check_names(const Newcomer *newcomer, const char *expected)
{
    g_autofree char *names = g_strjoinv(", ", newcomer->parts->names);
    CU_ASSERT_STRING_EQUAL(names, expected);
}

static void test_parts(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(K, 3);
    g_autoptr(Population) population = population_of_bundle(bundle);
    g_autoptr(Newcomer) anybody = solve(bundle, population, NULL, 3);
    check_names(anybody, "average age, average gender, average occupation, 3 ratings");
    check_sum(anybody, bundle);
    g_autoptr(Newcomer) woman = solve(bundle, population, "F", 4);
    check_names(woman, "gender F, average age, average occupation, 4 ratings");
    check_sum(woman, bundle);
    g_autoptr(Population) nobody = population_read(NULL, K);
    g_autoptr(Newcomer) old = solve(bundle, nobody, "F", 4);
    check_names(old, "gender F, 4 ratings");
    check_sum(old, bundle);
}

/* Of somebody who has rated nothing there is only the average user. */
static void test_average(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(K, 3);
    g_autoptr(Population) population = population_of_bundle(bundle);
    g_autoptr(Newcomer) newcomer = solve(bundle, population, "M", 0);
    const PopulationMean *user = population_find(population, FEATURE_USER);
    const guint last = newcomer->parts->count - 1;
    check_sum(newcomer, bundle);
    CU_ASSERT_EQUAL(newcomer->parts->biases[last], user->bias);
    CU_ASSERT(memcmp(feature_vectors_get(newcomer->parts, last), user->vector, K * sizeof(float)) ==
              0);
}

static const UnitTest tests[] = {
    {"parts", test_parts},
    {"the average", test_average},
    {NULL, NULL},
};

TAP_MAIN("newcomer", tests)
