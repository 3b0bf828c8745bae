/* A run of iALS as it stands after some sweep: the movies' vectors are all that the next one needs.
 *
 * One safetensors file: the tensor "movies" [M, k], and the rest as JSON in the header. */
#pragma once

#include <glib.h>

typedef struct {
    char *fingerprint; /* of data and options: another run's checkpoint is refused */
    guint sweeps_done;
    double seconds; /* spent so far */
    guint movies, k;
    float *movie_vectors; /* [M, k] */
} IalsCheckpoint;

void ials_checkpoint_free(IalsCheckpoint *checkpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IalsCheckpoint, ials_checkpoint_free)

/* Written whole or not at all. Errors: G_FILE_ERROR. */
gboolean ials_checkpoint_write(const IalsCheckpoint *checkpoint, const char *path,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* NULL with RECSYS_ERROR_DATA or G_FILE_ERROR. */
IalsCheckpoint *ials_checkpoint_read(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
