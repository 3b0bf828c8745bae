#include "tall_matrix.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "tap.h"

/* Columns that shrink by a factor each, so that they are worth ordering. */
static float *random_matrix(guint rows, guint columns, double factor, GRand *random)
{
    float *values = g_new(float, (gsize)rows *columns);
    for (guint i = 0; i < rows; i++)
        for (guint j = 0; j < columns; j++)
            values[(gsize)i * columns + j] = (float)(fixture_uniform(random, 1) * pow(factor, j));
    return values;
}

static void test_products_and_threads(void)
{
    enum { N = 230, L = 70, W = 32 };
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autofree float *a = random_matrix(N, L, 1, random);
    g_autofree float *b = random_matrix(L, W, 1, random);
    g_autofree float *c = random_matrix(N, W, 1, random);
    float ab[2][N * W], ac[2][L * W];
    for (guint threads = 1; threads <= 2; threads++) {
        g_autoptr(Team) team = team_new(threads);
        tall_multiply(ab[threads - 1], a, b, N, L, W, team);
        tall_multiply_transposed(ac[threads - 1], a, c, N, L, W, team);
    }
    CU_ASSERT_EQUAL(memcmp(ab[0], ab[1], sizeof ab[0]), 0);
    CU_ASSERT_EQUAL(memcmp(ac[0], ac[1], sizeof ac[0]), 0);
    double sum = 0, transposed = 0;
    for (guint p = 0; p < L; p++)
        sum += (double)a[100 * L + p] * b[p * W + 9];
    for (guint i = 0; i < N; i++)
        transposed += (double)a[i * L + 50] * c[i * W + 9];
    CU_ASSERT_DOUBLE_EQUAL(ab[0][100 * W + 9], sum, 1e-4);
    CU_ASSERT_DOUBLE_EQUAL(ac[0][50 * W + 9], transposed, 1e-4);
}

/* |yᵀ·y − I| in each element, and that nothing of the old columns is outside of the new ones. */
static void test_orthonormalize(void)
{
    enum { N = 200, L = 32 };
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(Team) team = team_new(1);
    g_autofree float *y = random_matrix(N, L, 0.8, random);
    g_autofree float *old = g_memdup2(y, N * L * sizeof *y);
    float gram[L * L], part[L * L], back[N * L];
    tall_orthonormalize(y, N, L, team);
    tall_multiply_transposed(gram, y, y, N, L, L, team);
    for (guint i = 0; i < L * L; i++)
        CU_ASSERT_DOUBLE_EQUAL(gram[i], i % (L + 1) == 0, 1e-4);
    tall_multiply_transposed(part, y, old, N, L, L, team);
    tall_multiply(back, y, part, N, L, L, team);
    for (guint i = 0; i < N * L; i++)
        CU_ASSERT_DOUBLE_EQUAL(back[i], old[i], 1e-4);
}

static void test_dependent_columns(void)
{
    enum { N = 50, L = 16 };
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(Team) team = team_new(1);
    g_autofree float *y = random_matrix(N, L, 1, random);
    for (guint i = 0; i < N; i++)
        y[i * L + 5] = y[i * L + 2];
    tall_orthonormalize(y, N, L, team);
    for (guint i = 0; i < N * L; i++)
        CU_ASSERT(isfinite(y[i]) && fabsf(y[i]) <= 1.001f);
}

static void check_principal(guint n, guint l, GRand *random)
{
    g_autoptr(Team) team = team_new(2);
    const lapack_int rows = (lapack_int)n, columns = (lapack_int)l;
    g_autofree float *y = random_matrix(n, l, 0.9, random);
    g_autofree float *old = g_memdup2(y, (gsize)n * l * sizeof *y);
    g_autofree float *v = g_new(float, (gsize)l *l);
    g_autofree float *sigma = g_new(float, l);
    g_autofree double *copy = g_new(double, (gsize)n *l);
    g_autofree double *expected = g_new0(double, l);
    for (gsize i = 0; i < (gsize)n * l; i++)
        copy[i] = y[i];
    CU_ASSERT_EQUAL(LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'N', rows, columns, copy, columns, expected,
                                   NULL, columns, NULL, columns),
                    0);
    tall_principal(y, n, l, sigma, v, team);
    for (guint j = 0; j < l; j++)
        CU_ASSERT_DOUBLE_EQUAL(sigma[j], expected[j], 1e-3 * expected[0]);
    for (guint i = 0; i < n; i++)
        for (guint j = 0; j < l; j++) {
            double sum = 0;
            for (guint f = 0; f < l; f++)
                sum += (double)y[i * l + f] * v[j * l + f];
            CU_ASSERT_DOUBLE_EQUAL(sum, old[i * l + j], 1e-4);
        }
    for (guint j = 0; j < l; j++) {
        double dot = 0, norm = 0;
        for (guint i = 0; i < n; i++) {
            dot += (double)y[i * l] * y[i * l + j];
            norm += (double)y[i * l + j] * y[i * l + j];
        }
        CU_ASSERT_DOUBLE_EQUAL(sqrt(norm), sigma[j], 1e-3 * sigma[0]);
        CU_ASSERT_DOUBLE_EQUAL(dot, j == 0 ? (double)sigma[0] * sigma[0] : 0,
                               1e-5 * sigma[0] * sigma[0]);
    }
}

static void test_principal(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    check_principal(300, 48, random);
    check_principal(10, 32, random);
}

static const UnitTest tests[] = {
    {"products, and threads", test_products_and_threads},
    {"orthonormal columns", test_orthonormalize},
    {"columns that depend on others", test_dependent_columns},
    {"principal columns", test_principal},
    {NULL, NULL},
};

TAP_MAIN("tall_matrix", tests)
