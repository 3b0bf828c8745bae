#include "random_matrices.h"

#include <math.h>

#include "rng.h"
#include "tap.h"

/* Five standard errors: mean and variance of Gamma are its shape, its fourth central moment is
 * 3 s² + 6 s. */
static void test_gamma(void)
{
    enum { DRAWS = 40000 };
    static const double shapes[] = {1.0, 2.5, 1000.0};
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
        const double shape = shapes[i];
        double sum = 0, squares = 0;
        for (guint draw = 0; draw < DRAWS; draw++) {
            const double x = random_gamma(shape, random);
            CU_ASSERT(x > 0);
            sum += x;
            squares += (x - shape) * (x - shape);
        }
        CU_ASSERT_DOUBLE_EQUAL(sum / DRAWS, shape, 5 * sqrt(shape / DRAWS));
        CU_ASSERT_DOUBLE_EQUAL(squares / DRAWS, shape,
                               5 * sqrt((2 * shape * shape + 6 * shape) / DRAWS));
    }
}

#define K 3
#define FREEDOM 7.0

static const double scatter[K * K] = {2, 0.5, 0, 0.5, 1, -0.3, 0, -0.3, 4};

/* The mean is freedom · scatter⁻¹, so mean · scatter / freedom is the unit matrix; a standard error
 * of an element is below √(2 / draws) of the diagonal's. */
static void test_wishart_mean(void)
{
    enum { DRAWS = 20000 };
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    double mean[K * K] = {0};
    for (guint draw = 0; draw < DRAWS; draw++) {
        double precision[K * K], root[K * K], used[K * K];
        for (guint i = 0; i < K * K; i++)
            used[i] = scatter[i];
        random_wishart(precision, root, used, FREEDOM, K, random);
        for (guint i = 0; i < K * K; i++)
            mean[i] += precision[i] / DRAWS;
    }
    for (guint i = 0; i < K; i++)
        for (guint j = 0; j < K; j++) {
            double sum = 0;
            for (guint f = 0; f < K; f++)
                sum += mean[i * K + f] * scatter[f * K + j] / FREEDOM;
            CU_ASSERT_DOUBLE_EQUAL(sum, i == j, 0.08);
        }
}

static void test_root(void)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    double precision[K * K], root[K * K], used[K * K], covariance[K * K] = {0};
    for (guint i = 0; i < K * K; i++)
        used[i] = scatter[i];
    random_wishart(precision, root, used, FREEDOM, K, random);
    for (guint i = 0; i < K; i++)
        for (guint j = 0; j < K; j++)
            for (guint f = 0; f < K; f++)
                covariance[i * K + j] += root[i * K + f] * root[j * K + f];
    for (guint i = 0; i < K; i++)
        for (guint j = 0; j < K; j++) {
            double sum = 0;
            for (guint f = 0; f < K; f++)
                sum += precision[i * K + f] * covariance[f * K + j];
            CU_ASSERT_DOUBLE_EQUAL(sum, i == j, 1e-9);
            CU_ASSERT_EQUAL(precision[i * K + j], precision[j * K + i]);
        }
}

static const UnitTest tests[] = {
    {"gamma", test_gamma},
    {"the mean of Wishart's distribution", test_wishart_mean},
    {"the root of the inverse", test_root},
    {NULL, NULL},
};

TAP_MAIN("random_matrices", tests)
