/* Ratings ready for training: one row a rating, each the indices of its features. */
#pragma once

#include "feature_table.h"

/* The first two features of every row. */
#define DATASET_USER 0
#define DATASET_MOVIE 1

#define DATASET_MOST_FIELDS 64

typedef struct {
    char *source;       /* the directory or file it was read from */
    const char *format; /* the name of its format, static; NULL if it was not read */
    double scale;       /* predictions are below it: 1.1 times the highest rating there can be */
    guint rows;         /* N: ratings */
    guint fields;       /* F: features in a row, user and movie first; ≤ DATASET_MOST_FIELDS */
    guint32 *features;  /* [N, F] feature indices */
    float *ratings;     /* [N] */
    gboolean without_ratings; /* all are 1: rows only say who chose what */
    gint64 *times;       /* [N] when, in seconds since 1970 or in whatever unit; NULL: not known */
    guint unknown[2];    /* rows left out by dataset_read_like() for a user, for anything else */
    FeatureTable *table; /* n features */
} Dataset;

/* Empty arrays for `rows` × `fields`, ratings from 1 to 5; takes ownership of `table`. */
Dataset *dataset_new(const char *source, guint rows, guint fields, FeatureTable *table);
void dataset_free(Dataset *dataset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dataset, dataset_free)

/* Appends the rows of another data set with the same features. RECSYS_ERROR_DATA if there would be
 * too many. */
gboolean dataset_append(Dataset *dataset, const Dataset *more,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
