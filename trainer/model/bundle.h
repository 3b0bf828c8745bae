/* The bundle: the directory the trainer writes and everything else reads.
 *
 *   model.safetensors  the tensors (safetensors.h)
 *   features.jsonl     one line per feature in index order: index, type, value, and for movies
 *                      title, genres, year, ratings
 *   training.json      how it was trained (training.h)
 *   training_rows.bin  what it was trained on: pairs of user and movie (training_rows.h); optional
 *   manifest.json      format version, size and sha256 of each file, and the model_id: the first
 *                      twelve hex digits of the sha256 of model.safetensors
 *
 * It is written under a temporary name and renamed: it is whole or it is not there. */
#pragma once

#include "feature_table.h"
#include "fm.h"
#include "json.h"
#include "model_form.h"
#include "training_rows.h"

/* The format of a bundle that holds the factorization machine as PyTorch has it, and of every
 * other: programs that know the former only refuse the latter. */
#define BUNDLE_FORMAT_FM 1
#define BUNDLE_FORMAT 2

typedef struct {
    char *path;
    char *model_id;
    FmModel *model;
    FeatureTable *features;
    yajl_val training; /* training.json */
    ModelForm form;    /* what its numbers mean */
} Bundle;

/* Writes a bundle and reads it back before it takes its name. An existing `path` is an error unless
 * `replace` is TRUE and a bundle is what it is. Errors: RECSYS_ERROR_DATA and G_FILE_ERROR. */
gboolean bundle_write(const char *path, const FmModel *model, const FeatureTable *features,
                      const char *training_json, gboolean replace,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with the rows it was trained on (nullable), of these features. */
gboolean bundle_write_with_rows(const char *path, const FmModel *model,
                                const FeatureTable *features, const char *training_json,
                                const TrainingRows *rows, gboolean replace,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fails as bundle_write() would, before the work of training is done. */
gboolean bundle_check_target(const char *path, gboolean replace,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Verifies manifest, sizes and checksums, then reads. NULL with RECSYS_ERROR_DATA. */
Bundle *bundle_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Verifies and reads the rows it was trained on, which bundle_open() leaves alone; *rows is NULL
 * for a bundle that does not say. RECSYS_ERROR_DATA and G_FILE_ERROR. */
gboolean bundle_training_rows(const Bundle *bundle, TrainingRows **rows,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The model_id of a bundle of this model: equal if and only if every bit of it is. */
char *bundle_model_id(const FmModel *model);

void bundle_free(Bundle *bundle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bundle, bundle_free)
