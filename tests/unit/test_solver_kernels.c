#include "solver_kernels.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

#define U 0x1p-24 /* unit roundoff of float32 */
#define MOST 40   /* unknowns in most cases */

/* A system of `count` vectors in k unknowns; what is made of it goes to `result`. */
typedef struct {
    gsize k, stride;
    guint count;
    float *vectors;     /* [count, stride] */
    const float **rows; /* [count] */
    float *weights, *targets;
    float *a, *b; /* what is there before */
} System;

static float *floats_new(gsize count)
{
    return g_aligned_alloc0(MAX(count, 1), sizeof(float), SOLVER_ALIGNMENT);
}

static void system_clear(System *s)
{
    g_aligned_free(s->vectors);
    g_free(s->rows);
    g_free(s->weights);
    g_free(s->targets);
    g_aligned_free(s->a);
    g_aligned_free(s->b);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(System, system_clear)

/* Rows come in any order and repeat; weights are of either sign. */
static void system_init(System *s, GRand *random, gsize k, guint count)
{
    const gsize stride = solver_stride(k);
    *s = (System){.k = k, .stride = stride, .count = count};
    s->vectors = floats_new(count * stride);
    s->rows = g_new(const float *, count);
    s->weights = g_new(float, count);
    s->targets = g_new(float, count);
    s->a = floats_new(stride * stride);
    s->b = floats_new(stride);
    for (guint r = 0; r < count; r++) {
        for (gsize f = 0; f < k; f++)
            s->vectors[r * stride + f] = (float)fixture_uniform(random, 1);
        s->rows[r] = s->vectors + (gsize)g_rand_int_range(random, 0, (gint32)count) * stride;
        s->weights[r] = (float)fixture_uniform(random, 2);
        s->targets[r] = (float)fixture_uniform(random, 2);
    }
    for (gsize i = 0; i < k; i++) {
        s->b[i] = (float)fixture_uniform(random, 1);
        for (gsize j = i; j < k; j++)
            s->a[i * stride + j] = i == j ? (float)k : (float)fixture_uniform(random, 0.5);
    }
}

typedef struct {
    float *weighted, *a; /* sums with and without weights; `a` positive definite */
    float *b, *only_b;
    float *r, *y, *x; /* its Cholesky factor, solutions */
    gboolean positive;
} Result;

static void result_clear(Result *r)
{
    float *const all[] = {r->weighted, r->a, r->b, r->only_b, r->r, r->y, r->x};
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        g_aligned_free(all[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Result, result_clear)

static float *copy(const float *from, gsize count)
{
    float *to = floats_new(count);
    memcpy(to, from, count * sizeof *to);
    return to;
}

static void apply(Result *r, const SolverKernels *kernels, const System *s)
{
    const gsize square = s->stride * s->stride;
    float *workspace = floats_new(solver_workspace_floats(s->k));
    *r = (Result){.weighted = copy(s->a, square),
                  .a = copy(s->a, square),
                  .b = copy(s->b, s->stride),
                  .only_b = copy(s->b, s->stride)};
    kernels->accumulate(r->weighted, r->b, s->rows, s->weights, s->targets, s->count, s->k,
                        workspace);
    kernels->accumulate(r->a, NULL, s->rows, NULL, NULL, s->count, s->k, workspace);
    kernels->accumulate(NULL, r->only_b, s->rows, NULL, s->targets, s->count, s->k, NULL);
    r->r = copy(r->a, square);
    r->positive = kernels->factorize(r->r, s->k);
    r->y = copy(r->b, s->stride);
    kernels->solve_forward(r->r, r->y, s->k);
    r->x = copy(r->y, s->stride);
    kernels->solve_backward(r->r, r->x, s->k);
    g_aligned_free(workspace);
}

/* The same bits in the upper triangle, columns after the last unknown included. */
static gboolean same_matrix(const float *a, const float *b, const System *s)
{
    for (gsize i = 0; i < s->k; i++)
        if (memcmp(a + i * s->stride + i, b + i * s->stride + i, (s->stride - i) * sizeof *a) != 0)
            return FALSE;
    return TRUE;
}

static gboolean same_vector(const float *a, const float *b, const System *s)
{
    return memcmp(a, b, s->stride * sizeof *a) == 0;
}

static void compare_variants(GRand *random, gsize k, guint count)
{
    const SolverKernels *const *variants = solver_kernels_available();
    g_auto(System) s;
    g_auto(Result) plain;
    system_init(&s, random, k, count);
    apply(&plain, variants[0], &s);
    CU_ASSERT(plain.positive);
    for (guint v = 1; variants[v] != NULL; v++) {
        g_auto(Result) other;
        apply(&other, variants[v], &s);
        const gboolean right =
            other.positive && same_matrix(plain.weighted, other.weighted, &s) &&
            same_matrix(plain.a, other.a, &s) && same_matrix(plain.r, other.r, &s) &&
            same_vector(plain.b, other.b, &s) && same_vector(plain.only_b, other.only_b, &s) &&
            same_vector(plain.y, other.y, &s) && same_vector(plain.x, other.x, &s);
        CU_ASSERT(right);
        if (!right)
            printf("# %s differs: %zu unknowns, %u rows\n", variants[v]->name, k, count);
    }
}

static void test_same_bits(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (gsize k = 1; k <= MOST; k++)
        compare_variants(random, k, (guint)g_rand_int_range(random, 0, 150));
    const gsize large[] = {64, 100, 120, 121, 128, 145};
    for (gsize i = 0; i < G_N_ELEMENTS(large); i++)
        compare_variants(random, large[i], (guint)g_rand_int_range(random, 0, 80));
    const guint counts[] = {
        0, 1, SOLVER_CHUNK - 1, SOLVER_CHUNK, SOLVER_CHUNK + 1, 10 * SOLVER_CHUNK};
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
        compare_variants(random, 24, counts[i]);
}

/* ---- the plain one is right ---- */

/* One rounding of the weight, one an addition in a chunk, one a chunk that is added. */
static double sum_bound(const System *s, double absolute)
{
    const double roundings =
        1 + MIN(s->count, SOLVER_CHUNK) + (s->count + SOLVER_CHUNK - 1.0) / SOLVER_CHUNK;
    return 1.01 * roundings * U * absolute;
}

static guint wrong_sums(const System *s, const Result *result)
{
    guint wrong = 0;
    for (gsize i = 0; i < s->k; i++) {
        double b = s->b[i], terms_b = fabs(b);
        for (guint r = 0; r < s->count; r++) {
            b += (double)s->targets[r] * s->rows[r][i];
            terms_b += fabs((double)s->targets[r] * s->rows[r][i]);
        }
        wrong += !(fabs(result->b[i] - b) <= sum_bound(s, terms_b));
        wrong += !(fabs(result->only_b[i] - b) <= sum_bound(s, terms_b));
        for (gsize j = i; j < s->k; j++) {
            const gsize at = i * s->stride + j;
            double a = s->a[at], weighted = a, terms = fabs(a), terms_weighted = terms;
            for (guint r = 0; r < s->count; r++) {
                const double product = (double)s->rows[r][i] * s->rows[r][j];
                a += product;
                weighted += s->weights[r] * product;
                terms += fabs(product);
                terms_weighted += fabs(s->weights[r] * product);
            }
            wrong += !(fabs(result->a[at] - a) <= sum_bound(s, terms));
            wrong += !(fabs(result->weighted[at] - weighted) <= sum_bound(s, terms_weighted));
        }
    }
    return wrong;
}

/* Element (i, j) of the factor, whose diagonal is kept as its reciprocal. */
static double factor(const System *s, const Result *r, gsize i, gsize j)
{
    const double element = r->r[i * s->stride + j];
    return i == j ? 1 / element : element;
}

/* |A − RᵀR|, |b − Rᵀy| and |y − Rx| are each within γ of the sums of absolute products: Higham,
 * "Accuracy and Stability of Numerical Algorithms", theorems 10.3 and 8.5: k + 1 roundings, and six
 * more for the reciprocal of the root (four) and for summing lanes. */
static guint wrong_solutions(const System *s, const Result *r)
{
    guint wrong = 0;
    const double gamma = 1.01 * ((double)s->k + 7) * U;
    for (gsize i = 0; i < s->k; i++) {
        double b = 0, terms_b = 0, y = 0, terms_y = 0;
        for (gsize p = 0; p <= i; p++) {
            b += factor(s, r, p, i) * r->y[p];
            terms_b += fabs(factor(s, r, p, i) * r->y[p]);
        }
        for (gsize p = i; p < s->k; p++) {
            y += factor(s, r, i, p) * r->x[p];
            terms_y += fabs(factor(s, r, i, p) * r->x[p]);
        }
        wrong += !(fabs(r->b[i] - b) <= gamma * terms_b);
        wrong += !(fabs(r->y[i] - y) <= gamma * terms_y);
        for (gsize j = i; j < s->k; j++) {
            double a = 0, terms = 0;
            for (gsize p = 0; p <= i; p++) {
                a += factor(s, r, p, i) * factor(s, r, p, j);
                terms += fabs(factor(s, r, p, i) * factor(s, r, p, j));
            }
            wrong += !(fabs(r->a[i * s->stride + j] - a) <= gamma * terms);
        }
    }
    return wrong;
}

static void test_right(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint i = 0; i < 40; i++) {
        g_auto(System) s;
        g_auto(Result) result;
        system_init(&s, random, (gsize)g_rand_int_range(random, 1, 90),
                    (guint)g_rand_int_range(random, 0, 200));
        apply(&result, solver_kernels_available()[0], &s);
        CU_ASSERT(result.positive);
        CU_ASSERT_EQUAL(wrong_sums(&s, &result), 0);
        CU_ASSERT_EQUAL(wrong_solutions(&s, &result), 0);
    }
}

/* What follows the last unknown stays 0, and no row after it is touched. */
static void test_padding(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const SolverKernels *const *variants = solver_kernels_available();
    for (; *variants != NULL; variants++) {
        g_auto(System) s;
        g_auto(Result) r;
        system_init(&s, random, 19, 70);
        apply(&r, *variants, &s);
        guint wrong = 0;
        for (gsize j = s.k; j < s.stride; j++) {
            wrong += r.b[j] != 0 || r.only_b[j] != 0 || r.y[j] != 0 || r.x[j] != 0;
            for (gsize i = 0; i < s.k; i++)
                wrong += r.a[i * s.stride + j] != 0 || r.weighted[i * s.stride + j] != 0 ||
                         r.r[i * s.stride + j] != 0;
        }
        CU_ASSERT_EQUAL(wrong, 0);
    }
}

/* ---- what is no positive definite matrix ---- */

static void check_refused(gsize k, gsize at, float pivot)
{
    const SolverKernels *const *variants = solver_kernels_available();
    for (; *variants != NULL; variants++) {
        const gsize stride = solver_stride(k);
        float *a = floats_new(stride * stride);
        for (gsize i = 0; i < k; i++)
            a[i * stride + i] = i == at ? pivot : 1;
        CU_ASSERT_FALSE((*variants)->factorize(a, k));
        g_aligned_free(a);
    }
}

static void test_refused(void)
{
    const float pivots[] = {0, -1, NAN, INFINITY};
    const gsize places[] = {0, 7, 16, 19};
    for (gsize i = 0; i < G_N_ELEMENTS(pivots); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(places); j++)
            check_refused(20, places[j], pivots[i]);
}

/* Twice the same row: the second pivot is what is left of it, 1 − 1. */
static void test_singular(void)
{
    const SolverKernels *const *variants = solver_kernels_available();
    for (; *variants != NULL; variants++) {
        float *a = floats_new(solver_stride(2) * solver_stride(2));
        a[0] = a[1] = a[solver_stride(2) + 1] = 1;
        CU_ASSERT_FALSE((*variants)->factorize(a, 2));
        g_aligned_free(a);
    }
}

/* ---- the choice ---- */

static void test_choice(void)
{
    g_autoptr(GError) error = NULL;
    const SolverKernels *const *variants = solver_kernels_available();
    g_autofree char *before = g_strdup(g_getenv("RECSYS_KERNELS"));
    const SolverKernels *widest = NULL;
    CU_ASSERT_STRING_EQUAL(variants[0]->name, "plain");
    for (; *variants != NULL; variants++) {
        widest = *variants;
        g_setenv("RECSYS_KERNELS", widest->name, TRUE);
        CU_ASSERT_PTR_EQUAL(solver_kernels_choose(NULL), widest);
    }
    g_unsetenv("RECSYS_KERNELS");
    CU_ASSERT_PTR_EQUAL(solver_kernels_choose(NULL), widest);
    g_setenv("RECSYS_KERNELS", "mmx", TRUE);
    CU_ASSERT_PTR_NULL(solver_kernels_choose(&error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "RECSYS_KERNELS=mmx");
    if (before != NULL)
        g_setenv("RECSYS_KERNELS", before, TRUE);
    else
        g_unsetenv("RECSYS_KERNELS");
}

static const UnitTest tests[] = {
    {"every variant gives the bits of the plain one", test_same_bits},
    {"sums, factors and solutions are within their bounds", test_right},
    {"what follows the last unknown stays zero", test_padding},
    {"a pivot that is not positive and finite is refused", test_refused},
    {"a singular matrix is refused", test_singular},
    {"the environment chooses a variant", test_choice},
    {NULL, NULL},
};

TAP_MAIN("solver_kernels", tests)
