#include "low_rank_sum.h"

#include <lapacke.h>
#include <math.h>

#include "fixtures.h"
#include "tap.h"

enum { INNER = 16 };

/* Adds so many products whose columns get smaller and smaller; returns their sum. */
static double *add_products(LowRankSum *sum, guint products, GRand *random, Team *team)
{
    const guint rows = sum->rows, columns = sum->columns;
    double *exact = g_new0(double, (gsize)rows *columns);
    g_autofree float *x = g_new0(float, (gsize)rows *INNER);
    g_autofree float *z = g_new0(float, (gsize)columns *INNER);
    for (guint p = 0; p < products; p++) {
        for (guint i = 0; i < rows * INNER; i++)
            x[i] = (float)(fixture_uniform(random, 1) * pow(0.6, i % INNER));
        for (guint i = 0; i < columns * INNER; i++)
            z[i] = (float)fixture_uniform(random, 1);
        low_rank_sum_add(sum, x, z, team);
        for (guint i = 0; i < rows; i++)
            for (guint j = 0; j < columns; j++)
                for (guint f = 0; f < INNER; f++)
                    exact[(gsize)i * columns + j] += (double)x[i * INNER + f] * z[j * INNER + f];
    }
    return exact;
}

/* The square of the distance between scale · exact and the product of the factors. */
static double distance(const double *exact, double scale, const float *left, const float *right,
                       guint rows, guint columns, guint k)
{
    double total = 0;
    for (guint i = 0; i < rows; i++)
        for (guint j = 0; j < columns; j++) {
            double rest = scale * exact[(gsize)i * columns + j];
            for (guint f = 0; f < k; f++)
                rest -= (double)left[i * k + f] * right[j * k + f];
            total += rest * rest;
        }
    return total;
}

/* Σ of the squares of the singular values from number k on: what the best factors leave. */
static double least_distance(const double *exact, guint rows, guint columns, guint k)
{
    g_autofree double *copy = g_memdup2(exact, (gsize)rows * columns * sizeof *copy);
    g_autofree double *sigma = g_new(double, MIN(rows, columns));
    double total = 0;
    CU_ASSERT_EQUAL(LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'N', (lapack_int)rows, (lapack_int)columns,
                                   copy, (lapack_int)columns, sigma, NULL, (lapack_int)rows, NULL,
                                   (lapack_int)columns),
                    0);
    for (guint j = k; j < MIN(rows, columns); j++)
        total += sigma[j] * sigma[j];
    return total;
}

typedef struct {
    guint rows, columns, width, products, k;
} Case;

/* Fewer products than are put together; just as many; several rounds; sides smaller than the width,
 * and than k. */
static const Case cases[] = {
    {80, 60, 32, 1, 10},  {80, 60, 32, 8, 10}, {90, 120, 48, 37, 16},
    {12, 90, 32, 11, 20}, {90, 5, 32, 9, 16},  {1, 1, 32, 3, 2},
};

static void test_near_the_best(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(Team) team = team_new(2);
    for (gsize c = 0; c < G_N_ELEMENTS(cases); c++) {
        const Case *s = &cases[c];
        g_autoptr(LowRankSum) sum = low_rank_sum_new(s->rows, s->columns, s->width, INNER, 5);
        g_autofree double *exact = add_products(sum, s->products, random, team);
        g_autofree float *left = g_new(float, (gsize)s->rows * s->k);
        g_autofree float *right = g_new(float, (gsize)s->columns * s->k);
        low_rank_sum_finish(sum, 0.5, s->k, left, right, team);
        const double all = least_distance(exact, s->rows, s->columns, 0) * 0.25;
        const double best = least_distance(exact, s->rows, s->columns, s->k) * 0.25;
        const double reached = distance(exact, 0.5, left, right, s->rows, s->columns, s->k);
        CU_ASSERT(reached <= 1.1 * best + 1e-6 * all);
    }
}

/* Both factors take half of each singular value, the largest first. */
static void test_form(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(Team) team = team_new(1);
    g_autoptr(LowRankSum) sum = low_rank_sum_new(50, 40, 32, INNER, 5);
    g_free(add_products(sum, 3, random, team));
    float left[50 * 4], right[40 * 4];
    double before = INFINITY;
    low_rank_sum_finish(sum, 1, 4, left, right, team);
    for (guint f = 0; f < 4; f++) {
        double l = 0, r = 0;
        for (guint i = 0; i < 50; i++)
            l += left[i * 4 + f] * left[i * 4 + f];
        for (guint j = 0; j < 40; j++)
            r += right[j * 4 + f] * right[j * 4 + f];
        CU_ASSERT_DOUBLE_EQUAL(l, r, 1e-3 * l);
        CU_ASSERT(l <= before);
        before = l;
    }
}

static const UnitTest tests[] = {
    {"near the best of that rank", test_near_the_best},
    {"the form of the factors", test_form},
    {NULL, NULL},
};

TAP_MAIN("low_rank_sum", tests)
