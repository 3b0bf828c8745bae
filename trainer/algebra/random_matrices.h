/* Draws from the distributions that hyper-parameters have. */
#pragma once

#include <glib.h>

/* Gamma with this shape ≥ 1 and rate 1 (Marsaglia and Tsang 2000). */
double random_gamma(double shape, GRand *random);

/* precision [k, k] ~ Wishart(scatter⁻¹, freedom), whose mean is freedom · scatter⁻¹, by Bartlett's
 * decomposition; freedom ≥ k + 1; root [k, k] with root · rootᵀ = precision⁻¹. scatter [k, k]
 * is symmetric, positive definite, and used up. */
void random_wishart(double *precision, double *root, double *scatter, double freedom, guint k,
                    GRand *random);
