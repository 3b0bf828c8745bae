#include "people_documents.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "predict.h"
#include "recsys_error.h"
#include "tap.h"

enum { USERS = 30, MOVIES = 20, AGES = 3, GENDERS = 2, K = 6 };
enum { FIRST_AGE = USERS + MOVIES, FIRST_GENDER = FIRST_AGE + AGES, N = FIRST_GENDER + GENDERS };

static const FixtureType types[] = {
    {FEATURE_USER, USERS}, {FEATURE_MOVIE, MOVIES}, {FEATURE_AGE, AGES}, {FEATURE_GENDER, GENDERS}};

static guint age_of(guint user)
{
    return FIRST_AGE + user % AGES;
}

static guint gender_of(guint user)
{
    return FIRST_GENDER + user / AGES % GENDERS;
}

static Bundle *new_bundle(guint32 seed)
{
    Bundle *bundle = fixture_bundle_of(types, G_N_ELEMENTS(types), K, 0.5, seed);
    for (guint u = 0; u < USERS; u++) {
        const guint32 own[] = {age_of(u), gender_of(u)};
        feature_table_set_attributes(bundle->features, u, own, 2);
    }
    return bundle;
}

static void fill_weights(double *weights)
{
    for (guint u = 0; u < USERS; u++)
        weights[u] = 1 + u % 5;
}

/* A factorization machine's ratings of whole people stay, and so does the order of their movies. */
static void check_same_model(const Bundle *bundle, const PeopleDocuments *documents)
{
    const ModelForm fm = model_form_fm(5.5);
    ModelForm form = fm;
    float room[K];
    form.interactions = INTERACTIONS_MOVIE;
    for (guint u = 0; u < USERS; u++) {
        double most = -INFINITY, least = INFINITY;
        for (guint m = 0; m < MOVIES; m++) {
            const guint32 row[] = {u, USERS + m, age_of(u), gender_of(u)};
            const double before = predict_z(bundle->model, &fm, row, 4, room);
            const double after = predict_z(documents->model, &form, row, 4, room);
            CU_ASSERT_DOUBLE_EQUAL(after, before, 1e-5);
            most = MAX(most, after - before);
            least = MIN(least, after - before);
        }
        CU_ASSERT(most - least < 1e-5);
    }
}

static void test_fm_stays_the_same(void)
{
    double weights[USERS];
    g_autoptr(Bundle) bundle = new_bundle(tap_seed());
    g_autoptr(PeopleAndMovies) whole = people_of_fm(bundle->model, bundle->features, NULL);
    fill_weights(weights);
    const PeopleDocumentsOptions options = {weights, 10};
    g_autoptr(PeopleDocuments) documents =
        people_documents_new(whole, bundle->features, &options, NULL);
    CU_ASSERT_PTR_NOT_NULL(documents);
    if (documents != NULL)
        check_same_model(bundle, documents);
}

/* With no document at all it is the average person, whose vector and offset are in the movies. */
static void test_nobody_is_the_average(void)
{
    double weights[USERS], total = 0, mean[K] = {0}, offset = 0;
    g_autoptr(Bundle) bundle = new_bundle(tap_seed());
    g_autoptr(PeopleAndMovies) whole = people_of_fm(bundle->model, bundle->features, NULL);
    fill_weights(weights);
    for (guint u = 0; u < USERS; u++) {
        total += weights[u];
        offset += weights[u] * (double)whole->user_offsets[u];
        for (guint d = 0; d < K; d++)
            mean[d] += weights[u] * (double)whole->user_vectors[u * K + d];
    }
    const PeopleDocumentsOptions options = {weights, 10};
    g_autoptr(PeopleDocuments) documents =
        people_documents_new(whole, bundle->features, &options, NULL);
    CU_ASSERT_DOUBLE_EQUAL((double)documents->model->w0, whole->mean + offset / total, 1e-5);
    for (guint m = 0; m < MOVIES; m++) {
        double bias = (double)whole->movie_biases[m];
        for (guint d = 0; d < K; d++)
            bias += mean[d] / total * (double)whole->movie_vectors[m * K + d];
        CU_ASSERT_DOUBLE_EQUAL((double)documents->model->bias[USERS + m], bias, 1e-5);
    }
    for (guint d = 0; d < K; d++)
        CU_ASSERT_DOUBLE_EQUAL((double)documents->mean[d], mean[d] / total, 1e-5);
}

/* Somebody of whom nothing was learned is what their attributes say. */
static void test_user_without_weight(void)
{
    double weights[USERS];
    g_autoptr(Bundle) bundle = new_bundle(tap_seed());
    g_autoptr(PeopleAndMovies) whole = people_of_fm(bundle->model, bundle->features, NULL);
    fill_weights(weights);
    weights[7] = 0;
    whole->user_vectors[7 * K] = 1e6f;
    const PeopleDocumentsOptions options = {weights, 10};
    g_autoptr(PeopleDocuments) documents =
        people_documents_new(whole, bundle->features, &options, NULL);
    for (guint d = 0; d < K; d++) {
        CU_ASSERT_EQUAL(fm_vector(documents->model, 7)[d], 0);
        CU_ASSERT(fabsf(fm_vector(documents->model, age_of(7))[d]) < 10);
    }
    CU_ASSERT_EQUAL(documents->model->bias[7], 0);
}

static void test_refused(void)
{
    double weights[USERS];
    g_autoptr(GError) error = NULL, other = NULL;
    g_autoptr(Bundle) bundle = new_bundle(tap_seed());
    g_autoptr(Bundle) device = fixture_bundle_of(types, G_N_ELEMENTS(types), K, 0.5, 1);
    g_autoptr(PeopleAndMovies) whole = people_of_fm(bundle->model, bundle->features, NULL);
    fill_weights(weights);
    whole->movie_vectors[3] = NAN;
    const PeopleDocumentsOptions options = {weights, 10};
    CU_ASSERT_PTR_NULL(people_documents_new(whole, bundle->features, &options, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "not finite");
    CU_ASSERT_PTR_NULL(people_of_fm(device->model, device->features, &other));
    TAP_ASSERT_ERROR(other, RECSYS_ERROR, RECSYS_ERROR_DATA, "age is not the same in all ratings");
}

static const UnitTest tests[] = {
    {"a factorization machine stays the same", test_fm_stays_the_same},
    {"nobody is the average person", test_nobody_is_the_average},
    {"a user without weight", test_user_without_weight},
    {"what is refused", test_refused},
    {NULL, NULL},
};

TAP_MAIN("people_documents", tests)
