/* A sampler's run as it stands after some sweep, as one safetensors file: the chain's and the
 * mean's tensors, and the rest as JSON in the header. */
#pragma once

#include "gibbs_chain.h"

typedef struct {
    const char *fingerprint; /* of data and options: another run's checkpoint is refused */
    guint sweeps, samples;   /* so far */
} GibbsCheckpoint;

/* Written whole or not at all. Errors: G_FILE_ERROR. */
gboolean gibbs_checkpoint_write(const char *path, const GibbsCheckpoint *state,
                                const StateTensor *tensors, guint count,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fills the tensors in place; state->fingerprint is what the file must have, sweeps and samples are
 * read. Nothing is changed after an error: G_FILE_ERROR; RECSYS_ERROR_DATA for a file that is none,
 * that is damaged, or that is of other data or options. */
gboolean gibbs_checkpoint_read(const char *path, GibbsCheckpoint *state, const StateTensor *tensors,
                               guint count, GError **error) G_GNUC_WARN_UNUSED_RESULT;
