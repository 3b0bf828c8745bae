/* The rows of a data set in terms of a bundle's features. */
#pragma once

#include "bundle.h"
#include "dataset.h"

typedef struct {
    guint rows;        /* N': rows whose features the bundle has, all of them */
    guint fields;      /* F, user and movie first */
    guint32 *features; /* [N', F] the bundle's feature indices, in the order of the data */
    float *ratings;    /* [N'] */
    guint *missing;    /* [types] rows without a match for a feature of that type, by position in
                          feature_table_types() of the data set */
    char
        *first_missing; /* "movie 4711": the first feature without a match; NULL if there is none */
} MatchedRows;

MatchedRows *matched_rows_new(const Bundle *bundle, const Dataset *data);
void matched_rows_free(MatchedRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MatchedRows, matched_rows_free)

static inline const guint32 *matched_rows_get(const MatchedRows *rows, guint row)
{
    return rows->features + (gsize)row * rows->fields;
}

/* Rows by user: those of user u are order[begin[u]..begin[u+1]-1], in the order of the data. */
typedef struct {
    guint *begin; /* [n + 1] by the user's feature index */
    guint *order; /* [N'] */
} RowsByUser;

/* n features in the bundle. */
RowsByUser *rows_by_user_new(const MatchedRows *rows, guint n);
void rows_by_user_free(RowsByUser *by_user);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RowsByUser, rows_by_user_free)
