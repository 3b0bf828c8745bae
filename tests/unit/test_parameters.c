#include "parameters.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "tap.h"

#define N 23
#define STEPS 300
#define PARTS 3

/* ---- the dense update: every row at every step, element by element ---- */

typedef struct {
    guint k;
    FmModel *parts[PARTS]; /* parameters, first and second moment */
} Dense;

static void dense_init(Dense *dense, const FmModel *initial)
{
    dense->k = initial->k;
    for (guint part = 0; part < PARTS; part++)
        dense->parts[part] = fm_model_new(N, initial->k);
    FmModel *model = dense->parts[PARAMETER];
    model->w0 = initial->w0;
    memcpy(model->bias, initial->bias, N * sizeof(float));
    memcpy(model->embeddings, initial->embeddings, (gsize)N * initial->k * sizeof(float));
}

static void dense_clear(Dense *dense)
{
    for (guint part = 0; part < PARTS; part++)
        fm_model_free(dense->parts[part]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Dense, dense_clear)

static void dense_element(float *p, float *m, float *v, float gradient, const Adam *adam, guint t)
{
    const AdamStep s = adam_step(adam, t);
    const float inverse_correction = 1.0f / s.root_of_correction;
    const float g = gradient + s.weight_decay * *p;
    *m = *m + s.one_minus_beta1 * (g - *m);
    *v = s.beta2 * *v + s.one_minus_beta2 * (g * g);
    *p = *p - s.step_size * (*m / (sqrtf(*v) * inverse_correction + s.eps));
}

/* `gradient` [k + 1] is NULL for a row that no example has. */
static void dense_row(Dense *dense, guint row, const float *gradient, const Adam *adam, guint t)
{
    FmModel **x = dense->parts;
    for (guint f = 0; f < dense->k; f++) {
        const gsize at = (gsize)row * dense->k + f;
        dense_element(&x[0]->embeddings[at], &x[1]->embeddings[at], &x[2]->embeddings[at],
                      gradient != NULL ? gradient[f] : 0, adam, t);
    }
    dense_element(&x[0]->bias[row], &x[1]->bias[row], &x[2]->bias[row],
                  gradient != NULL ? gradient[dense->k] : 0, adam, t);
}

static void dense_w0(Dense *dense, float gradient, const Adam *adam, guint t)
{
    FmModel **x = dense->parts;
    dense_element(&x[0]->w0, &x[1]->w0, &x[2]->w0, gradient, adam, t);
}

/* ---- */

static void catch_up_all(Parameters *p)
{
    for (guint row = 0; row < p->n; row++)
        parameters_catch_up(p, row);
}

static void check_same(Parameters *p, const Dense *dense)
{
    catch_up_all(p);
    for (guint part = 0; part < PARTS; part++) {
        g_autoptr(FmModel) model = fm_model_new(N, dense->k);
        parameters_save(p, part, model);
        CU_ASSERT(fixture_same_bits(model, dense->parts[part]));
    }
}

/* What lies behind the bias stays 0: kernels sum over it. */
static void check_padding(const Parameters *p)
{
    guint wrong = 0;
    for (guint row = 0; row < p->n; row++)
        for (guint part = 0; part < PARTS; part++)
            for (gsize f = p->k + 1; f < p->stride; f++)
                wrong += parameters_row(p, row)[part * p->stride + f] != 0;
    CU_ASSERT_EQUAL(wrong, 0);
}

/* One step on random rows; some more are caught up before and after, as save and next do. */
static void random_step(Parameters *p, Dense *dense, const Adam *adam, guint t, GRand *random)
{
    gboolean touched[N];
    float *gradient = g_aligned_alloc0(p->stride, sizeof *gradient, KERNEL_ALIGNMENT);
    const int one_in = g_rand_int_range(random, 1, 30);
    for (guint row = 0; row < N; row++) {
        touched[row] = g_rand_int_range(random, 0, one_in) == 0;
        if (touched[row] || g_rand_int_range(random, 0, 20) == 0)
            parameters_catch_up(p, row);
    }
    parameters_begin_step(p, adam);
    for (guint row = 0; row < N; row++) {
        for (guint f = 0; f <= p->k; f++)
            gradient[f] = (float)fixture_uniform(random, 0.1);
        dense_row(dense, row, touched[row] ? gradient : NULL, adam, t);
        if (touched[row])
            parameters_apply(p, row, gradient);
        else if (g_rand_int_range(random, 0, 20) == 0)
            parameters_catch_up(p, row);
    }
    g_aligned_free(gradient);
    const float w0_gradient = (float)fixture_uniform(random, 0.1);
    parameters_apply_w0(p, w0_gradient);
    dense_w0(dense, w0_gradient, adam, t);
}

/* A copy that goes on from what was saved. */
static Parameters *saved_and_restored(Parameters *p, guint steps)
{
    g_autoptr(FmModel) zero = fm_model_new(p->n, p->k);
    Parameters *other = parameters_new(zero, p->kernels);
    catch_up_all(p);
    for (guint part = 0; part < PARTS; part++) {
        g_autoptr(FmModel) model = fm_model_new(p->n, p->k);
        parameters_save(p, part, model);
        parameters_restore(other, part, model);
    }
    parameters_set_steps(other, steps);
    CU_ASSERT_EQUAL(other->schedule->len, steps);
    return other;
}

static void check_run(const Kernels *kernels, guint k, double weight_decay, GRand *random)
{
    g_autoptr(FmModel) initial = fixture_model(N, k, 0.5, g_rand_int(random));
    g_autoptr(Parameters) p = parameters_new(initial, kernels);
    g_auto(Dense) dense = {0};
    dense_init(&dense, initial);
    check_same(p, &dense);
    Adam adam = {1e-2, weight_decay, 0.9, 0.999, 1e-8};
    for (guint t = 1; t <= STEPS; t++) {
        if (t % 70 == 0)
            adam.learning_rate *= 0.3;
        random_step(p, &dense, &adam, t, random);
        if (t % 97 == 0)
            check_same(p, &dense);
        if (t % 110 == 0) {
            Parameters *other = saved_and_restored(p, t);
            parameters_free(p);
            p = other;
        }
    }
    check_same(p, &dense);
    check_padding(p);
}

static void test_lazy_is_dense(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const guint factors[] = {1, 15, 16, 40};
    for (const Kernels *const *kernels = kernels_available(); *kernels != NULL; kernels++)
        for (guint i = 0; i < G_N_ELEMENTS(factors); i++)
            check_run(*kernels, factors[i], i % 2 == 0 ? 1e-3 : 0, random);
}

/* Rows that are looked at only once, hundreds of steps late. */
static void test_one_late_catch_up(void)
{
    g_autoptr(FmModel) initial = fixture_model(N, 7, 0.5, 1);
    g_autoptr(Parameters) p = parameters_new(initial, kernels_available()[0]);
    g_auto(Dense) dense = {0};
    dense_init(&dense, initial);
    for (guint t = 1; t <= STEPS; t++) {
        const Adam adam = {1e-2 / t, 0.01, 0.9, 0.999, 1e-8};
        parameters_begin_step(p, &adam);
        parameters_apply_w0(p, 0);
        for (guint row = 0; row < N; row++)
            dense_row(&dense, row, NULL, &adam, t);
        dense_w0(&dense, 0, &adam, t);
    }
    CU_ASSERT_EQUAL(parameters_row(p, 3)[0], fm_vector(initial, 3)[0]);
    check_same(p, &dense);
    check_same(p, &dense); /* nothing is missing any more */
}

static void test_layout(void)
{
    const guint factors[] = {1, 15, 16, 31, 120}, strides[] = {16, 16, 32, 32, 128};
    for (guint i = 0; i < G_N_ELEMENTS(factors); i++) {
        const guint k = factors[i];
        g_autoptr(FmModel) initial = fixture_model(N, k, 1, i);
        g_autoptr(Parameters) p = parameters_new(initial, kernels_available()[0]);
        CU_ASSERT_EQUAL(p->stride, strides[i]);
        CU_ASSERT_EQUAL(p->w0[PARAMETER], initial->w0);
        for (guint row = 0; row < N; row++) {
            const float *values = parameters_row(p, row);
            CU_ASSERT_EQUAL(GPOINTER_TO_SIZE(values) % KERNEL_ALIGNMENT, 0);
            CU_ASSERT_EQUAL(memcmp(values, fm_vector(initial, row), k * sizeof *values), 0);
            CU_ASSERT_EQUAL(values[k], initial->bias[row]);
        }
        for (gsize f = 0; f < p->stride; f++)
            CU_ASSERT_EQUAL(p->mask[f], f < k ? 1 : 0);
        check_padding(p);
    }
}

static const UnitTest tests[] = {
    {"lazy is dense, bit for bit", test_lazy_is_dense},
    {"one late catch-up", test_one_late_catch_up},
    {"layout", test_layout},
    {NULL, NULL},
};

TAP_MAIN("parameters", tests)
