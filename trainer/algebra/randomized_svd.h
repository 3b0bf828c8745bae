/* The largest singular values and vectors of a matrix that is only known by its products.
 *
 * Halko, Martinsson and Tropp, "Finding structure with randomness", 2011, algorithms 4.4 and 5.1:
 * subspace iteration from a random start.
 *
 * Symbols: A [rows, columns]; l the width of the products, a multiple of DENSE_LANES. */
#pragma once

#include "team.h"

typedef struct {
    guint rows, columns;
    /* out [rows, l] = A · q, q [columns, l]. */
    void (*multiply)(gpointer data, const float *q, guint l, float *out);
    /* out [columns, l] = Aᵀ · q, q [rows, l]. */
    void (*multiply_transposed)(gpointer data, const float *q, guint l, float *out);
    gpointer data;
} ProductMatrix;

/* u [rows, l] and sigma [l]: about the l largest, descending; the last ones are the least exact:
 * ask for some more than are needed. l ≤ rows and columns. The same seed gives the same bits.
 * RECSYS_ERROR_INTERRUPTED between products. */
gboolean randomized_svd(const ProductMatrix *a, guint l, guint iterations, guint64 seed, float *u,
                        float *sigma, Team *team, GError **error) G_GNUC_WARN_UNUSED_RESULT;
