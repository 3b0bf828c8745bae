#include "gram.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

#define U 0x1p-24 /* unit roundoff of float32 */
#define ROWS 9000 /* more blocks than are summed at a time */
#define K 19

static float *table_new(guint rows, gsize k, GRand *random)
{
    float *table = g_aligned_alloc0(rows * solver_stride(k), sizeof(float), SOLVER_ALIGNMENT);
    for (guint r = 0; r < rows; r++)
        for (gsize f = 0; f < k; f++)
            table[r * solver_stride(k) + f] = (float)fixture_uniform(random, 1);
    return table;
}

static double product(const float *table, guint rows, gsize k, gsize i, gsize j, double *absolute)
{
    double sum = 0;
    *absolute = 0;
    for (guint r = 0; r < rows; r++) {
        const float *row = table + r * solver_stride(k);
        sum += (double)row[i] * row[j];
        *absolute += fabs((double)row[i] * row[j]);
    }
    return sum;
}

/* Blocks of at most 1024 rows in chunks: an addition a row of a chunk, one a chunk. */
static void test_sums(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(Team) team = team_new(2);
    float *table = table_new(ROWS, K, random);
    double gram[K * K];
    guint wrong = 0;
    gram_of_table(gram, table, ROWS, K, solver_kernels_available()[0], team);
    for (gsize i = 0; i < K; i++)
        for (gsize j = 0; j < K; j++) {
            double absolute;
            const double sum = product(table, ROWS, K, i, j, &absolute);
            wrong += !(fabs(gram[i * K + j] - sum) <= 1.01 * (SOLVER_CHUNK + 16) * U * absolute);
        }
    CU_ASSERT_EQUAL(wrong, 0);
    g_aligned_free(table);
}

static void test_threads(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    float *table = table_new(ROWS, K, random);
    double grams[3][K * K];
    for (guint threads = 1; threads <= 3; threads++) {
        g_autoptr(Team) team = team_new(threads);
        gram_of_table(grams[threads - 1], table, ROWS, K, *solver_kernels_available(), team);
    }
    CU_ASSERT_EQUAL(memcmp(grams[0], grams[1], sizeof grams[0]), 0);
    CU_ASSERT_EQUAL(memcmp(grams[0], grams[2], sizeof grams[0]), 0);
    g_aligned_free(table);
}

/* Lengths are kept, and what is not on the diagonal vanishes. */
static void check_turned(guint rows, gsize k, GRand *random)
{
    g_autoptr(Team) team = team_new(2);
    const SolverKernels *kernels = solver_kernels_available()[0];
    float *table = table_new(rows, k, random);
    g_autofree double *gram = g_new(double, k *k);
    g_autofree double *vectors = g_new(double, k *k);
    g_autofree double *values = g_new(double, k);
    guint wrong = 0;
    gram_of_table(gram, table, rows, k, kernels, team);
    CU_ASSERT(gram_diagonalize(vectors, values, gram, k, NULL));
    gram_rotate(table, rows, vectors, k, kernels, team);
    for (gsize i = 0; i < k; i++) {
        const double bound = 4 * (double)k * U * gram[0] * (double)k;
        wrong += i > 0 && !(values[i] <= values[i - 1] && values[i] >= 0);
        for (gsize j = 0; j < k; j++) {
            double absolute;
            const double sum = product(table, rows, k, i, j, &absolute);
            wrong += !(fabs(sum - (i == j ? values[i] : 0)) <= bound);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    g_aligned_free(table);
}

static void test_diagonal(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    check_turned(200, K, random);
    check_turned(1, 1, random);
    check_turned(5, 33, random); /* fewer rows than factors */
}

static void test_signs(void)
{
    const double gram[] = {2, -1, -1, 2}; /* (1, −1) / √2 has 3, (1, 1) / √2 has 1 */
    const double root = sqrt(0.5), expected[] = {root, -root, root, root};
    double vectors[4], values[2];
    CU_ASSERT(gram_diagonalize(vectors, values, gram, 2, NULL));
    CU_ASSERT_DOUBLE_EQUAL(values[0], 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(values[1], 1, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(vectors[2], expected[2], 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(vectors[3], expected[3], 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(fabs(vectors[0]), root, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(vectors[0], -vectors[1], 1e-12);

    const double turned[] = {1, 3, 3, 10}; /* no tie: the second component is the largest */
    CU_ASSERT(gram_diagonalize(vectors, values, turned, 2, NULL));
    CU_ASSERT(vectors[1] > fabs(vectors[0]));
    CU_ASSERT(vectors[2] > fabs(vectors[3]));
}

static void test_not_finite(void)
{
    g_autoptr(GError) error = NULL;
    const double gram[] = {1, NAN, NAN, 1};
    double vectors[4], values[2];
    CU_ASSERT_FALSE(gram_diagonalize(vectors, values, gram, 2, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "eigenvectors");
}

static const UnitTest tests[] = {
    {"sums are within their bound", test_sums},
    {"the number of threads does not change bits", test_threads},
    {"a turned table has a diagonal Gram matrix", test_diagonal},
    {"eigenvectors have fixed signs", test_signs},
    {"values that are not finite are refused", test_not_finite},
    {NULL, NULL},
};

TAP_MAIN("gram", tests)
