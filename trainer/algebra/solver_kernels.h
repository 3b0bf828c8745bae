/* Dense symmetric systems A x = b of a few hundred unknowns, one for each person and movie: A is
 * summed from the rows of the other side, factorized and solved, in as many variants as the CPU has
 * vector units.
 *
 * All variants give the same bits: they do the same float32 operations on each element in the same
 * order, every product of a sum by a fused multiply-add, and what is summed across a row is summed
 * in SOLVER_LANES lanes whatever the width of the unit. Only the speed differs.
 *
 * Symbols: k unknowns, `stride` = solver_stride(k). Vectors are [stride] floats of which the last
 * stride - k are 0. Matrices are [stride, stride] floats, row after row; only the upper triangle
 * (column ≥ row) of the first k rows means anything: what is below it is neither read as a value
 * nor kept, but has to be initialized. Columns from k on stay 0 if they are 0. Arrays are aligned
 * to SOLVER_ALIGNMENT bytes. */
#pragma once

#include <glib.h>

#define SOLVER_LANES 16
#define SOLVER_ALIGNMENT 64
#define SOLVER_CHUNK 64 /* rows that are summed by themselves before they are added to A and b */

typedef struct {
    const char *name;

    /* A += Σ_r weights[r] x_r x_rᵀ and b += Σ_r targets[r] x_r over the `count` vectors x_r =
     * rows[r]. `weights` is NULL if they are all 1; `a`, or `b` with `targets`, is NULL if only the
     * other is wanted. `workspace`: solver_workspace_floats(k) floats; NULL will do without `a`. */
    void (*accumulate)(float *a, float *b, const float *const *rows, const float *weights,
                       const float *targets, guint count, gsize k, float *workspace);

    /* Cholesky, A = Rᵀ R with R upper triangular, in place. The diagonal then holds 1 / R_ii.
     * FALSE, with A spoiled, unless every pivot is positive and finite. */
    gboolean (*factorize)(float *a, gsize k) G_GNUC_WARN_UNUSED_RESULT;

    /* Rᵀ y = b and R x = y, in place, R being what `factorize` left. One after the other they solve
     * A x = b; the second alone turns standard normal numbers y into x ~ N(0, A⁻¹). */
    void (*solve_forward)(const float *r, float *b, gsize k);
    void (*solve_backward)(const float *r, float *y, gsize k);
} SolverKernels;

/* k rounded up to whole lanes. */
gsize solver_stride(gsize k);

/* Floats of workspace that `accumulate` needs. */
gsize solver_workspace_floats(gsize k);

/* The fastest variant this CPU has, or the one that RECSYS_KERNELS names, with the same meaning and
 * errors as kernels_choose (fit/kernels.h). The plain variant calls fmaf() for each product: a slow
 * oracle, and what runs where there is no fused multiply-add. */
const SolverKernels *solver_kernels_choose(GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All variants that this CPU has, plain first; ends with NULL. */
const SolverKernels *const *solver_kernels_available(void);
