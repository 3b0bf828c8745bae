/* A sum of products of tall matrices, G = Σ_s x_s · z_sᵀ, [rows, columns], kept as two sketches
 * instead of as a matrix, and at the end as the product of two matrices of k columns.
 *
 * Tropp, Yurtsever, Udell and Cevher, "Practical sketching algorithms for low-rank matrix
 * approximation", 2017, algorithm 7: with l = width columns the squared error is at most about
 * l / (l − k) of that of the best approximation of rank k. The random matrices are sparse, eight
 * signs in a row. Where the width is not below `columns`, they are the unit matrix, and nothing is
 * lost.
 *
 * Memory: width · rows + 2 · width · columns floats. */
#pragma once

#include "team.h"

typedef struct {
    guint rows, columns;
    guint width;    /* l, a multiple of DENSE_LANES */
    guint co_width; /* s = 2·l */
    guint64 seed;
    float *range;   /* [max(rows, l), l]: G · Ω */
    float *corange; /* [max(columns, l), s]: Gᵀ · Ψ */
} LowRankSketch;

/* Of G = 0. */
LowRankSketch *low_rank_sketch_new(guint rows, guint columns, guint width, guint64 seed);
void low_rank_sketch_free(LowRankSketch *sketch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LowRankSketch, low_rank_sketch_free)

/* How many floats the two sketches have, for who saves them. */
gsize low_rank_sketch_range_size(const LowRankSketch *sketch);
gsize low_rank_sketch_corange_size(const LowRankSketch *sketch);

/* G += x · zᵀ for x [rows, inner], z [columns, inner], inner a multiple of DENSE_LANES. */
void low_rank_sketch_add(LowRankSketch *sketch, const float *x, const float *z, guint inner,
                         Team *team);

/* left [rows, k] · rightᵀ [k, columns] ≈ scale · G, columns by descending singular value, which is
 * shared out to both sides alike; what is beyond the width is zero. The sketch is used up. */
void low_rank_sketch_finish(LowRankSketch *sketch, double scale, guint k, float *left, float *right,
                            Team *team);
