#include "ridge.h"

#include <math.h>

#include "dense.h"
#include "fixtures.h"
#include "tap.h"

/* (AᵀA + λI) x = Aᵀt */
static double *normal_equations(const double *a, const double *t, guint m, guint d, double lambda)
{
    g_autofree double *matrix = g_new0(double, d *d);
    double *x = g_new0(double, d);
    for (guint j = 0; j < d; j++)
        for (guint i = 0; i < m; i++) {
            x[j] += a[i * d + j] * t[i];
            for (guint l = 0; l < d; l++)
                matrix[j * d + l] += a[i * d + j] * a[i * d + l];
        }
    for (guint j = 0; j < d; j++)
        matrix[j * d + j] += lambda;
    dense_solve(matrix, x, d);
    return x;
}

/* More rows than columns, fewer, and as many. */
static void test_oracle(void)
{
    static const guint sizes[][2] = {{1, 1}, {1, 7}, {7, 1}, {5, 9}, {9, 5}, {8, 8}, {60, 20}};
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
        const guint m = sizes[s][0], d = sizes[s][1];
        const double lambda = g_rand_double_range(random, 0.1, 10);
        g_autofree double *a = g_new(double, m *d), *t = g_new(double, m), *x = g_new(double, d);
        for (guint i = 0; i < m * d; i++)
            a[i] = fixture_uniform(random, 1);
        for (guint i = 0; i < m; i++)
            t[i] = fixture_uniform(random, 3);
        g_autofree double *oracle = normal_equations(a, t, m, d, lambda);
        CU_ASSERT(ridge_solve(x, a, t, m, d, lambda));
        for (guint j = 0; j < d; j++)
            CU_ASSERT_DOUBLE_EQUAL(x[j], oracle[j], 1e-10);
    }
}

static void test_no_solution(void)
{
    const double a[] = {1, 0, 0, 0}, t[] = {1, 1};
    double x[2];
    CU_ASSERT_FALSE(ridge_solve(x, a, t, 2, 2, 0));
}

static const UnitTest tests[] = {
    {"the normal equations", test_oracle},
    {"no solution", test_no_solution},
    {NULL, NULL},
};

TAP_MAIN("ridge", tests)
