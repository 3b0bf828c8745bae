#include "row_split.h"

#include "recsys_error.h"
#include "rng.h"

void row_split_clear(RowSplit *split)
{
    g_clear_pointer(&split->rows, g_free);
}

static int compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
    return (x > y) - (x < y);
}

gboolean row_split_init(RowSplit *split, const Dataset *data, const TrainOptions *options,
                        GError **error)
{
    const guint rows = data->rows;
    split->rows = g_new(guint32, rows);
    for (guint32 i = 0; i < rows; i++)
        split->rows[i] = i;
    split->train_rows = rows - options->valid_rows;
    if (options->valid_rows == 0) {
        g_autoptr(GRand) random = rng_new(options->seed, ROW_SPLIT_STREAM);
        rng_shuffle(split->rows, rows, random);
        split->train_rows = (guint)((double)rows * (1.0 - options->valid));
    }
    split->valid_rows = rows - split->train_rows;
    /* Validation goes through memory in order. */
    g_qsort_with_data(split->rows + split->train_rows, (gint)split->valid_rows, sizeof *split->rows,
                      compare_rows, NULL);
    if (split->train_rows > 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "%u ratings are too few to hold out a fraction of %g for validation", rows,
                options->valid);
    return FALSE;
}
