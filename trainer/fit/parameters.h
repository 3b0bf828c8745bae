/* The trainable rows with Adam's moments, updated lazily with the result of the dense update.
 *
 * Dense Adam moves every row at every step, since weight decay and the moments move rows that no
 * example of a batch touches as well. Such a row is left alone here until it is needed again, and
 * then goes through all the steps it has missed at once, with the constants each of them had:
 * the same operations in the same order, so the same bits, for a fraction of the memory traffic. */
#pragma once

#include "adam.h"
#include "fm.h"
#include "kernels.h"

typedef struct {
    guint n, k;
    gsize stride;     /* floats in a row: k factors, the bias, zeros up to KERNEL_LANES */
    float *rows;      /* [n, 3, stride] parameters, first moment, second moment */
    guint32 *done;    /* [n] how many steps a row has been through */
    float *mask;      /* [stride] 1 for factors, 0 elsewhere */
    float w0[3];      /* parameter, first moment, second moment; never behind */
    GArray *schedule; /* KernelStep of each step so far */
    KernelAdam adam;
    const Kernels *kernels;
} Parameters;

Parameters *parameters_new(const FmModel *initial, const Kernels *kernels);
void parameters_free(Parameters *parameters);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Parameters, parameters_free)

/* Begins the next step: from now on rows are behind by one. */
void parameters_begin_step(Parameters *parameters, const Adam *adam);

/* The row's parameters, [stride]. They are those of the last step only after a catch-up. */
static inline float *parameters_row(const Parameters *p, guint row)
{
    return p->rows + (gsize)row * 3 * p->stride;
}

/* Takes the row through the steps it has missed, the current one included. */
void parameters_catch_up(Parameters *parameters, guint row);

/* Takes the row, which must have missed nothing before the current step, through that step with
 * this gradient [stride]. */
void parameters_apply(Parameters *parameters, guint row, const float *gradient);

/* The same for w0. */
void parameters_apply_w0(Parameters *parameters, float gradient);

typedef enum { PARAMETER, FIRST_MOMENT, SECOND_MOMENT } Part;

/* Copies one part of all rows; every row must have caught up. */
void parameters_save(const Parameters *parameters, Part part, FmModel *to);

/* The reverse, and the step at which it was. */
void parameters_restore(Parameters *parameters, Part part, const FmModel *from);
void parameters_set_steps(Parameters *parameters, guint steps);
