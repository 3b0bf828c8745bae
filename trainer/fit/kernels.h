/* The three loops that training spends its time in, in as many variants as the CPU has vector
 * units.
 *
 * All variants give the same bits: they do the same float32 operations on each element in the same
 * order, without fused multiply-add, and what is summed across a row is summed in KERNEL_LANES
 * lanes whatever the width of the unit. Only the speed differs.
 *
 * Rows are the parameter table's (parameters.h): `stride` floats, a multiple of KERNEL_LANES, with
 * the k factors first, then the bias, then zeros. `mask` [stride] is 1 for factors and 0 elsewhere.
 * Arrays are aligned to KERNEL_ALIGNMENT bytes. */
#pragma once

#include <glib.h>

#define KERNEL_LANES 16
#define KERNEL_ALIGNMENT 64

/* The constants of Adam that stay (adam.h says what they are) and those of one step. */
typedef struct {
    float weight_decay;
    float beta2, one_minus_beta1, one_minus_beta2;
    float eps;
} KernelAdam;

typedef struct {
    float step_size;          /* learning_rate / (1 − beta1^t) */
    float inverse_correction; /* 1 / sqrt(1 − beta2^t) */
} KernelStep;

typedef struct {
    const char *name;

    /* sum [stride] = Σ_i rows[i]; returns ½ Σ_f mask_f · (sum_f² − Σ_i rows[i]_f²), the pair terms.
     */
    float (*forward)(float *sum, const float *const *rows, guint fields, const float *mask,
                     gsize stride);

    /* gradient [stride] = Σ_b slopes[b] · sums[b] − (Σ_b slopes[b]) · mask · parameters, over the
     * `count` examples b listed in `examples`; sums is [B, stride], slopes [B]. */
    void (*gradient)(float *gradient, const float *sums, const float *slopes,
                     const guint32 *examples, guint count, const float *parameters,
                     const float *mask, gsize stride);

    /* Adam on one row: parameters, first and second moment, each [stride]. First `steps` steps
     * whose gradient was 0 but for weight decay, with the constants idle[0..steps-1]; then, unless
     * `gradient` is NULL, one with this gradient and the constants *step. */
    void (*adam)(float *parameters, float *first, float *second, const KernelAdam *adam,
                 const KernelStep *idle, guint steps, const float *gradient, const KernelStep *step,
                 gsize stride);
} Kernels;

/* The fastest variant this CPU has, or the one that RECSYS_KERNELS names (plain, avx2, avx512,
 * neon). RECSYS_ERROR_USAGE for a name that is none, or that this CPU does not have. */
const Kernels *kernels_choose(GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All variants that this CPU has, plain first; ends with NULL. */
const Kernels *const *kernels_available(void);
