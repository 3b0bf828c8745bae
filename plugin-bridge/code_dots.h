/* Approximate scores from vectors of bytes: a small part of the time that exact ones take.
 *
 * All variants give the same bits: the sums are of whole numbers, and each score takes the same
 * float32 operations, without fused multiply-add. */
#pragma once

#include <glib.h>

#define CODE_BLOCK 64  /* a row's bytes are a multiple of this */
#define CODE_ROWS 256u /* at a time, at most */

/* What scores are made of; those of rows are arrays by row. */
typedef struct {
    const guint8 *codes; /* [count, stride] */
    const float *steps;  /* [count] */
    const float *biases; /* [count] */
} CodeRows;

typedef struct {
    const gint8 *codes; /* [stride] */
    gint32 offset;      /* taken from each sum */
    float step;
} CodeQuery;

typedef struct {
    const char *name;

    /* scores [count]: biases[r] + (steps[r] · (Σ_i codes[r, i] · query.codes[i] − offset)) · step,
     * in this order, over `stride` bytes, a multiple of CODE_BLOCK and at most 2^13. Returns the
     * largest of them; count is 1 to CODE_ROWS. */
    float (*score)(float *scores, const CodeRows *rows, guint count, const CodeQuery *query,
                   gsize stride);
} CodeKernel;

/* All variants that this CPU has, plain first and the fastest last; ends with NULL. */
const CodeKernel *const *code_kernels_available(void);

/* The fastest of them. */
const CodeKernel *code_kernel_fastest(void);
