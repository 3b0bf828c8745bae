/* Which rows of a data set are learned from, and which are held out for validation:
 *
 *   SPLIT_RANDOM    a share of all rows at random: how well ratings are filled in
 *   SPLIT_TIME      the latest share of all rows: what happens next, for people and movies as they
 *                   are by then; needs timestamps. Rows of one moment are taken in their order
 *   SPLIT_USER      all rows of a share of the users: what people get who are new
 *   SPLIT_PER_USER  a share of each user's rows at random, but never all of them: the same share of
 *                   everybody's to find in lists
 *   SPLIT_FILE      the last rows of the data set, as many as are asked for: another file's */
#pragma once

#include "training.h"

/* The stream of random numbers (rng.h) that it draws from; learners use later ones. */
#define ROW_SPLIT_STREAM 0

typedef struct {
    guint32 *rows; /* [train_rows + valid_rows] dataset rows: those to learn from, then the others,
                      in the order of the data set */
    guint train_rows, valid_rows;
} RowSplit;

/* As the options' `split`, `valid`, `valid_rows` and `seed` say. RECSYS_ERROR_DATA if nothing is
 * left to learn from, and if there are no timestamps for SPLIT_TIME, or all are equal. */
gboolean row_split_init(RowSplit *split, const Dataset *data, const TrainOptions *options,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
void row_split_clear(RowSplit *split);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RowSplit, row_split_clear)

static inline const guint32 *row_split_valid(const RowSplit *split)
{
    return split->rows + split->train_rows;
}

/* "random", "time", "user", "per-user", "file" */
const char *split_kind_name(SplitKind kind);

/* Reads one of the first four names. */
gboolean split_kind_read(SplitKind *kind, const char *name);
