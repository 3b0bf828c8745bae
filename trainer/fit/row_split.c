#include "row_split.h"

#include <string.h>

#include "recsys_error.h"
#include "rng.h"

static const char *const names[] = {"random", "time", "user", "per-user", "file"};

const char *split_kind_name(SplitKind kind)
{
    return names[kind];
}

gboolean split_kind_read(SplitKind *kind, const char *name)
{
    for (guint i = 0; i < SPLIT_FILE; i++)
        if (strcmp(name, names[i]) == 0) {
            *kind = (SplitKind)i;
            return TRUE;
        }
    return FALSE;
}

static guint user_of(const Dataset *data, guint32 row)
{
    return data->features[(gsize)row * data->fields + DATASET_USER];
}

/* How many of `count` are not held out. */
static guint kept_of(guint count, double share)
{
    return (guint)((double)count * (1.0 - share));
}

/* ---- by kind: the order, and how many of it are trained on ---- */

static guint split_at_random(guint32 *order, const Dataset *data, double share, GRand *random)
{
    rng_shuffle(order, data->rows, random);
    return kept_of(data->rows, share);
}

static int compare_times(gconstpointer a, gconstpointer b, gpointer data)
{
    const gint64 *times = data;
    const guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
    if (times[x] != times[y])
        return times[x] < times[y] ? -1 : 1;
    return (x > y) - (x < y);
}

static guint split_by_time(guint32 *order, const Dataset *data, double share)
{
    g_qsort_with_data(order, (gint)data->rows, sizeof *order, compare_times, data->times);
    return kept_of(data->rows, share);
}

/* Moves the rows with keep[row] != 0 to the front; returns how many they are. */
static guint partition(guint32 *order, const guint8 *keep, guint rows)
{
    guint front = 0;
    g_autofree guint32 *back = g_new(guint32, (gsize)rows + 1);
    for (guint i = 0; i < rows; i++)
        if (keep[order[i]])
            order[front++] = order[i];
        else
            back[i - front] = order[i];
    memcpy(order + front, back, (rows - front) * sizeof *order);
    return front;
}

static guint split_by_user(guint32 *order, const Dataset *data, double share, GRand *random)
{
    const guint n = feature_table_size(data->table);
    guint users = 0;
    g_autofree guint32 *user = g_new(guint32, (gsize)n + 1);
    g_autofree guint8 *state = g_new0(guint8, (gsize)n + 1); /* 1: has rows, 2: trained on */
    g_autofree guint8 *keep = g_new(guint8, (gsize)data->rows + 1);
    for (guint r = 0; r < data->rows; r++)
        state[user_of(data, r)] = 1;
    for (guint32 u = 0; u < n; u++)
        if (state[u] == 1)
            user[users++] = u;
    rng_shuffle(user, users, random);
    for (guint i = 0; i < kept_of(users, share); i++)
        state[user[i]] = 2;
    for (guint r = 0; r < data->rows; r++)
        keep[r] = state[user_of(data, r)] == 2;
    return partition(order, keep, data->rows);
}

/* In a random order of all rows, the first of each user's are held out. */
static guint split_per_user(guint32 *order, const Dataset *data, double share, GRand *random)
{
    const guint n = feature_table_size(data->table);
    g_autofree guint *wanted = g_new0(guint, (gsize)n + 1);
    g_autofree guint8 *keep = g_new(guint8, (gsize)data->rows + 1);
    for (guint r = 0; r < data->rows; r++)
        wanted[user_of(data, r)]++;
    for (guint u = 0; u < n; u++)
        if (wanted[u] > 0)
            wanted[u] = MIN((guint)(wanted[u] * share + 0.5), wanted[u] - 1);
    rng_shuffle(order, data->rows, random);
    for (guint i = 0; i < data->rows; i++) {
        const guint user = user_of(data, order[i]);
        keep[order[i]] = wanted[user] == 0;
        wanted[user] -= wanted[user] > 0;
    }
    return partition(order, keep, data->rows);
}

/* ---- splitting ---- */

static gboolean check_times(const Dataset *data, GError **error)
{
    if (data->times == NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s has no timestamp (a whole number) for each rating, so it cannot be split "
                    "by time: use :random, :user or :per-user",
                    data->source);
        return FALSE;
    }
    for (guint r = 1; r < data->rows; r++)
        if (data->times[r] != data->times[0])
            return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "all timestamps of %s are %" G_GINT64_FORMAT
                ", so it cannot be split by time: use :random, :user or :per-user",
                data->source, data->rows > 0 ? data->times[0] : 0);
    return FALSE;
}

static int compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    const guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
    return (x > y) - (x < y);
}

static guint split_rows(guint32 *order, const Dataset *data, const TrainOptions *options)
{
    g_autoptr(GRand) random = rng_new(options->seed, ROW_SPLIT_STREAM);
    switch (options->valid_rows > 0 ? SPLIT_FILE : options->split) {
    case SPLIT_RANDOM:
        return split_at_random(order, data, options->valid, random);
    case SPLIT_TIME:
        return split_by_time(order, data, options->valid);
    case SPLIT_USER:
        return split_by_user(order, data, options->valid, random);
    case SPLIT_PER_USER:
        return split_per_user(order, data, options->valid, random);
    case SPLIT_FILE:
        break;
    }
    return data->rows - options->valid_rows;
}

gboolean row_split_init(RowSplit *split, const Dataset *data, const TrainOptions *options,
                        GError **error)
{
    const guint rows = data->rows;
    if (options->valid_rows == 0 && options->split == SPLIT_TIME && !check_times(data, error))
        return FALSE;
    split->rows = g_new(guint32, rows);
    for (guint32 i = 0; i < rows; i++)
        split->rows[i] = i;
    split->train_rows = split_rows(split->rows, data, options);
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

void row_split_clear(RowSplit *split)
{
    g_clear_pointer(&split->rows, g_free);
}
