/* What dataset_read.c knows of a data format. */
#pragma once

#include "dataset.h"

typedef struct {
    const char *name;
    const char *files[4]; /* what a directory has in it, the ratings first; none: a single file */
    const char *needs;    /* the same in words, for errors */

    /* Reads the directory, or the single file. NULL with RECSYS_ERROR_DATA or G_FILE_ERROR. */
    Dataset *(*read)(const char *path, GError **error);

    /* Reads a file of ratings alone in terms of what `base`, of the same format, has. */
    Dataset *(*read_like)(const char *ratings_path, const Dataset *base, GError **error);
} DataFormat;

extern const DataFormat format_ml1m;
extern const DataFormat format_ml100k;
extern const DataFormat format_movielens_csv;
extern const DataFormat format_csv;
