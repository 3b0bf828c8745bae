/* What one side's vectors are drawn from, and its hyper-parameters, drawn in turn:
 *
 *   x_i ~ N(μ + Bᵀ f_i, Λ⁻¹),  (μ, Λ) ~ Normal–Wishart,  column p of block b of Bᵀ ~ N(0, (λ_b
 * Λ)⁻¹), λ_b ~ Gamma
 *
 * Salakhutdinov and Mnih, "Bayesian probabilistic matrix factorization using Markov chain Monte
 * Carlo", 2008; Simm et al., "Macau: scalable Bayesian factorization with high-dimensional side
 * information using MCMC", 2017.
 *
 * Symbols: n lines (users or movies), K factors, a multiple of DENSE_LANES, f_i the line's features
 * in blocks of p orthogonal columns. */
#pragma once

#include "side_features.h"

typedef struct {
    guint lines, factors;         /* n, K */
    const SideFeatures *features; /* not owned */
    /* The state of the chain. */
    float *coefficients[SIDE_BLOCKS]; /* B_b [p, K] */
    double lambda[SIDE_BLOCKS];       /* λ_b */
    /* What gibbs_prior_sample() draws or derives from it. */
    float *explained;  /* [n, K]: Σ_b f_i B_b */
    float *mean;       /* [K]: μ */
    double *precision; /* [K, K]: Λ */
} GibbsPrior;

/* B = 0, λ_b = 10. */
GibbsPrior *gibbs_prior_new(const SideFeatures *features, guint factors);
void gibbs_prior_free(GibbsPrior *prior);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GibbsPrior, gibbs_prior_free)

/* Draws Λ, μ, B and λ given the vectors x [n, K]. What is drawn depends on seed and stream alone.
 */
void gibbs_prior_sample(GibbsPrior *prior, const float *x, guint64 seed, guint32 stream,
                        Team *team);
