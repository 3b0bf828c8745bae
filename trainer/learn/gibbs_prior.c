#include "gibbs_prior.h"

#include <math.h>
#include <string.h>

#include "counter_rng.h"
#include "random_matrices.h"
#include "rng.h"
#include "tall_matrix.h"

#define INITIAL_LAMBDA 10.0

/* Of the hyper-priors, weak beside any data: Λ ~ Wishart(I, K), μ ~ N(0, Λ⁻¹), λ ~ Gamma(1, 1). */
#define MEAN_STRENGTH 1.0
#define GAMMA_SHAPE 1.0
#define GAMMA_RATE 1.0

#define PURPOSE 0x505249 /* of the coefficients' random numbers */

GibbsPrior *gibbs_prior_new(const SideFeatures *features, guint factors)
{
    GibbsPrior *p = g_new0(GibbsPrior, 1);
    p->lines = features->lines;
    p->factors = factors;
    p->features = features;
    for (guint b = 0; b < SIDE_BLOCKS; b++) {
        p->coefficients[b] = g_new0(float, (gsize)features->block[b].width *factors);
        p->lambda[b] = INITIAL_LAMBDA;
    }
    p->explained = g_new0(float, (gsize)features->lines *factors);
    p->mean = g_new0(float, factors);
    p->precision = g_new0(double, (gsize)factors *factors);
    return p;
}

void gibbs_prior_free(GibbsPrior *p)
{
    if (p == NULL)
        return;
    for (guint b = 0; b < SIDE_BLOCKS; b++)
        g_free(p->coefficients[b]);
    g_free(p->explained);
    g_free(p->mean);
    g_free(p->precision);
    g_free(p);
}

/* ---- sums over lines ---- */

/* explained += block's features · coefficients, residual −= the same. */
static void explain(GibbsPrior *p, guint block, const float *coefficients, float *residual,
                    Team *team)
{
    const FeatureBlock *features = &p->features->block[block];
    const gsize size = (gsize)p->lines * p->factors;
    g_autofree float *change = g_new(float, size);
    tall_multiply(change, features->values, coefficients, p->lines, features->width, p->factors,
                  team);
    for (gsize i = 0; i < size; i++) {
        p->explained[i] += change[i];
        residual[i] -= change[i];
    }
}

/* average [K] over the lines, which is then subtracted from `rows` [n, K]. */
static void take_average(float *rows, guint lines, guint factors, double *average)
{
    memset(average, 0, factors * sizeof *average);
    for (guint i = 0; i < lines; i++)
        for (guint f = 0; f < factors; f++)
            average[f] += rows[(gsize)i * factors + f];
    for (guint f = 0; f < factors; f++)
        average[f] /= lines;
    for (guint i = 0; i < lines; i++)
        for (guint f = 0; f < factors; f++)
            rows[(gsize)i * factors + f] -= (float)average[f];
}

/* ---- Λ and μ ---- */

/* sum [K, K] += weight · rowsᵀ · rows, rows [n, K]. */
static void add_products(double *sum, double weight, const float *rows, guint n, guint factors,
                         Team *team)
{
    g_autofree float *products = g_new(float, (gsize)factors *factors);
    tall_multiply_transposed(products, rows, rows, n, factors, factors, team);
    for (gsize i = 0; i < (gsize)factors * factors; i++)
        sum[i] += weight * products[i];
}

/* Draws Λ and μ given the centred residuals x − F·B and their average; root [K, K] becomes a matrix
 * with root · rootᵀ = Λ⁻¹. */
static void sample_precision(GibbsPrior *p, const float *centred, const double *average,
                             double *root, GRand *random, Team *team)
{
    const guint K = p->factors, n = p->lines;
    const double shrunk = n / (n + MEAN_STRENGTH);
    double freedom = (double)K + n;
    g_autofree double *scatter = g_new0(double, (gsize)K *K);
    add_products(scatter, 1.0, centred, n, K, team);
    for (guint b = 0; b < SIDE_BLOCKS; b++) {
        add_products(scatter, p->lambda[b], p->coefficients[b], p->features->block[b].width, K,
                     team);
        freedom += p->features->block[b].width;
    }
    for (guint i = 0; i < K; i++) {
        scatter[(gsize)i * K + i] += 1.0;
        for (guint j = 0; j < K; j++)
            scatter[(gsize)i * K + j] += shrunk * MEAN_STRENGTH * average[i] * average[j];
    }
    random_wishart(p->precision, root, scatter, freedom, K, random);
    g_autofree double *noise = g_new(double, K);
    for (guint i = 0; i < K; i++)
        noise[i] = rng_normal(random);
    for (guint i = 0; i < K; i++) {
        double sum = 0;
        for (guint j = 0; j < K; j++)
            sum += root[(gsize)i * K + j] * noise[j];
        p->mean[i] = (float)(shrunk * average[i] + sum / sqrt(n + MEAN_STRENGTH));
    }
}

/* ---- B and λ ---- */

/* Given residual = x − μ − F·B [n, K]: as the block's columns are orthogonal, row j of B_b is
 * N((f_jᵀ·(residual + f_j B_bj)) / d_j, (d_j Λ)⁻¹) with d_j = |f_j|² + λ_b. */
static void sample_coefficients(GibbsPrior *p, guint block, float *residual, const float *root_t,
                                guint64 seed, guint32 stream, Team *team)
{
    const FeatureBlock *features = &p->features->block[block];
    const guint K = p->factors, width = features->width;
    const gsize size = (gsize)width * K;
    float *coefficients = p->coefficients[block];
    g_autofree float *products = g_new(float, size);
    g_autofree float *normals = g_new(float, size);
    g_autofree float *noise = g_new(float, size);
    tall_multiply_transposed(products, features->values, residual, p->lines, width, K, team);
    for (guint j = 0; j < width; j++)
        counter_rng_normals(normals + (gsize)j * K, K, seed, PURPOSE + block, stream, j);
    tall_multiply(noise, normals, root_t, width, K, K, team);
    for (guint j = 0; j < width; j++) {
        const double d = features->squares[j] + p->lambda[block];
        const float gain = (float)(1.0 / d), spread = (float)(1.0 / sqrt(d));
        for (gsize i = (gsize)j * K; i < (gsize)(j + 1) * K; i++) {
            const float before = coefficients[i];
            coefficients[i] =
                gain * (products[i] + features->squares[j] * before) + spread * noise[i];
            products[i] = coefficients[i] - before;
        }
    }
    explain(p, block, products, residual, team);
}

/* λ_b given B_b and Λ: the trace of B·Λ·Bᵀ says how large the coefficients are. */
static void sample_lambda(GibbsPrior *p, guint block, GRand *random, Team *team)
{
    const guint K = p->factors, width = p->features->block[block].width;
    g_autofree double *squares = g_new0(double, (gsize)K *K);
    add_products(squares, 1.0, p->coefficients[block], width, K, team);
    double trace = 0;
    for (gsize i = 0; i < (gsize)K * K; i++)
        trace += squares[i] * p->precision[i];
    p->lambda[block] =
        random_gamma(GAMMA_SHAPE + 0.5 * width * K, random) / (GAMMA_RATE + 0.5 * trace);
}

void gibbs_prior_sample(GibbsPrior *p, const float *x, guint64 seed, guint32 stream, Team *team)
{
    const guint K = p->factors;
    const gsize size = (gsize)p->lines * K;
    g_autoptr(GRand) random = rng_new(seed, stream);
    g_autofree float *residual = g_new(float, size);
    g_autofree double *average = g_new(double, K);
    g_autofree double *root = g_new(double, (gsize)K *K);
    g_autofree float *root_t = g_new(float, (gsize)K *K);
    for (gsize i = 0; i < size; i++)
        residual[i] = x[i] - p->explained[i];
    take_average(residual, p->lines, K, average);
    sample_precision(p, residual, average, root, random, team);
    for (guint i = 0; i < K; i++)
        for (guint j = 0; j < K; j++)
            root_t[(gsize)j * K + i] = (float)root[(gsize)i * K + j];
    for (gsize i = 0; i < size; i++)
        residual[i] += (float)average[i % K] - p->mean[i % K];
    for (guint b = 0; b < SIDE_BLOCKS; b++) {
        if (p->features->block[b].width == 0)
            continue;
        sample_coefficients(p, b, residual, root_t, seed, stream, team);
        sample_lambda(p, b, random, team);
    }
}
