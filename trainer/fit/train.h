/* Training: mini-batches, mean squared error of scale · sigmoid(z), dense Adam.
 *
 * The same data, options and seed give the same bits, whatever the number of threads, and whether
 * or not the run was stopped and resumed in between. */
#pragma once

#include "fm.h"
#include "training.h"

typedef struct {
    void (*batch)(guint epoch, guint64 rows_done, guint64 rows, double rmse_so_far, gpointer data);
    void (*epoch)(const EpochFigures *figures, gpointer data);
    gpointer data;
} TrainObserver;

typedef struct {
    TrainObserver observer;
    const char *checkpoint; /* nullable: where to keep one; to be removed once the model is safe */
    double checkpoint_seconds; /* between two of them */
    gboolean resume;           /* go on from the checkpoint if there is one */
} TrainRun;

/* Trains and fills `training`: split, curve, kept epoch, time. Errors: RECSYS_ERROR_DATA (too few
 * rows; a loss that is not finite; a checkpoint of other data or options),
 * RECSYS_ERROR_INTERRUPTED (a checkpoint was kept if there is a name for it). */
FmModel *train(Training *training, const Dataset *dataset, const TrainRun *run,
               GError **error) G_GNUC_WARN_UNUSED_RESULT;
