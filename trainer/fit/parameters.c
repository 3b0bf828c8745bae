#include "parameters.h"

#include <math.h>
#include <string.h>

static float *aligned_floats(gsize count)
{
    float *floats = g_aligned_alloc0(count, sizeof(float), KERNEL_ALIGNMENT);
    return floats;
}

Parameters *parameters_new(const FmModel *initial, const Kernels *kernels)
{
    Parameters *p = g_new0(Parameters, 1);
    p->n = initial->n;
    p->k = initial->k;
    p->stride = (initial->k + 1 + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
    p->rows = aligned_floats((gsize)p->n * 3 * p->stride);
    p->mask = aligned_floats(p->stride);
    p->done = g_new0(guint32, p->n);
    p->schedule = g_array_new(FALSE, FALSE, sizeof(KernelStep));
    p->kernels = kernels;
    for (guint f = 0; f < p->k; f++)
        p->mask[f] = 1;
    parameters_restore(p, PARAMETER, initial);
    return p;
}

void parameters_free(Parameters *p)
{
    if (p == NULL)
        return;
    g_aligned_free(p->rows);
    g_aligned_free(p->mask);
    g_free(p->done);
    g_array_unref(p->schedule);
    g_free(p);
}

void parameters_begin_step(Parameters *p, const Adam *adam)
{
    AdamStep step = adam_step(adam, p->schedule->len + 1);
    p->adam = (KernelAdam){
        .weight_decay = step.weight_decay,
        .beta2 = step.beta2,
        .one_minus_beta1 = step.one_minus_beta1,
        .one_minus_beta2 = step.one_minus_beta2,
        .eps = step.eps,
    };
    KernelStep constants = {step.step_size, 1.0f / step.root_of_correction};
    g_array_append_val(p->schedule, constants);
}

void parameters_catch_up(Parameters *p, guint row)
{
    const guint missed = p->schedule->len - p->done[row];
    if (missed == 0)
        return;
    float *values = parameters_row(p, row);
    const KernelStep *steps = &g_array_index(p->schedule, KernelStep, p->done[row]);
    p->kernels->adam(values, values + p->stride, values + 2 * p->stride, &p->adam, steps, missed,
                     NULL, NULL, p->stride);
    p->done[row] = p->schedule->len;
}

void parameters_apply(Parameters *p, guint row, const float *gradient)
{
    g_assert(p->done[row] + 1 == p->schedule->len);
    float *values = parameters_row(p, row);
    const KernelStep *step = &g_array_index(p->schedule, KernelStep, p->done[row]);
    p->kernels->adam(values, values + p->stride, values + 2 * p->stride, &p->adam, NULL, 0,
                     gradient, step, p->stride);
    p->done[row]++;
}

void parameters_apply_w0(Parameters *p, float gradient)
{
    const KernelStep *step = &g_array_index(p->schedule, KernelStep, p->schedule->len - 1);
    const KernelAdam *a = &p->adam;
    float *w = p->w0;
    float g = gradient + a->weight_decay * w[0];
    w[1] = w[1] + a->one_minus_beta1 * (g - w[1]);
    w[2] = a->beta2 * w[2] + a->one_minus_beta2 * (g * g);
    w[0] -= step->step_size * (w[1] / (sqrtf(w[2]) * step->inverse_correction + a->eps));
}

void parameters_save(const Parameters *p, Part part, FmModel *to)
{
    to->w0 = p->w0[part];
    for (guint i = 0; i < p->n; i++) {
        const float *row = parameters_row(p, i) + part * p->stride;
        g_assert(p->done[i] == p->schedule->len);
        memcpy(to->embeddings + (gsize)i * p->k, row, p->k * sizeof *row);
        to->bias[i] = row[p->k];
    }
}

void parameters_restore(Parameters *p, Part part, const FmModel *from)
{
    g_assert(from->n == p->n && from->k == p->k);
    p->w0[part] = from->w0;
    for (guint i = 0; i < p->n; i++) {
        float *row = parameters_row(p, i) + part * p->stride;
        memcpy(row, fm_vector(from, i), p->k * sizeof *row);
        row[p->k] = from->bias[i];
    }
}

void parameters_set_steps(Parameters *p, guint steps)
{
    /* Nobody has missed a step, so the constants of those before are not needed again. */
    g_array_set_size(p->schedule, 0);
    g_array_set_size(p->schedule, steps);
    for (guint i = 0; i < p->n; i++)
        p->done[i] = steps;
}
