#include "randomized_svd.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "tall_matrix.h"
#include "tap.h"

enum { ROWS = 90, COLUMNS = 70, WIDTH = 32, WANTED = 12 };

typedef struct {
    float *values; /* [ROWS, COLUMNS] */
    Team *team;
} Dense;

static void multiply(gpointer data, const float *q, guint l, float *out)
{
    const Dense *a = data;
    tall_multiply(out, a->values, q, ROWS, COLUMNS, l, a->team);
}

static void multiply_transposed(gpointer data, const float *q, guint l, float *out)
{
    const Dense *a = data;
    tall_multiply_transposed(out, a->values, q, ROWS, COLUMNS, l, a->team);
}

/* Σ_r 0.8^r · (random column) · (random row). */
static float *decaying_matrix(GRand *random)
{
    float *values = g_new0(float, ROWS *COLUMNS);
    for (guint r = 0; r < COLUMNS; r++) {
        float left[ROWS], right[COLUMNS];
        for (guint i = 0; i < ROWS; i++)
            left[i] = (float)(fixture_uniform(random, 1) * pow(0.8, r));
        for (guint j = 0; j < COLUMNS; j++)
            right[j] = (float)fixture_uniform(random, 1);
        for (guint i = 0; i < ROWS; i++)
            for (guint j = 0; j < COLUMNS; j++)
                values[i * COLUMNS + j] += left[i] * right[j];
    }
    return values;
}

static void full_svd(const float *values, double *sigma, double *u)
{
    double copy[ROWS * COLUMNS], vt[COLUMNS * COLUMNS];
    for (guint i = 0; i < ROWS * COLUMNS; i++)
        copy[i] = values[i];
    CU_ASSERT_EQUAL(LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'S', ROWS, COLUMNS, copy, COLUMNS, sigma, u,
                                   COLUMNS, vt, COLUMNS),
                    0);
}

static void test_against_full(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(Team) team = team_new(1);
    g_autofree float *values = decaying_matrix(random);
    Dense dense = {values, team};
    const ProductMatrix matrix = {ROWS, COLUMNS, multiply, multiply_transposed, &dense};
    float u[ROWS * WIDTH], sigma[WIDTH];
    double expected[COLUMNS], full[ROWS * COLUMNS];
    full_svd(values, expected, full);
    CU_ASSERT(randomized_svd(&matrix, WIDTH, 2, 3, u, sigma, team, NULL));
    for (guint j = 0; j < WANTED; j++) {
        CU_ASSERT_DOUBLE_EQUAL(sigma[j], expected[j], 1e-3 * expected[0]);
        /* The direction is in the span of what was found, whatever its neighbours are. */
        double inside = 0;
        for (guint f = 0; f < WIDTH; f++) {
            double dot = 0;
            for (guint i = 0; i < ROWS; i++)
                dot += u[i * WIDTH + f] * full[i * COLUMNS + j];
            inside += dot * dot;
        }
        CU_ASSERT_DOUBLE_EQUAL(inside, 1, 1e-3);
    }
}

static void test_seed_and_threads(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autofree float *values = decaying_matrix(random);
    float u[3][ROWS * WIDTH], sigma[WIDTH];
    for (guint i = 0; i < 3; i++) {
        g_autoptr(Team) team = team_new(i == 1 ? 2 : 1);
        Dense dense = {values, team};
        const ProductMatrix matrix = {ROWS, COLUMNS, multiply, multiply_transposed, &dense};
        CU_ASSERT(randomized_svd(&matrix, WIDTH, 1, i == 2 ? 4 : 3, u[i], sigma, team, NULL));
    }
    CU_ASSERT_EQUAL(memcmp(u[0], u[1], sizeof u[0]), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(u[0], u[2], sizeof u[0]), 0);
}

static const UnitTest tests[] = {
    {"against the full decomposition", test_against_full},
    {"seed and threads", test_seed_and_threads},
    {NULL, NULL},
};

TAP_MAIN("randomized_svd", tests)
