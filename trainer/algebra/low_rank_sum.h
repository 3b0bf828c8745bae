/* A sum of products of tall matrices, G = Σ_s x_s · z_sᵀ, [rows, columns], kept as the product of
 * two tall matrices of few columns instead of as a matrix.
 *
 * Products are put side by side; when there are LOW_RANK_PENDING of them, they and the sum so far
 * are replaced by P · (Gᵀ·P)ᵀ, where P is an orthonormal basis of G · Q and Q that of the last
 * time's right side: one step of subspace iteration from a good start (Halko, Martinsson and Tropp
 * 2011).
 *
 * Memory: (width + LOW_RANK_PENDING · inner) · (rows + columns) floats, and for a moment as much
 * again. */
#pragma once

#include "team.h"

#define LOW_RANK_PENDING 8

typedef struct {
    guint rows, columns;
    guint width;      /* columns that the sum is kept in, a multiple of DENSE_LANES */
    guint inner;      /* of each product, likewise */
    guint64 seed;     /* of the first start */
    guint total;      /* width + LOW_RANK_PENDING · inner */
    guint32 products; /* added so far */
    float *left;      /* [rows, total]: the sum's, then the products' */
    float *right;     /* [columns, total] */
} LowRankSum;

/* Of no product. `width` is rounded up to whole lanes. */
LowRankSum *low_rank_sum_new(guint rows, guint columns, guint width, guint inner, guint64 seed);
void low_rank_sum_free(LowRankSum *sum);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LowRankSum, low_rank_sum_free)

/* G += x · zᵀ for x [rows, inner], z [columns, inner]. */
void low_rank_sum_add(LowRankSum *sum, const float *x, const float *z, Team *team);

/* left [rows, k] · rightᵀ [k, columns] ≈ scale · G, columns by descending singular value, whose
 * root goes to either side; what is beyond the width is zero. */
void low_rank_sum_finish(LowRankSum *sum, double scale, guint k, float *left, float *right,
                         Team *team);
