#include "batch.h"

Batch *batch_new(guint most, guint fields, guint n)
{
    const gsize entries = (gsize)most * fields;
    const gsize different = MIN(entries, n);
    Batch *batch = g_new0(Batch, 1);
    batch->features = g_new(guint, different);
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
    g_free(batch->begin);
    g_free(batch->examples);
    g_free(batch->place);
    g_free(batch);
}

void batch_clear(Batch *batch)
{
    for (guint i = 0; i < batch->touched; i++)
        batch->place[batch->features[i]] = 0;
    batch->touched = 0;
    batch->count = 0;
}

/* A counting sort: count, turn counts into beginnings, place. */
void batch_group(Batch *batch, const Dataset *data, const guint32 *rows, guint count)
{
    const guint fields = data->fields;
    batch_clear(batch);
    batch->count = count;
    for (guint b = 0; b < count; b++) {
        const guint32 *features = data->features + (gsize)rows[b] * fields;
        for (guint f = 0; f < fields; f++) {
            guint *place = &batch->place[features[f]];
            if (*place == 0) {
                batch->features[batch->touched] = features[f];
                batch->begin[batch->touched] = 0;
                *place = ++batch->touched;
            }
            batch->begin[*place - 1]++;
        }
    }
    guint at = 0;
    for (guint i = 0; i < batch->touched; i++) {
        const guint size = batch->begin[i];
        batch->begin[i] = at;
        at += size;
    }
    for (guint b = 0; b < count; b++) {
        const guint32 *features = data->features + (gsize)rows[b] * fields;
        for (guint f = 0; f < fields; f++)
            batch->examples[batch->begin[batch->place[features[f]] - 1]++] = b;
    }
    /* Each beginning has moved to its end, which is the next one's beginning. */
    for (guint i = batch->touched; i > 0; i--)
        batch->begin[i] = batch->begin[i - 1];
    batch->begin[0] = 0;
}
