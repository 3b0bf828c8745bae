#include "churn.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "forms.h"
#include "tap.h"

#define EPS 0x1p-52

/* A random orthogonal matrix [k, k]: the rows of a random one, orthogonalised twice (Gram–Schmidt,
 * "twice is enough"). */
static double *random_rotation(guint k, GRand *random)
{
    double *q = g_new(double, (gsize)k *k);
    for (guint i = 0; i < k; i++) {
        double *row = q + (gsize)i * k;
        for (guint j = 0; j < k; j++)
            row[j] = fixture_uniform(random, 1);
        for (guint pass = 0; pass < 2; pass++) {
            for (guint l = 0; l < i; l++) {
                double dot = 0;
                for (guint j = 0; j < k; j++)
                    dot += row[j] * q[(gsize)l * k + j];
                for (guint j = 0; j < k; j++)
                    row[j] -= dot * q[(gsize)l * k + j];
            }
            double square = 0;
            for (guint j = 0; j < k; j++)
                square += row[j] * row[j];
            for (guint j = 0; j < k; j++)
                row[j] /= sqrt(square);
        }
    }
    return q;
}

static double *random_matrix(guint m, guint k, GRand *random)
{
    double *a = g_new(double, (gsize)m *k);
    for (gsize i = 0; i < (gsize)m * k; i++)
        a[i] = fixture_uniform(random, 1);
    return a;
}

static double *product(const double *a, const double *r, guint m, guint k)
{
    double *b = g_new0(double, (gsize)m *k);
    for (guint i = 0; i < m; i++)
        for (guint l = 0; l < k; l++)
            for (guint j = 0; j < k; j++)
                b[(gsize)i * k + j] += a[(gsize)i * k + l] * r[(gsize)l * k + j];
    return b;
}

/* A known rotation is found again, to rounding: with more rows than factors it is the only one. */
static void test_known_rotation(void)
{
    const guint sizes[][2] = {{5, 1}, {40, 2}, {50, 8}, {400, 120}};
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
        const guint m = sizes[s][0], k = sizes[s][1];
        g_autofree double *r = random_rotation(k, random);
        g_autofree double *a = random_matrix(m, k, random);
        g_autofree double *b = product(a, r, m, k);
        g_autofree double *found = g_new(double, (gsize)k *k);
        double drift = churn_procrustes(found, a, b, m, k);
        CU_ASSERT(drift <= 100 * k * EPS);
        double worst = 0;
        for (gsize i = 0; i < (gsize)k * k; i++)
            worst = MAX(worst, fabs(found[i] - r[i]));
        CU_ASSERT(worst <= 1000 * k * EPS);
    }
}

/* What no rotation can undo is what is left: b = 3 a R is 2/3 of its own size away from a R. */
static void test_known_drift(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const guint m = 60, k = 7;
    g_autofree double *r = random_rotation(k, random);
    g_autofree double *a = random_matrix(m, k, random);
    g_autofree double *b = product(a, r, m, k);
    g_autofree double *found = g_new(double, (gsize)k *k);
    for (gsize i = 0; i < (gsize)m * k; i++)
        b[i] *= 3;
    CU_ASSERT(fabs(churn_procrustes(found, a, b, m, k) - 2.0 / 3) < 1000 * k * EPS);
    memset(b, 0, sizeof *b * m * k);
    CU_ASSERT(isnan(churn_procrustes(found, a, b, m, k)));
}

static void test_spearman(void)
{
    const guint up[] = {0, 1, 2, 3, 4}, down[] = {4, 3, 2, 1, 0}, swapped[] = {1, 0, 2, 3, 4};
    CU_ASSERT_EQUAL(churn_spearman(up, up, 5), 1);
    CU_ASSERT_EQUAL(churn_spearman(up, down, 5), -1);
    CU_ASSERT_EQUAL(churn_spearman(up, swapped, 5), 1 - 6 * 2 / 120.0);
    CU_ASSERT_EQUAL(churn_spearman(up, down, 1), 1);
}

/* Rotating all vectors of a model changes no answer. */
static void test_rotated_model(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) old = fixture_bundle(3, 7);
    g_autoptr(Bundle) new = fixture_bundle(3, 7);
    for (guint i = 0; i < FIXTURE_FEATURES; i++) { /* a permutation with a sign: exact */
        float *v = new->model->embeddings + (gsize)i * 3;
        const float first = v[0];
        v[0] = -v[1];
        v[1] = v[2];
        v[2] = first;
    }
    Churn churn;
    CU_ASSERT(churn_measure(&churn, old, new, &error));
    CU_ASSERT_EQUAL(churn.movies, FIXTURE_MOVIES);
    CU_ASSERT_EQUAL(churn.profiles, 6 + 12);
    CU_ASSERT_EQUAL(churn.overlap, 1);
    CU_ASSERT_EQUAL(churn.correlation, 1);
    CU_ASSERT_EQUAL(churn.least_correlation, 1);
    CU_ASSERT(churn.drift < 1e-12);
}

/* Turned upside down, every order is the reverse, and the drift is that of a model: v and −v are a
 * rotation apart, so it shows in the orders alone. */
static void test_reversed_model(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) old = fixture_bundle(3, 7);
    g_autoptr(Bundle) new = fixture_bundle(3, 7);
    for (guint i = FIXTURE_FIRST_MOVIE; i < FIXTURE_FIRST_MOVIE + FIXTURE_MOVIES; i++) {
        new->model->bias[i] = -new->model->bias[i];
        for (guint f = 0; f < 3; f++)
            new->model->embeddings[(gsize)i * 3 + f] *= -1;
    }
    Churn churn;
    CU_ASSERT(churn_measure(&churn, old, new, &error));
    CU_ASSERT_EQUAL(churn.correlation, -1);
    CU_ASSERT_EQUAL(churn.least_correlation, -1);
    CU_ASSERT(churn.drift > 0.1);
}

/* Of two halves the one for ratings, however many dimensions it has, is no part of the drift. */
static void test_two_halves(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) old = fixture_bundle(3, 7);
    g_autoptr(Bundle) new = fixture_bundle(5, 8);
    Churn churn;
    new->form = form_of(OBJECTIVE_BOTH, LINK_IDENTITY, 2);
    for (guint i = 0; i < FIXTURE_FEATURES; i++)
        memcpy(new->model->embeddings + (gsize)i * 5 + 2, fm_vector(old->model, i),
               3 * sizeof(float));
    memcpy(new->model->bias, old->model->bias, FIXTURE_FEATURES * sizeof(float));
    CU_ASSERT(churn_measure(&churn, old, new, &error));
    CU_ASSERT_EQUAL(churn.least_correlation, 1);
    CU_ASSERT(churn.drift < 1e-12);
}

static void test_other_factors(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) old = fixture_bundle(3, 7);
    g_autoptr(Bundle) new = fixture_bundle(4, 7);
    Churn churn;
    CU_ASSERT(churn_measure(&churn, old, new, &error));
    CU_ASSERT(isnan(churn.drift) && churn.correlation >= -1 && churn.correlation <= 1);
}

static const UnitTest tests[] = {
    {"a known rotation", test_known_rotation},
    {"a known drift", test_known_drift},
    {"Spearman's rho", test_spearman},
    {"a rotated model", test_rotated_model},
    {"a reversed model", test_reversed_model},
    {"two halves", test_two_halves},
    {"another number of factors", test_other_factors},
    {NULL, NULL},
};

TAP_MAIN("churn", tests)
