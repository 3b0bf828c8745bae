#include "newcomer.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "fold_in_ranking.h"
#include "forms.h"
#include "tap.h"

#define K 6

/* From the first `shown` movies, of which the first `unrated` have no rating. */
static Newcomer *solve_some(const Bundle *bundle, const FoldInPrior *prior, const char *gender,
                            guint shown, guint unrated)
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
                                    (double)bundle->model->bias[movie], unrated > i ? NAN : 1 + i};
    }
    const NewcomerModel model = {prior, (double)bundle->model->w0, &bundle->form};
    Newcomer *newcomer = newcomer_solve(&model, profile, known, ratings, shown, &error);
    CU_ASSERT_PTR_NULL(error);
    return newcomer;
}

static Newcomer *solve(const Bundle *bundle, const FoldInPrior *prior, const char *gender,
                       guint shown)
{
    return solve_some(bundle, prior, gender, shown, 0);
}

/* The sum is that of its parts, the person among them, as of any profile. */
static void check_sum(const Newcomer *newcomer, const Bundle *bundle)
{
    g_autoptr(ProfileSum) sum =
        feature_vectors_sum(newcomer->parts, (double)bundle->model->w0, &bundle->form);
    CU_ASSERT_DOUBLE_EQUAL(newcomer->sum->offset, sum->offset, 1e-5);
    CU_ASSERT_EQUAL(newcomer->sum->rating_query != NULL, bundle->form.rating_dims > 0);
    for (guint f = 0; f < K; f++) {
        CU_ASSERT_DOUBLE_EQUAL((double)newcomer->sum->query[f], (double)sum->query[f], 1e-5);
        if (sum->rating_query != NULL && newcomer->sum->rating_query != NULL)
            CU_ASSERT_DOUBLE_EQUAL((double)newcomer->sum->rating_query[f],
                                   (double)sum->rating_query[f], 1e-5);
    }
}

static void check_names(const Newcomer *newcomer, const char *expected)
{
    g_autofree char *names = g_strjoinv(", ", newcomer->parts->names);
    CU_ASSERT_STRING_EQUAL(names, expected);
}

static void test_parts(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(K, 3);
    g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
    g_autoptr(Newcomer) anybody = solve(bundle, prior, NULL, 3);
    check_names(anybody, "average age, average gender, average occupation, 3 ratings");
    check_sum(anybody, bundle);
    g_autoptr(Newcomer) woman = solve(bundle, prior, "F", 4);
    check_names(woman, "gender F, average age, average occupation, 4 ratings");
    check_sum(woman, bundle);
    g_autoptr(FoldInPrior) nobody = fold_in_prior_read(NULL, &bundle->form, K, FIXTURE_MOVIES);
    g_autoptr(Newcomer) old = solve(bundle, nobody, "F", 4);
    check_names(old, "gender F, 4 ratings");
    check_sum(old, bundle);
}

/* Of somebody who has rated nothing there is only the average user. */
static void test_average(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(K, 3);
    g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
    g_autoptr(Newcomer) newcomer = solve(bundle, prior, "M", 0);
    const PopulationMean *user = population_find(prior->population, FEATURE_USER);
    const guint last = newcomer->parts->count - 1;
    check_sum(newcomer, bundle);
    CU_ASSERT_EQUAL(newcomer->parts->biases[last], user->bias);
    CU_ASSERT(memcmp(feature_vectors_get(newcomer->parts, last), user->vector, K * sizeof(float)) ==
              0);
}

/* ---- documents that are residuals around the average person ---- */

static Bundle *bundle_of(const ModelForm *form)
{
    Bundle *bundle = fixture_bundle(K, 3);
    g_free(form_apply(bundle, form, 7));
    return bundle;
}

/* Nothing stands in for what is not known, and the last part is the person. */
static void test_residual_parts(void)
{
    const ModelForm forms[] = {
        form_of(OBJECTIVE_RATINGS, LINK_SIGMOID, 0), form_of(OBJECTIVE_RATINGS, LINK_IDENTITY, 0),
        form_of(OBJECTIVE_RANKING, LINK_NONE, 0), form_of(OBJECTIVE_BOTH, LINK_IDENTITY, 3)};
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(Bundle) bundle = bundle_of(&forms[i]);
        g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
        g_autoptr(Newcomer) anybody = solve(bundle, prior, NULL, 1);
        check_names(anybody, "1 rating");
        check_sum(anybody, bundle);
        g_autoptr(Newcomer) woman = solve(bundle, prior, "F", 4);
        check_names(woman, "gender F, 4 ratings");
        check_sum(woman, bundle);
        CU_ASSERT_STRING_EQUAL(woman->shown, "4 ratings");
        if (forms[i].objective == OBJECTIVE_RATINGS)
            continue;
        g_autoptr(Newcomer) seen = solve_some(bundle, prior, "F", 4, 1);
        check_names(seen, "gender F, 4 movies");
        check_sum(seen, bundle);
    }
}

/* The vector of the person alone. */
static const float *person_of(const Newcomer *newcomer)
{
    return feature_vectors_get(newcomer->parts, newcomer->parts->count - 1);
}

/* Each half of both is what it is alone: the rating half, from the ratings there are, does not know
 * of the movies without, and the ranking half is that of fold_in_ranking.h, from all of them. */
static void test_halves(void)
{
    const ModelForm form = form_of(OBJECTIVE_BOTH, LINK_IDENTITY, 3);
    g_autoptr(Bundle) bundle = bundle_of(&form);
    g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
    g_autoptr(Newcomer) all = solve(bundle, prior, NULL, 4);
    g_autoptr(Newcomer) some = solve_some(bundle, prior, NULL, 4, 4);
    const double nothing[K] = {0};
    double expected[K] = {0};
    FoldInRating seen[FIXTURE_MOVIES];
    for (guint i = 0; i < FIXTURE_MOVIES; i++)
        seen[i] = (FoldInRating){fm_vector(bundle->model, FIXTURE_FIRST_MOVIE + i), 0, NAN};
    CU_ASSERT(fold_in_ranking_solve(expected, prior->ranking, nothing, seen, 4, NULL));
    CU_ASSERT_EQUAL(person_of(all)[0], 0);
    CU_ASSERT(person_of(all)[1] != 0 && person_of(all)[2] != 0);
    for (guint f = 0; f < K; f++)
        CU_ASSERT_EQUAL(person_of(some)[f], (float)expected[f]);
    CU_ASSERT_EQUAL(some->parts->biases[0], 0);
    CU_ASSERT(all->parts->biases[0] != 0);
    CU_ASSERT(memcmp(person_of(all) + 3, person_of(some) + 3, 3 * sizeof(float)) != 0);
}

static const UnitTest tests[] = {
    {"parts", test_parts},
    {"the average", test_average},
    {"parts where documents are residuals", test_residual_parts},
    {"two halves", test_halves},
    {NULL, NULL},
};

TAP_MAIN("newcomer", tests)
