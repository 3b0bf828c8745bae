#include "batch.h"

#include <string.h>

#include "fixtures.h"
#include "tap.h"

#define MOST 40 /* examples in a batch */

/* For each feature, in order of first appearance, the examples that have it, one by one. */
static void check_groups(const Batch *batch, guint n)
{
    g_autofree gboolean *seen = g_new0(gboolean, n);
    guint touched = 0, at = 0, wrong = 0;
    for (guint i = 0; i < batch->count * batch->fields; i++) {
        const guint feature = batch->features[i];
        if (seen[feature])
            continue;
        seen[feature] = TRUE;
        wrong += touched >= batch->touched || batch->touched_features[touched] != feature ||
                 batch->begin[touched] != at || batch->place[feature] != touched + 1;
        touched++;
        for (guint entry = 0; entry < batch->count * batch->fields; entry++)
            if (batch->features[entry] == feature)
                wrong += batch->examples[at++] != entry / batch->fields;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(batch->touched, touched);
    CU_ASSERT_EQUAL(batch->begin[touched], at);
    CU_ASSERT_EQUAL(at, batch->count * batch->fields);
    for (guint i = 0; i < n; i++)
        CU_ASSERT_EQUAL(batch_touches(batch, i), seen[i]);
}

static void check_gathered(const Batch *batch, const Dataset *data, const guint32 *rows,
                           guint count)
{
    CU_ASSERT_EQUAL(batch->count, count);
    for (guint b = 0; b < count; b++) {
        CU_ASSERT_EQUAL(batch->ratings[b], data->ratings[rows[b]]);
        CU_ASSERT_EQUAL(memcmp(batch->features + b * data->fields,
                               data->features + rows[b] * data->fields,
                               data->fields * sizeof *data->features),
                        0);
    }
}

/* One batch after another in the same memory, of all sizes. */
static void check_rounds(guint fields, guint n, GRand *random)
{
    const guint rows = 200;
    g_autoptr(Dataset) data = fixture_dataset(rows, fields, n, g_rand_int(random));
    g_autoptr(Batch) batch = batch_new(MOST, fields, n);
    for (guint round = 0; round < 12; round++) {
        guint32 chosen[MOST];
        const guint sizes[] = {1, MOST, 0, (guint)g_rand_int_range(random, 1, MOST + 1)};
        const guint count = sizes[round % G_N_ELEMENTS(sizes)];
        for (guint b = 0; b < count; b++)
            chosen[b] = (guint32)g_rand_int_range(random, 0, (gint32)rows);
        batch_gather(batch, data, chosen, count);
        check_gathered(batch, data, chosen, count);
        CU_ASSERT_EQUAL(batch->touched, 0);
        batch_group(batch);
        check_gathered(batch, data, chosen, count);
        check_groups(batch, n);
    }
}

static void test_random_batches(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const guint fields[] = {1, 2, 5, 8}, features[] = {1, 3, 30, 5000};
    for (guint f = 0; f < G_N_ELEMENTS(fields); f++)
        for (guint n = 0; n < G_N_ELEMENTS(features); n++)
            check_rounds(fields[f], features[n], random);
}

/* A feature that a row has twice gets that example twice. */
static void test_repeated_in_a_row(void)
{
    g_autoptr(Dataset) data = fixture_dataset(2, 3, 6, 1);
    const guint32 features[] = {4, 1, 4, 1, 4, 5}, rows[] = {0, 1};
    memcpy(data->features, features, sizeof features);
    g_autoptr(Batch) batch = batch_new(2, 3, 6);
    batch_gather(batch, data, rows, 2);
    batch_group(batch);
    const guint touched[] = {4, 1, 5}, begin[] = {0, 3, 5, 6};
    const guint32 examples[] = {0, 0, 1, 0, 1, 1};
    CU_ASSERT_EQUAL(batch->touched, 3);
    CU_ASSERT_EQUAL(memcmp(batch->touched_features, touched, sizeof touched), 0);
    CU_ASSERT_EQUAL(memcmp(batch->begin, begin, sizeof begin), 0);
    CU_ASSERT_EQUAL(memcmp(batch->examples, examples, sizeof examples), 0);
}

static void test_clear(void)
{
    const guint32 rows[] = {3, 1, 4};
    g_autoptr(Dataset) data = fixture_dataset(5, 4, 9, 2);
    g_autoptr(Batch) batch = batch_new(3, 4, 9);
    batch_clear(batch);
    batch_gather(batch, data, rows, 3);
    batch_group(batch);
    CU_ASSERT(batch->touched > 0);
    batch_clear(batch);
    CU_ASSERT_EQUAL(batch->touched, 0);
    CU_ASSERT_EQUAL(batch->count, 0);
    for (guint i = 0; i < 9; i++)
        CU_ASSERT_FALSE(batch_touches(batch, i));
    batch_gather(batch, data, rows + 1, 1);
    batch_group(batch);
    check_groups(batch, 9);
}

static const UnitTest tests[] = {
    {"random batches", test_random_batches},
    {"repeated in a row", test_repeated_in_a_row},
    {"clear", test_clear},
    {NULL, NULL},
};

TAP_MAIN("batch", tests)
