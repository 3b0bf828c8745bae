/* Which rows of a data set are learned from, and which are held out for validation. */
#pragma once

#include "training.h"

/* The stream of random numbers (rng.h) that it draws from; learners use later ones. */
#define ROW_SPLIT_STREAM 0

typedef struct {
    guint32 *rows; /* [train_rows + valid_rows] dataset rows: those to learn from, then the others,
                      in the order of the data set */
    guint train_rows, valid_rows;
} RowSplit;

/* As the options' `valid`, `valid_rows` and `seed` say. RECSYS_ERROR_DATA if nothing is left to
 * learn from. */
gboolean row_split_init(RowSplit *split, const Dataset *data, const TrainOptions *options,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
void row_split_clear(RowSplit *split);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RowSplit, row_split_clear)

static inline const guint32 *row_split_valid(const RowSplit *split)
{
    return split->rows + split->train_rows;
}
