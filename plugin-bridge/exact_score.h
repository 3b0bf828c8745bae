/* The score a movie must have, and how far a right answer of a cluster may be from it.
 *
 * Symbols: q [k] query vector, d [k] a movie's vector, w its bias, c the shift, u = 2^-24.
 *
 *   S = c + w + Σ q_i d_i
 *
 * is computed here exactly enough: products of two float32 are exact in double, and they are added
 * with compensation (Ogita, Rump & Oishi, "Accurate sum and dot product", 2005), as if in twice the
 * precision of double; in four sums side by side, which takes half the time of one.
 *
 * Elasticsearch adds the products in float32, in an order that depends on version, JDK and CPU,
 * with or without FMA; adds shift and bias in double; and rounds to float32 once. For every order
 * of k terms (Higham, "Accuracy and Stability of Numerical Algorithms", §3.1)
 *
 *   |fl(Σ q_i d_i) − Σ q_i d_i| ≤ γ_k Σ |q_i d_i| + k·2^-149,   γ_k = k·u / (1 − k·u),
 *
 * the last term for products that underflow. With D for that and the rounding of the additions in
 * double, and one more rounding to float32:
 *
 *   |ES − S| ≤ B = D·(1 + u) + u·|S| + 2^-150
 *
 * for every finite answer ES. An order whose sums overflow has an infinite score or none in the
 * end, which is never right. The derivation step by step: PARITY.md. */
#pragma once

#include <glib.h>

typedef struct {
    double score; /* S */
    double bound; /* B, with room for the error of `score` and of B itself */
} ExactScore;

ExactScore exact_score(const float *query, const float *vector, guint k, double bias, double shift);

/* An answer further than this from that of a right server is always found wrong, whatever the
 * reason: both would have to be within B of S. */
double exact_score_resolution(ExactScore exact);

/* The same in units in the last place of a float32, at S. */
double exact_score_resolution_ulps(ExactScore exact);

/* One unit in the last place of a float32, at |x|. */
double float_ulp(float x);
