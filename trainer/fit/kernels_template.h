/* The body of every variant. The including file defines NAME (the variant's), VECTOR (a type that
 * has + - * /), WIDTH (floats in it), SQRT(x) and SPLAT(x). */

#include "kernels.h"

#define ACCUMULATORS (KERNEL_LANES / WIDTH)

static inline VECTOR load(const float *from)
{
    return *(const VECTOR *)(gconstpointer)from;
}

static inline void store(float *to, VECTOR value)
{
    *(VECTOR *)(gpointer)to = value;
}

static float add_lanes(const VECTOR *accumulators)
{
    float lanes[KERNEL_LANES] __attribute__((aligned(KERNEL_ALIGNMENT)));
    for (guint a = 0; a < ACCUMULATORS; a++)
        store(lanes + a * WIDTH, accumulators[a]);
    for (guint half = KERNEL_LANES / 2; half > 0; half /= 2)
        for (guint lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return lanes[0];
}

static float forward(float *sum, const float *const *rows, guint fields, const float *mask,
                     gsize stride)
{
    VECTOR pairs[ACCUMULATORS];
    for (guint a = 0; a < ACCUMULATORS; a++)
        pairs[a] = SPLAT(0.0f);
    for (gsize f = 0; f < stride; f += KERNEL_LANES) {
        for (guint a = 0; a < ACCUMULATORS; a++) {
            const gsize at = f + a * WIDTH;
            VECTOR total = load(rows[0] + at);
            VECTOR squares = total * total;
            for (guint i = 1; i < fields; i++) {
                const VECTOR v = load(rows[i] + at);
                total = total + v;
                squares = squares + v * v;
            }
            store(sum + at, total);
            pairs[a] = pairs[a] + load(mask + at) * (total * total - squares);
        }
    }
    return 0.5f * add_lanes(pairs);
}

static void gradient(float *restrict gradient, const float *restrict sums, const float *slopes,
                     const guint32 *examples, guint count, const float *parameters,
                     const float *mask, gsize stride)
{
    float total = 0;
    for (guint e = 0; e < count; e++)
        total += slopes[examples[e]];
    for (gsize f = 0; f < stride; f += KERNEL_LANES) {
        VECTOR sum[ACCUMULATORS];
        for (guint a = 0; a < ACCUMULATORS; a++)
            sum[a] = SPLAT(0.0f);
        for (guint e = 0; e < count; e++) {
            const float *from = sums + examples[e] * stride + f;
            const VECTOR slope = SPLAT(slopes[examples[e]]);
            for (guint a = 0; a < ACCUMULATORS; a++)
                sum[a] = sum[a] + slope * load(from + a * WIDTH);
        }
        for (guint a = 0; a < ACCUMULATORS; a++) {
            const gsize at = f + a * WIDTH;
            store(gradient + at, sum[a] - SPLAT(total) * (load(mask + at) * load(parameters + at)));
        }
    }
}

/* One step of Adam on a row; `gradients` are without weight decay, NULL for none. The vectors of a
 * row do not depend on each other, so that one's division is under way while the next one's begins.
 */
static inline void adam_step_on(float *restrict parameters, float *restrict first,
                                float *restrict second, const KernelAdam *adam,
                                const float *restrict gradients, const KernelStep *step,
                                gsize stride)
{
    for (gsize f = 0; f < stride; f += WIDTH) {
        VECTOR p = load(parameters + f), m = load(first + f), v = load(second + f);
        VECTOR g = SPLAT(adam->weight_decay) * p;
        if (gradients != NULL)
            g = load(gradients + f) + g;
        m = m + SPLAT(adam->one_minus_beta1) * (g - m);
        v = SPLAT(adam->beta2) * v + SPLAT(adam->one_minus_beta2) * (g * g);
        const VECTOR denominator = SQRT(v) * SPLAT(step->inverse_correction) + SPLAT(adam->eps);
        store(parameters + f, p - SPLAT(step->step_size) * (m / denominator));
        store(first + f, m);
        store(second + f, v);
    }
}

static void adam(float *parameters, float *first, float *second, const KernelAdam *constants,
                 const KernelStep *idle, guint steps, const float *gradients,
                 const KernelStep *step, gsize stride)
{
    for (guint t = 0; t < steps; t++)
        adam_step_on(parameters, first, second, constants, NULL, &idle[t], stride);
    if (gradients != NULL)
        adam_step_on(parameters, first, second, constants, gradients, step, stride);
}

const Kernels KERNELS(NAME) = {G_STRINGIFY(NAME), forward, gradient, adam};
