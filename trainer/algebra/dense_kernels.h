/* Products of dense matrices and sums of their rows, in as many variants as the CPU has vector
 * units.
 *
 * The variants avx2, avx512 and neon fuse multiplications and additions and give the same bits as
 * each other; `plain` rounds in between. Each element is summed in the order of the inner index,
 * however the rows are shared out. */
#pragma once

#include <glib.h>

/* The widths of products are multiples of it. */
#define DENSE_LANES 16

/* out[i, ·] += Σ_p a[i · row_step + p · inner_step] · b[p, ·] for i < rows, p < inner.
 * out is [rows, width], b [inner, width], both without gaps, width a multiple of DENSE_LANES.
 * With row_step = columns of A, inner_step = 1 that is A·B; with 1 and the columns of A it is
 * Aᵀ·B. */
typedef void (*DenseMultiply)(float *out, const float *a, gsize row_step, gsize inner_step,
                              const float *b, gsize rows, gsize inner, gsize width);

/* out [width] += Σ_i rows[indices[i] · width ..] for i < count. */
typedef void (*DenseSumRows)(float *out, const float *rows, const guint32 *indices, gsize count,
                             gsize width);

typedef struct {
    const char *name;
    DenseMultiply multiply_add;
    DenseSumRows sum_rows;
} DenseKernels;

/* The fastest variant this CPU has, or the one that RECSYS_KERNELS names; a name that is none is
 * left to kernels_choose() to refuse, and gives the fastest here. */
const DenseKernels *dense_kernels(void);

/* All variants that this CPU has, plain first; ends with NULL. */
const DenseKernels *const *dense_kernels_available(void);
