#include "dataset.h"

#include "fm.h"

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
    feature_table_free(dataset->table);
    g_free(dataset);
}
