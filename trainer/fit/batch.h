/* One batch's examples grouped by feature, so that each row's gradient can be summed by one thread.
 */
#pragma once

#include <glib.h>

#include "dataset.h"

typedef struct {
    guint fields;            /* F */
    guint count;             /* B' ≤ B: examples in the batch */
    guint32 *features;       /* [B, F] their features */
    float *ratings;          /* [B] */
    guint touched;           /* how many different features they have */
    guint *touched_features; /* [touched], in order of first appearance */
    guint *begin;            /* [touched + 1] where a feature's examples begin in `examples` */
    guint32 *examples;       /* [B, F] positions in the batch, in batch order for each feature */
    guint *place; /* [n] position in touched_features + 1, 0 if no example has the feature */
} Batch;

Batch *batch_new(guint most, guint fields, guint n);
void batch_free(Batch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Batch, batch_free)

/* Gathers the dataset rows rows[0..count-1]. */
void batch_gather(Batch *batch, const Dataset *data, const guint32 *rows, guint count);

/* Groups what was gathered. */
void batch_group(Batch *batch);

/* Makes it a batch of no examples. */
void batch_clear(Batch *batch);

static inline gboolean batch_touches(const Batch *batch, guint feature)
{
    return batch->place[feature] > 0;
}
