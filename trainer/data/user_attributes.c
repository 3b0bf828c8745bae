#include "user_attributes.h"

#include <string.h>

/* Users are features 0 .. users - 1. */
static guint count_users(const Dataset *data)
{
    return feature_table_of_type(data->table, FEATURE_USER)->len;
}

static const guint32 *row_values(const Dataset *data, guint row)
{
    return data->features + (gsize)row * data->fields + DATASET_MOVIE + 1;
}

/* first [users, width] is each user's first row's values; FALSE in steady [width] for a type that
 * differs between two rows of a user. `width` user features in a row. */
static void compare_rows(guint32 *first, gboolean *steady, const Dataset *data, guint width)
{
    const guint users = count_users(data);
    g_autofree guint8 *met = g_new0(guint8, users);
    for (guint r = 0; r < data->rows; r++) {
        const guint user = data->features[(gsize)r * data->fields + DATASET_USER];
        const guint32 *values = row_values(data, r);
        guint32 *own = first + (gsize)user * width;
        if (!met[user])
            memcpy(own, values, width * sizeof *own);
        met[user] = TRUE;
        for (guint j = 0; j < width; j++)
            steady[j] = steady[j] && own[j] == values[j];
    }
}

void user_attributes_set(Dataset *data)
{
    const guint width = data->fields - (DATASET_MOVIE + 1), users = count_users(data);
    if (width == 0)
        return;
    g_autofree guint32 *first = g_new0(guint32, (gsize)users * width);
    gboolean steady[DATASET_MOST_FIELDS];
    for (guint j = 0; j < width; j++)
        steady[j] = TRUE;
    compare_rows(first, steady, data, width);
    for (guint user = 0; user < users; user++) {
        guint32 indices[DATASET_MOST_FIELDS];
        guint count = 0;
        for (guint j = 0; j < width; j++)
            if (steady[j])
                indices[count++] = first[(gsize)user * width + j];
        if (count > 0)
            feature_table_set_attributes(data->table, user, indices, count);
    }
}
