/* The Gram matrix of a table of vectors, and the rotation that makes it diagonal.
 *
 * Symbols: k factors, `stride` = solver_stride(k); tables are [rows, stride] floats, as
 * solver_kernels.h has them. */
#pragma once

#include "solver_kernels.h"
#include "team.h"

/* gram [k, k] = Σ_r x_r x_rᵀ, all of it: blocks of rows in float32, the blocks in double and in
 * order, whatever the number of threads. */
void gram_of_table(double *gram, const float *table, guint rows, gsize k,
                   const SolverKernels *kernels, Team *team);

/* gram = V diag(values) Vᵀ: values [k] descending and at least 0, row f of `vectors` [k, k] the
 * unit vector of value f, its largest component positive. RECSYS_ERROR_DATA if there is none:
 * values that are not finite. */
gboolean gram_diagonalize(double *vectors, double *values, const double *gram, gsize k,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Replaces each row x of the table by the k numbers <vectors_f, x>, summed in float32. */
void gram_rotate(float *table, guint rows, const double *vectors, gsize k,
                 const SolverKernels *kernels, Team *team);
