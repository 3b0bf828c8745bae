#include "matched_rows.h"

#include <string.h>

#define NO_MATCH G_MAXUINT

/* The bundle's index of each feature of the data set, or NO_MATCH. */
static guint *match_features(const Bundle *bundle, const FeatureTable *table)
{
    guint n = feature_table_size(table);
    guint *matches = g_new(guint, n);
    for (guint i = 0; i < n; i++) {
        const Feature *feature = feature_table_get(table, i);
        if (!feature_table_find(bundle->features, feature->type, feature->value, &matches[i]))
            matches[i] = NO_MATCH;
    }
    return matches;
}

static guint position_of_type(const FeatureTable *table, const char *type)
{
    const GPtrArray *types = feature_table_types(table);
    guint position = 0;
    while (position + 1 < types->len && strcmp(g_ptr_array_index(types, position), type) != 0)
        position++;
    return position;
}

static void note_missing(MatchedRows *rows, const FeatureTable *table, guint feature)
{
    const Feature *missing = feature_table_get(table, feature);
    rows->missing[position_of_type(table, missing->type)]++;
    if (rows->first_missing == NULL)
        rows->first_missing = g_strdup_printf("%s %s", missing->type, missing->value);
}

MatchedRows *matched_rows_new(const Bundle *bundle, const Dataset *data)
{
    g_autofree guint *matches = match_features(bundle, data->table);
    MatchedRows *rows = g_new0(MatchedRows, 1);
    rows->fields = data->fields;
    rows->features = g_new(guint32, (gsize)data->rows * data->fields);
    rows->ratings = g_new(float, data->rows);
    rows->missing = g_new0(guint, feature_table_types(data->table)->len);
    for (guint r = 0; r < data->rows; r++) {
        const guint32 *from = data->features + (gsize)r * data->fields;
        guint32 *to = rows->features + (gsize)rows->rows * rows->fields;
        gboolean whole = TRUE;
        for (guint f = 0; f < data->fields; f++) {
            to[f] = matches[from[f]];
            if (to[f] == NO_MATCH) {
                note_missing(rows, data->table, from[f]);
                whole = FALSE;
            }
        }
        if (whole)
            rows->ratings[rows->rows++] = data->ratings[r];
    }
    return rows;
}

void matched_rows_free(MatchedRows *rows)
{
    if (rows == NULL)
        return;
    g_free(rows->features);
    g_free(rows->ratings);
    g_free(rows->missing);
    g_free(rows->first_missing);
    g_free(rows);
}

RowsByUser *rows_by_user_new(const MatchedRows *rows, guint n)
{
    RowsByUser *by_user = g_new0(RowsByUser, 1);
    by_user->begin = g_new0(guint, (gsize)n + 1);
    by_user->order = g_new(guint, rows->rows);
    for (guint r = 0; r < rows->rows; r++)
        by_user->begin[matched_rows_get(rows, r)[0] + 1]++;
    for (guint u = 0; u < n; u++)
        by_user->begin[u + 1] += by_user->begin[u];
    g_autofree guint *next = g_memdup2(by_user->begin, sizeof(guint) * ((gsize)n + 1));
    for (guint r = 0; r < rows->rows; r++)
        by_user->order[next[matched_rows_get(rows, r)[0]]++] = r;
    return by_user;
}

void rows_by_user_free(RowsByUser *by_user)
{
    if (by_user == NULL)
        return;
    g_free(by_user->begin);
    g_free(by_user->order);
    g_free(by_user);
}
