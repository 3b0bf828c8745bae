#include "dataset.h"

#include <string.h>

#include "fm.h"
#include "recsys_error.h"

Dataset *dataset_new(const char *source, guint rows, guint fields, FeatureTable *table)
{
    Dataset *dataset = g_new0(Dataset, 1);
    dataset->source = g_strdup(source);
    dataset->scale = FM_RATING_SCALE;
    dataset->rows = rows;
    dataset->fields = fields;
    dataset->features = g_new0(guint32, (gsize)rows * fields);
    dataset->ratings = g_new0(float, rows);
    dataset->table = table;
    return dataset;
}

void dataset_free(Dataset *dataset)
{
    if (dataset == NULL)
        return;
    g_free(dataset->source);
    g_free(dataset->features);
    g_free(dataset->ratings);
    g_free(dataset->times);
    feature_table_free(dataset->table);
    g_free(dataset);
}

gboolean dataset_append(Dataset *dataset, const Dataset *more, GError **error)
{
    const gsize rows = (gsize)dataset->rows + more->rows, fields = dataset->fields;
    g_assert(more->fields == fields && more->table == dataset->table);
    if (rows > G_MAXINT32) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s and %s have too many ratings",
                    dataset->source, more->source);
        return FALSE;
    }
    if (dataset->times != NULL && more->times != NULL) {
        dataset->times = g_renew(gint64, dataset->times, rows);
        memcpy(dataset->times + dataset->rows, more->times, more->rows * sizeof *more->times);
    } else {
        g_clear_pointer(&dataset->times, g_free);
    }
    dataset->features = g_renew(guint32, dataset->features, rows * fields);
    dataset->ratings = g_renew(float, dataset->ratings, rows);
    memcpy(dataset->features + dataset->rows * fields, more->features,
           more->rows * fields * sizeof *more->features);
    memcpy(dataset->ratings + dataset->rows, more->ratings, more->rows * sizeof *more->ratings);
    dataset->rows = (guint)rows;
    return TRUE;
}
