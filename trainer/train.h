/* Training: mini-batches, mean squared error of scale · sigmoid(z), dense Adam.
 *
 * Every step updates every row, because weight decay and the moments move rows a batch does not
 * touch as well. The result is the same for any number of threads: each row is updated by one
 * thread, from its examples in batch order. */
#pragma once

#include "fm.h"
#include "training.h"

typedef struct {
    void (*batch)(guint epoch, guint64 rows_done, guint64 rows, double rmse_so_far, gpointer data);
    void (*epoch)(const EpochFigures *figures, gpointer data);
    gpointer data;
} TrainObserver;

/* Trains from scratch and fills `training`: split, curve, time. Errors: RECSYS_ERROR_DATA (too few
 * rows; a loss that is not finite), RECSYS_ERROR_INTERRUPTED. */
FmModel *train(Training *training, const Dataset *dataset, const TrainObserver *observer,
               GError **error) G_GNUC_WARN_UNUSED_RESULT;
