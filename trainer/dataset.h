/* Ratings ready for training: one row a rating, each the indices of its features. */
#pragma once

#include "feature_table.h"

typedef struct {
    char *source;        /* the directory it was read from */
    guint rows;          /* N: ratings */
    guint fields;        /* F: features in a row, user and movie first */
    guint32 *features;   /* [N, F] feature indices */
    float *ratings;      /* [N] */
    FeatureTable *table; /* n features */
} Dataset;

/* Empty arrays for `rows` × `fields`; takes ownership of `table`. */
Dataset *dataset_new(const char *source, guint rows, guint fields, FeatureTable *table);
void dataset_free(Dataset *dataset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dataset, dataset_free)
