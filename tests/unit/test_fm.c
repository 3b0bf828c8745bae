#include "fm.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "tap.h"

#define U 0x1p-24 /* unit roundoff of float32 */

static const guint factors[] = {1, 2, 7, 8, 9, 15, 16, 17, 63, 120, 121, 128};

/* What |fm_forward − z| is bounded by (Higham, §3.1). Each term passes through at most 2F + 1
 * roundings while its sum over the row is formed and squared, ⌈k/8⌉ + 3 while the lanes are added,
 * 4 at the end: m u / (1 − m u) · Σ |terms|, with the terms of both halves of lemma 3.1. */
static double bound_of(const FmModel *model, const guint32 *features, guint fields)
{
    double terms = fabs((double)model->w0), pairs = 0;
    for (guint i = 0; i < fields; i++)
        terms += fabs((double)model->bias[features[i]]);
    for (guint f = 0; f < model->k; f++) {
        double sum = 0;
        for (guint i = 0; i < fields; i++)
            sum += fabs((double)fm_vector(model, features[i])[f]);
        pairs += sum * sum;
    }
    double m = 2.0 * fields + model->k / 8.0 + 9;
    return m * U / (1 - m * U) * (terms + pairs) * (1 + 1e-9);
}

static void check_row(const FmModel *model, const guint32 *features, guint fields)
{
    g_autofree float *sum = g_new(float, model->k);
    float z = fm_forward(sum, model, features, fields);
    double oracle = fm_forward_oracle(model, features, fields);
    CU_ASSERT(fabs(z - oracle) <= bound_of(model, features, fields));
    for (guint f = 0; f < model->k; f++) {
        double exact = 0, terms = 0;
        for (guint i = 0; i < fields; i++) {
            exact += fm_vector(model, features[i])[f];
            terms += fabs((double)fm_vector(model, features[i])[f]);
        }
        CU_ASSERT(fabs(sum[f] - exact) <= fields * U * terms * (1 + 1e-6));
    }
}

static void test_forward(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const guint sizes[] = {1, 2, 5, 13, 200};
    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
        for (guint i = 0; i < G_N_ELEMENTS(factors); i++) {
            double most = i % 2 == 0 ? 0.02 : 3;
            g_autoptr(FmModel) model =
                fixture_model(sizes[s], factors[i], most, g_rand_int(random));
            for (guint round = 0; round < 20; round++) {
                guint32 features[7];
                guint fields = (guint)g_rand_int_range(random, 0, 8);
                for (guint f = 0; f < fields; f++)
                    features[f] = (guint32)g_rand_int_range(random, 0, (gint32)sizes[s]);
                check_row(model, features, fields);
            }
        }
    }
}

/* Every factor counts once: only factor f of two features is not zero. */
static void test_every_factor_counts(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(factors); i++) {
        const guint k = factors[i];
        for (guint f = 0; f < k; f++) {
            g_autoptr(FmModel) model = fm_model_new(3, k);
            g_autofree float *sum = g_new(float, k);
            model->embeddings[f] = 2;
            model->embeddings[2 * k + f] = 3;
            const guint32 row[] = {0, 1, 2};
            CU_ASSERT_EQUAL(fm_forward(sum, model, row, 3), 6);
            CU_ASSERT_EQUAL(fm_forward_oracle(model, row, 3), 6);
            CU_ASSERT_EQUAL(sum[f], 5);
        }
    }
}

/* By hand: w0 + w_0 + w_2 + <v_0, v_2>. */
static void test_known_value(void)
{
    g_autoptr(FmModel) model = fm_model_new(3, 2);
    const float vectors[] = {1, 2, 9, 9, -3, 0.5f};
    memcpy(model->embeddings, vectors, sizeof vectors);
    model->w0 = 0.25f;
    model->bias[0] = 0.5f;
    model->bias[1] = 100;
    model->bias[2] = -1;
    float sum[2];
    const guint32 row[] = {0, 2};
    CU_ASSERT_EQUAL(fm_forward(sum, model, row, 2), 0.25f + 0.5f - 1 + (-3 + 1));
    CU_ASSERT_EQUAL(fm_forward_oracle(model, row, 2), 0.25 + 0.5 - 1 + (-3 + 1));
    CU_ASSERT_EQUAL(sum[0], -2);
    CU_ASSERT_EQUAL(sum[1], 2.5f);
    CU_ASSERT_EQUAL(fm_vector(model, 2)[0], -3);
}

static void test_sigmoid(void)
{
    CU_ASSERT_EQUAL(fm_sigmoid(0), 0.5f);
    CU_ASSERT_EQUAL(fm_sigmoid(200), 1);
    CU_ASSERT_EQUAL(fm_sigmoid(-200), 0);
    CU_ASSERT_EQUAL(fm_sigmoid(INFINITY), 1);
    CU_ASSERT_EQUAL(fm_sigmoid(-INFINITY), 0);
    CU_ASSERT(isnan(fm_sigmoid(NAN)));
    /* expf within 1 ulp, an addition and a division: 4 u in all */
    for (int i = -216; i <= 216; i++) {
        float z = 0.37f * (float)i;
        double exact = 1 / (1 + exp(-(double)z));
        CU_ASSERT(fabs(fm_sigmoid(z) - exact) <= 4 * U * exact);
    }
}

static void test_new_model_is_zero(void)
{
    g_autoptr(FmModel) model = fm_model_new(5, 3);
    CU_ASSERT_EQUAL(model->n, 5);
    CU_ASSERT_EQUAL(model->k, 3);
    CU_ASSERT_EQUAL(model->w0, 0);
    for (guint i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(model->bias[i], 0);
    for (guint i = 0; i < 15; i++)
        CU_ASSERT_EQUAL(model->embeddings[i], 0);
}

/* The variance of a normal distribution truncated at two is 1 − 4 φ(2) / (2 Φ(2) − 1) = 0.7737;
 * within five standard errors. */
static void check_moments(const float *values, guint count, double sigma)
{
    double sum = 0, squares = 0, fourth = 0, most = 0;
    for (guint i = 0; i < count; i++) {
        double x = values[i] / sigma;
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
        most = MAX(most, fabs(x));
    }
    double variance = 1 - 4 * exp(-2) / sqrt(2 * G_PI) / erf(sqrt(2));
    double spread = sqrt(fourth / count - squares / count * squares / count);
    CU_ASSERT(fabs(sum / count) <= 5 * sqrt(variance / count));
    CU_ASSERT(fabs(squares / count - variance) <= 5 * spread / sqrt(count));
    CU_ASSERT(most <= 2 * (1 + 1e-6) && most > 1.98);
}

static void test_randomize(void)
{
    const double sigma = 0.01;
    g_autoptr(FmModel) model = fm_model_new(20000, 3);
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    model->w0 = 3;
    fm_model_randomize(model, sigma, random);
    CU_ASSERT_EQUAL(model->w0, 0);
    check_moments(model->bias, 20000, sigma);
    check_moments(model->embeddings, 60000, sigma);
}

static void test_randomize_is_repeatable(void)
{
    g_autoptr(FmModel) one = fm_model_new(30, 7), two = fm_model_new(30, 7);
    g_autoptr(GRand) first = g_rand_new_with_seed(5), second = g_rand_new_with_seed(5);
    fm_model_randomize(one, 0.1, first);
    fm_model_randomize(two, 0.1, second);
    CU_ASSERT_EQUAL(memcmp(one->bias, two->bias, 30 * sizeof(float)), 0);
    CU_ASSERT_EQUAL(memcmp(one->embeddings, two->embeddings, 210 * sizeof(float)), 0);
    fm_model_randomize(two, 0.1, second);
    CU_ASSERT_NOT_EQUAL(memcmp(one->embeddings, two->embeddings, 210 * sizeof(float)), 0);
}

static const UnitTest tests[] = {
    {"forward against the oracle", test_forward},
    {"every factor counts", test_every_factor_counts},
    {"known value", test_known_value},
    {"sigmoid", test_sigmoid},
    {"new model is zero", test_new_model_is_zero},
    {"randomize", test_randomize},
    {"randomize is repeatable", test_randomize_is_repeatable},
    {NULL, NULL},
};

TAP_MAIN("fm", tests)
