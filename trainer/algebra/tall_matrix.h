/* Dense algebra of tall matrices: many rows, few columns, float32, row-major without gaps. Products
 * are shared out to a team and give the same bits whatever its size; what is left, of the order of
 * the columns, goes through LAPACK in one thread and double precision.
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

/* Makes the columns of y [n, l] orthonormal with the same span: shifted Cholesky QR, twice (Fukaya
 * et al. 2020). Columns that depend on others but for rounding are left shorter than 1, and so is
 * everything if n < l. */
void tall_orthonormalize(float *y, guint n, guint l, Team *team);

/* y [n, l] = u · diag(sigma) · vᵀ, the singular value decomposition: u · diag(sigma) takes y's
 * place, columns by descending sigma [l]; v [l, l] is nullable. From the eigenvalues of yᵀ·y:
 * sigma is exact to about 3e-4 of the largest one, less is rounding. */
void tall_principal(float *y, guint n, guint l, float *sigma, float *v, Team *team);
