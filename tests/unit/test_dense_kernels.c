#include "dense_kernels.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "tap.h"

#define GUARD 16

static float *random_floats(GRand *random, gsize count)
{
    float *values = g_new(float, count);
    for (gsize i = 0; i < count; i++)
        values[i] = (float)fixture_uniform(random, 1.0);
    return values;
}

typedef struct {
    guint rows, inner, width;
} Shape;

static const Shape shapes[] = {{1, 1, 16},   {6, 3, 32},    {7, 5, 48}, {13, 300, 64},
                               {5, 257, 80}, {12, 520, 16}, {3, 0, 32}};

/* a is [rows, inner], or [inner, rows] if it is to be transposed. */
static void check_product(const DenseKernels *kernels, const Shape *s, gboolean transposed,
                          GRand *random)
{
    const gsize size = (gsize)s->rows * s->width;
    g_autofree float *a = random_floats(random, (gsize)s->rows * s->inner + 1);
    g_autofree float *b = random_floats(random, (gsize)s->inner * s->width + 1);
    g_autofree float *out = random_floats(random, size + GUARD);
    g_autofree float *before = g_memdup2(out, (size + GUARD) * sizeof *out);
    const gsize row_step = transposed ? 1 : s->inner, inner_step = transposed ? s->rows : 1;
    kernels->multiply_add(out, a, row_step, inner_step, b, s->rows, s->inner, s->width);
    for (guint i = 0; i < s->rows; i++) {
        for (guint j = 0; j < s->width; j++) {
            double sum = before[i * s->width + j], most = fabs(sum);
            for (guint p = 0; p < s->inner; p++) {
                const double term =
                    (double)a[i * row_step + p * inner_step] * b[(gsize)p * s->width + j];
                sum += term;
                most += fabs(term);
            }
            CU_ASSERT(fabs(out[i * s->width + j] - sum) <= (s->inner + 2) * 0x1p-23 * most);
        }
    }
    CU_ASSERT_EQUAL(memcmp(out + size, before + size, GUARD * sizeof *out), 0);
}

static void test_products(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (const DenseKernels *const *k = dense_kernels_available(); *k != NULL; k++)
        for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
            check_product(*k, &shapes[i], FALSE, random);
            check_product(*k, &shapes[i], TRUE, random);
        }
}

static void check_sum(const DenseKernels *kernels, guint count, guint width, GRand *random)
{
    enum { ROWS = 40 };
    g_autofree float *rows = random_floats(random, (gsize)ROWS * width);
    g_autofree float *out = random_floats(random, width + GUARD);
    g_autofree float *before = g_memdup2(out, (width + GUARD) * sizeof *out);
    guint32 indices[64];
    for (guint i = 0; i < count; i++)
        indices[i] = (guint32)g_rand_int_range(random, 0, ROWS);
    kernels->sum_rows(out, rows, indices, count, width);
    for (guint j = 0; j < width; j++) {
        float sum = before[j];
        for (guint i = 0; i < count; i++)
            sum += rows[indices[i] * width + j];
        CU_ASSERT_EQUAL(out[j], sum);
    }
    CU_ASSERT_EQUAL(memcmp(out + width, before + width, GUARD * sizeof *out), 0);
}

static void test_sums(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (const DenseKernels *const *k = dense_kernels_available(); *k != NULL; k++)
        for (guint width = DENSE_LANES; width <= 400; width += 3 * DENSE_LANES) {
            check_sum(*k, 0, width, random);
            check_sum(*k, 1, width, random);
            check_sum(*k, 64, width, random);
        }
}

/* Those that fuse round alike, whatever their width. */
static void test_same_bits(void)
{
    const DenseKernels *const *k = dense_kernels_available();
    if (k[1] == NULL || k[2] == NULL) {
        tap_skip("fewer than two variants that fuse");
        return;
    }
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autofree float *a = random_floats(random, 20 * 70);
    g_autofree float *b = random_floats(random, 70 * 48);
    g_autofree float *first = g_new0(float, 20 * 48);
    g_autofree float *second = g_new0(float, 20 * 48);
    k[1]->multiply_add(first, a, 70, 1, b, 20, 70, 48);
    k[2]->multiply_add(second, a, 70, 1, b, 20, 70, 48);
    CU_ASSERT_EQUAL(memcmp(first, second, 20 * 48 * sizeof *first), 0);
}

static const UnitTest tests[] = {
    {"products", test_products},
    {"sums of rows", test_sums},
    {"the same bits", test_same_bits},
    {NULL, NULL},
};

TAP_MAIN("dense_kernels", tests)
