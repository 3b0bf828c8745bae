/* Dense algebra of tall matrices: many rows, few columns, float32, row-major without gaps. The
 * small parts go through LAPACK in one thread; products are shared out to a team and give the same
 * bits whatever its size.
 *
 * Symbols: n rows, l columns, a multiple of DENSE_LANES. */
#pragma once

#include "dense_kernels.h"
#include "team.h"

/* The least multiple of DENSE_LANES that is not below `columns`. */
guint tall_width(guint columns);

/* out [rows, width] = a [rows, inner] · b [inner, width]. */
void tall_multiply(float *out, const float *a, const float *b, guint rows, guint inner, guint width,
                   Team *team);

/* out [inner, width] = aᵀ · b for a [rows, inner], b [rows, width]. */
void tall_multiply_transposed(float *out, const float *a, const float *b, guint rows, guint inner,
                              guint width, Team *team);

/* Makes the columns of y [n, l] orthonormal with the same span (Householder's method); n ≥ l. */
void tall_orthonormalize(float *y, guint n, guint l);

/* y [n, l] = u · diag(sigma) · vᵀ: u takes y's place; sigma [l] descends; v [l, l], nullable. The
 * columns of u and v are orthonormal, those of u whose sigma is not above rounding are of no use
 * (n may be less than l). */
void tall_svd(float *y, guint n, guint l, float *sigma, float *v, Team *team);
