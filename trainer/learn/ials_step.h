/* Half a sweep of implicit alternating least squares (ials.h): the vectors of all lines of one side
 * from those of the other, which are turned first so that their Gram matrix is diagonal.
 *
 *   (α G + ρ I + Σ_j y_j y_jᵀ) x = Σ_j t_j y_j,   G = Σ over all others y yᵀ,
 *   ρ = λ (n + α · others), over the n others j that the line has ratings of.
 *
 * Symbols: k factors, `stride` = solver_stride(k). */
#pragma once

#include "rating_matrix.h"
#include "solver_kernels.h"
#include "team.h"

typedef struct {
    const SolverKernels *kernels;
    Team *team;
    const RatingLines *lines;
    const float *targets; /* [N] as lines->rating */
    float *others;        /* [others, stride] y, turned in place */
    float *solved;        /* [lines, stride] x; zeros where there are no ratings */
    gsize k;
    double alpha, lambda;
    void (*progress)(guint ratings, gpointer data); /* that many more are done */
    gpointer data;
} IalsStep;

/* `gram` [k], nullable: the diagonal of the turned vectors' Gram matrix, descending.
 * RECSYS_ERROR_INTERRUPTED; RECSYS_ERROR_DATA if a system cannot be solved, naming --lambda. */
gboolean ials_step(const IalsStep *step, double *gram, GError **error) G_GNUC_WARN_UNUSED_RESULT;
