/* The learning curve of a bundle, read from its training.json. */
#pragma once

#include "json.h"
#include "training.h"

typedef struct {
    GArray *epochs; /* EpochFigures; RMSEs that are not there are NAN */
    guint best;     /* position of the epoch with the lowest validation RMSE, the first of equals */
    gboolean
        validated; /* at least one epoch has a validation RMSE; otherwise `best` means nothing */
} Curve;

/* `training` is the bundle's training.json. A file that has no curve gives one of no epochs; one
 * whose epochs are not objects with a number is RECSYS_ERROR_DATA. */
Curve *curve_read(yajl_val training, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void curve_free(Curve *curve);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Curve, curve_free)
