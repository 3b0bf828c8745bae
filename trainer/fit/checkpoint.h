/* A training run as it stands after some step: with it the run goes on as if it had not stopped,
 * bit for bit.
 *
 * One safetensors file: the model's tensors under their usual names, Adam's moments as "first.…"
 * and "second.…", the best model so far as "best.…", and the rest as JSON in the header. */
#pragma once

#include "fm.h"
#include "training.h"

typedef struct {
    char *fingerprint; /* of data and options: another run's checkpoint is refused */
    guint epochs_done; /* whole ones */
    guint rows_done;   /* of the next one */
    double error_sum;  /* squared errors of those rows */
    guint steps;
    double seconds;   /* spent so far */
    GArray *curve;    /* EpochFigures of the whole epochs */
    guint best_epoch; /* from 1; 0: none yet */
    FmModel *model, *first, *second;
    FmModel *best; /* NULL unless the best epoch is kept */
} Checkpoint;

Checkpoint *checkpoint_new(void);
void checkpoint_free(Checkpoint *checkpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Checkpoint, checkpoint_free)

/* Written whole or not at all. Errors: G_FILE_ERROR. */
gboolean checkpoint_write(const Checkpoint *checkpoint, const char *path,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* NULL with RECSYS_ERROR_DATA or G_FILE_ERROR. */
Checkpoint *checkpoint_read(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
