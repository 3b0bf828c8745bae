#include "gibbs_prior.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "rng.h"
#include "tall_matrix.h"
#include "tap.h"

enum { K = 16, LINES = 3000, WIDTH = 4 };

/* Two blocks of orthogonal columns. */
static SideFeatures *make_features(GRand *random)
{
    g_autoptr(Team) team = team_new(1);
    SideFeatures *features = g_new0(SideFeatures, 1);
    features->lines = LINES;
    for (guint b = 0; b < SIDE_BLOCKS; b++) {
        FeatureBlock *block = &features->block[b];
        float sigma[DENSE_LANES];
        g_autofree float *wide = g_new0(float, LINES *DENSE_LANES);
        for (guint i = 0; i < LINES; i++)
            for (guint f = 0; f < WIDTH; f++)
                wide[i * DENSE_LANES + f] = (float)rng_normal(random);
        tall_principal(wide, LINES, DENSE_LANES, sigma, NULL, team);
        *block = (FeatureBlock){WIDTH, g_new(float, LINES *WIDTH), g_new(float, WIDTH)};
        for (guint f = 0; f < WIDTH; f++)
            block->squares[f] = sigma[f] * sigma[f];
        for (guint i = 0; i < LINES; i++)
            memcpy(block->values + i * WIDTH, wide + i * DENSE_LANES, WIDTH * sizeof(float));
    }
    return features;
}

/* x = μ + F·B + N(0, 1/precision_f) with μ_f = f/10, B known. */
typedef struct {
    float coefficients[SIDE_BLOCKS][WIDTH * K];
    double precision[K];
} Truth;

static float *make_vectors(const SideFeatures *features, Truth *truth, GRand *random)
{
    float *x = g_new(float, LINES *K);
    for (guint f = 0; f < K; f++)
        truth->precision[f] = 1.0 + f;
    for (guint b = 0; b < SIDE_BLOCKS; b++)
        for (guint i = 0; i < WIDTH * K; i++)
            truth->coefficients[b][i] = (float)(0.5 * rng_normal(random));
    for (guint i = 0; i < LINES; i++)
        for (guint f = 0; f < K; f++) {
            double sum = 0.1 * f + rng_normal(random) / sqrt(truth->precision[f]);
            for (guint b = 0; b < SIDE_BLOCKS; b++)
                for (guint p = 0; p < WIDTH; p++)
                    sum += features->block[b].values[i * WIDTH + p] *
                           truth->coefficients[b][p * K + f];
            x[i * K + f] = (float)sum;
        }
    return x;
}

/* The mean of draws is near what the vectors were made of: within five standard deviations of the
 * posterior (about 1/√(n Λ), which is also the draws' spread). */
static void test_recovers(void)
{
    enum { BURN_IN = 10, DRAWS = 40 };
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    g_autoptr(SideFeatures) features = make_features(random);
    g_autoptr(Team) team = team_new(1);
    Truth truth;
    g_autofree float *x = make_vectors(features, &truth, random);
    g_autoptr(GibbsPrior) prior = gibbs_prior_new(features, K);
    double mean[K] = {0}, precision[K] = {0}, coefficients[SIDE_BLOCKS][WIDTH * K] = {{0}};
    double lambda = 0;
    for (guint draw = 0; draw < BURN_IN + DRAWS; draw++) {
        gibbs_prior_sample(prior, x, 1, draw, team);
        for (guint f = 0; draw >= BURN_IN && f < K; f++) {
            mean[f] += prior->mean[f] / DRAWS;
            precision[f] += prior->precision[f * K + f] / DRAWS;
        }
        for (guint b = 0; draw >= BURN_IN && b < SIDE_BLOCKS; b++)
            for (guint i = 0; i < WIDTH * K; i++)
                coefficients[b][i] += prior->coefficients[b][i] / DRAWS;
        if (draw >= BURN_IN)
            lambda += prior->lambda[0] / DRAWS;
    }
    const double unit = 5.5 / sqrt(LINES);
    for (guint f = 0; f < K; f++) {
        const double spread = unit / sqrt(truth.precision[f]);
        CU_ASSERT_DOUBLE_EQUAL(mean[f], 0.1 * f, spread);
        CU_ASSERT_DOUBLE_EQUAL(precision[f], truth.precision[f], unit * 2 * truth.precision[f]);
        for (guint b = 0; b < SIDE_BLOCKS; b++)
            for (guint p = 0; p < WIDTH; p++)
                CU_ASSERT_DOUBLE_EQUAL(coefficients[b][p * K + f], truth.coefficients[b][p * K + f],
                                       spread);
    }
    /* λ is the precision of B in units of Λ: 64 values of variance 0.25, Λ 8.5 on average. */
    CU_ASSERT(lambda > 0.2 && lambda < 1.2);
}

/* A prior that knows the truth. */
static GibbsPrior *true_prior(const SideFeatures *features, const Truth *truth)
{
    GibbsPrior *prior = gibbs_prior_new(features, K);
    for (guint b = 0; b < SIDE_BLOCKS; b++) {
        memcpy(prior->coefficients[b], truth->coefficients[b], sizeof truth->coefficients[b]);
        for (guint i = 0; i < LINES; i++)
            for (guint f = 0; f < K; f++)
                for (guint p = 0; p < WIDTH; p++)
                    prior->explained[i * K + f] += features->block[b].values[i * WIDTH + p] *
                                                   truth->coefficients[b][p * K + f];
    }
    return prior;
}

/* Of one draw from there: (d Λ)⁻¹ is the variance of a coefficient, to five standard errors, and
 * Λ⁻¹/n that of μ. */
static void test_spread(void)
{
    enum { DRAWS = 300, ROW = 2, COLUMN = 3 };
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    g_autoptr(SideFeatures) features = make_features(random);
    g_autoptr(Team) team = team_new(1);
    Truth truth;
    g_autofree float *x = make_vectors(features, &truth, random);
    double sums[2] = {0}, squares[2] = {0};
    for (guint draw = 0; draw < DRAWS; draw++) {
        g_autoptr(GibbsPrior) prior = true_prior(features, &truth);
        gibbs_prior_sample(prior, x, 1, draw, team);
        const double values[] = {prior->coefficients[1][ROW * K + COLUMN], prior->mean[COLUMN]};
        for (guint i = 0; i < 2; i++) {
            sums[i] += values[i] / DRAWS;
            squares[i] += values[i] * values[i] / DRAWS;
        }
    }
    const double d[] = {features->block[1].squares[ROW] + 10, LINES};
    for (guint i = 0; i < 2; i++) {
        const double variance = 1.0 / (d[i] * truth.precision[COLUMN]);
        CU_ASSERT_DOUBLE_EQUAL((squares[i] - sums[i] * sums[i]) / variance, 1,
                               5 * sqrt(2.0 / DRAWS) + 0.1);
    }
}

static void test_explained_threads_and_streams(void)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    g_autoptr(SideFeatures) features = make_features(random);
    Truth truth;
    g_autofree float *x = make_vectors(features, &truth, random);
    GibbsPrior *priors[3];
    for (guint i = 0; i < 3; i++) {
        g_autoptr(Team) team = team_new(i == 1 ? 2 : 1);
        priors[i] = gibbs_prior_new(features, K);
        gibbs_prior_sample(priors[i], x, 1, i == 2 ? 8 : 7, team);
    }
    const gsize size = LINES * K * sizeof(float);
    CU_ASSERT_EQUAL(memcmp(priors[0]->explained, priors[1]->explained, size), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(priors[0]->explained, priors[2]->explained, size), 0);
    for (guint line = 0; line < LINES; line += 500) {
        double sum = 0;
        for (guint b = 0; b < SIDE_BLOCKS; b++)
            for (guint p = 0; p < WIDTH; p++)
                sum += features->block[b].values[line * WIDTH + p] *
                       priors[0]->coefficients[b][p * K + 5];
        CU_ASSERT_DOUBLE_EQUAL(priors[0]->explained[line * K + 5], sum, 1e-4);
    }
    for (guint i = 0; i < 3; i++)
        gibbs_prior_free(priors[i]);
}

static const UnitTest tests[] = {
    {"recovers what the vectors were made of", test_recovers},
    {"the spread of coefficients", test_spread},
    {"explained, threads and streams", test_explained_threads_and_streams},
    {NULL, NULL},
};

TAP_MAIN("gibbs_prior", tests)
