/* Training steps on batches the caller chooses: predict, gradient of the mean squared error, Adam.
 *
 * The result is the same for any number of threads: each row's gradient is summed by one thread,
 * over its examples in batch order. */
#pragma once

#include "adam.h"
#include "dataset.h"
#include "fm.h"

typedef struct Stepper Stepper;

/* Starts from a copy of `initial`. `data` must outlive the stepper. RECSYS_ERROR_USAGE if
 * RECSYS_KERNELS asks for a variant that is not there. */
Stepper *stepper_new(const Dataset *data, const FmModel *initial, guint batch_size, guint threads,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void stepper_free(Stepper *stepper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stepper, stepper_free)

/* One step on dataset rows rows[0..count-1], count ≤ batch_size, with this Adam. `next` is the
 * batch of the step after, made ready meanwhile; NULL if it is not known. Returns the sum of
 * squared errors before the step; if that is not finite, no step is made. */
double stepper_step(Stepper *stepper, const guint32 *rows, guint count, const guint32 *next,
                    guint next_count, const Adam *adam);

/* The sum of squared errors on any number of rows. */
double stepper_evaluate(Stepper *stepper, const guint32 *rows, guint count);

guint stepper_steps(const Stepper *stepper);

/* Copies the model as of the last step, and, where not NULL, Adam's moments, shaped like it. */
void stepper_save(Stepper *stepper, FmModel *model, FmModel *first, FmModel *second);

/* Goes on from what stepper_save() gave after `steps` steps. */
void stepper_restore(Stepper *stepper, const FmModel *model, const FmModel *first,
                     const FmModel *second, guint steps);
