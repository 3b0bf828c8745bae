#include "batch.h"

Batch *batch_new(guint most, guint fields, guint n)
{
    const gsize entries = (gsize)most * fields;
    const gsize different = MIN(entries, n);
    Batch *batch = g_new0(Batch, 1);
    batch->fields = fields;
    batch->features = g_new(guint32, entries);
    batch->ratings = g_new(float, most);
    batch->touched_features = g_new(guint, different);
    batch->begin = g_new(guint, different + 1);
    batch->examples = g_new(guint32, entries);
    batch->place = g_new0(guint, n);
    return batch;
}

void batch_free(Batch *batch)
{
    if (batch == NULL)
        return;
    g_free(batch->features);
    g_free(batch->ratings);
    g_free(batch->touched_features);
    g_free(batch->begin);
    g_free(batch->examples);
    g_free(batch->place);
    g_free(batch);
}

void batch_clear(Batch *batch)
{
    for (guint i = 0; i < batch->touched; i++)
        batch->place[batch->touched_features[i]] = 0;
    batch->touched = 0;
    batch->count = 0;
}

void batch_gather(Batch *batch, const Dataset *data, const guint32 *rows, guint count)
{
    const guint ahead = 16; /* shuffled rows are cache misses: ask for them early */
    const guint fields = batch->fields;
    batch_clear(batch);
    batch->count = count;
    for (guint b = 0; b < count; b++) {
        if (b + ahead < count) {
            __builtin_prefetch(data->features + (gsize)rows[b + ahead] * fields);
            __builtin_prefetch(data->ratings + rows[b + ahead]);
        }
        const guint32 *from = data->features + (gsize)rows[b] * fields;
        for (guint f = 0; f < fields; f++)
            batch->features[b * fields + f] = from[f];
        batch->ratings[b] = data->ratings[rows[b]];
    }
}

/* Counts each feature's examples in `begin`. */
static void count_examples(Batch *batch)
{
    for (guint i = 0; i < batch->count * batch->fields; i++) {
        const guint feature = batch->features[i];
        if (batch->place[feature] == 0) {
            batch->touched_features[batch->touched] = feature;
            batch->begin[batch->touched] = 0;
            batch->place[feature] = ++batch->touched;
        }
        batch->begin[batch->place[feature] - 1]++;
    }
}

/* A counting sort: count, turn counts into beginnings, place. */
void batch_group(Batch *batch)
{
    guint at = 0;
    count_examples(batch);
    for (guint i = 0; i < batch->touched; i++) {
        const guint size = batch->begin[i];
        batch->begin[i] = at;
        at += size;
    }
    for (guint b = 0, i = 0; b < batch->count; b++)
        for (guint f = 0; f < batch->fields; f++, i++)
            batch->examples[batch->begin[batch->place[batch->features[i]] - 1]++] = b;
    /* Each beginning has moved to its end, which is the next one's beginning. */
    for (guint i = batch->touched; i > 0; i--)
        batch->begin[i] = batch->begin[i - 1];
    batch->begin[0] = 0;
}
