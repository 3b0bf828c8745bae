/* The body of every variant. The including file defines NAME (the variant's), VECTOR (a type that
 * has + - * /), WIDTH (floats in it), SQRT(x) and SPLAT(x). */

#include "kernels.h"

#define ACCUMULATORS (KERNEL_LANES / WIDTH)
#define BLOCK (4 * WIDTH) /* floats of a row that stay in registers from step to step */

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

/* One step of Adam on one vector; `g` is the gradient without weight decay. */
static inline void adam_step_on(VECTOR *p, VECTOR *m, VECTOR *v, VECTOR g, const KernelAdam *adam,
                                const KernelStep *step)
{
    g = g + SPLAT(adam->weight_decay) * *p;
    *m = *m + SPLAT(adam->one_minus_beta1) * (g - *m);
    *v = SPLAT(adam->beta2) * *v + SPLAT(adam->one_minus_beta2) * (g * g);
    const VECTOR denominator = SQRT(*v) * SPLAT(step->inverse_correction) + SPLAT(adam->eps);
    *p = *p - SPLAT(step->step_size) * (*m / denominator);
}

/* BLOCK floats of a row through all the steps. */
static inline void adam_block(float *parameters, float *first, float *second,
                              const KernelAdam *adam, const KernelStep *idle, guint steps,
                              const float *gradients, const KernelStep *step)
{
    VECTOR p0 = load(parameters), p1 = load(parameters + WIDTH);
    VECTOR p2 = load(parameters + 2 * WIDTH), p3 = load(parameters + 3 * WIDTH);
    VECTOR m0 = load(first), m1 = load(first + WIDTH);
    VECTOR m2 = load(first + 2 * WIDTH), m3 = load(first + 3 * WIDTH);
    VECTOR v0 = load(second), v1 = load(second + WIDTH);
    VECTOR v2 = load(second + 2 * WIDTH), v3 = load(second + 3 * WIDTH);
    const VECTOR zero = SPLAT(0.0f);
    for (guint t = 0; t < steps; t++) {
        adam_step_on(&p0, &m0, &v0, zero, adam, &idle[t]);
        adam_step_on(&p1, &m1, &v1, zero, adam, &idle[t]);
        adam_step_on(&p2, &m2, &v2, zero, adam, &idle[t]);
        adam_step_on(&p3, &m3, &v3, zero, adam, &idle[t]);
    }
    if (gradients != NULL) {
        adam_step_on(&p0, &m0, &v0, load(gradients), adam, step);
        adam_step_on(&p1, &m1, &v1, load(gradients + WIDTH), adam, step);
        adam_step_on(&p2, &m2, &v2, load(gradients + 2 * WIDTH), adam, step);
        adam_step_on(&p3, &m3, &v3, load(gradients + 3 * WIDTH), adam, step);
    }
    store(parameters, p0), store(parameters + WIDTH, p1);
    store(parameters + 2 * WIDTH, p2), store(parameters + 3 * WIDTH, p3);
    store(first, m0), store(first + WIDTH, m1);
    store(first + 2 * WIDTH, m2), store(first + 3 * WIDTH, m3);
    store(second, v0), store(second + WIDTH, v1);
    store(second + 2 * WIDTH, v2), store(second + 3 * WIDTH, v3);
}

/* The same for the WIDTH floats that are left when a row is not a multiple of BLOCK. */
static inline void adam_vector(float *parameters, float *first, float *second,
                               const KernelAdam *adam, const KernelStep *idle, guint steps,
                               const float *gradients, const KernelStep *step)
{
    VECTOR p = load(parameters), m = load(first), v = load(second);
    for (guint t = 0; t < steps; t++)
        adam_step_on(&p, &m, &v, SPLAT(0.0f), adam, &idle[t]);
    if (gradients != NULL)
        adam_step_on(&p, &m, &v, load(gradients), adam, step);
    store(parameters, p);
    store(first, m);
    store(second, v);
}

static void adam(float *parameters, float *first, float *second, const KernelAdam *constants,
                 const KernelStep *idle, guint steps, const float *gradients,
                 const KernelStep *step, gsize stride)
{
    gsize f = 0;
    for (; f + BLOCK <= stride; f += BLOCK)
        adam_block(parameters + f, first + f, second + f, constants, idle, steps,
                   gradients != NULL ? gradients + f : NULL, step);
    for (; f < stride; f += WIDTH)
        adam_vector(parameters + f, first + f, second + f, constants, idle, steps,
                    gradients != NULL ? gradients + f : NULL, step);
}

const Kernels KERNELS(NAME) = {G_STRINGIFY(NAME), forward, gradient, adam};
