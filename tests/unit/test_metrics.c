#include "metrics.h"

#include <math.h>
#include <stdlib.h>

#include "rng.h"
#include "tap.h"

/* Hits at ranks 1 and 3 of 3 relevant: DCG = 1 + 1/2, IDCG = 1 + 1/log2(3) + 1/2. */
static void test_ndcg(void)
{
    const guint8 hits[] = {1, 0, 1, 0, 0, 0, 0, 0, 0, 0}, all[] = {1, 1, 1}, none[] = {0, 0, 0};
    double ideal = 1.5 + 1.0 / log2(3.0);
    CU_ASSERT_DOUBLE_EQUAL(metrics_ndcg(hits, 10, 10, 3), 1.5 / ideal, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(metrics_ndcg(hits, 10, 10, 3), 0.7039180890341347, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(metrics_ndcg(all, 3, 3, 3), 1.0, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(metrics_ndcg(all, 3, 3, 50), 1.0, 1e-15); /* as good as 3 can be */
    CU_ASSERT_EQUAL(metrics_ndcg(none, 3, 3, 2), 0.0);
    /* A list that ends early misses what it does not show. */
    CU_ASSERT_DOUBLE_EQUAL(metrics_ndcg(all, 1, 3, 3), 1.0 / ideal, 1e-15);
}

static void test_recall(void)
{
    const guint8 hits[] = {1, 0, 1, 0};
    CU_ASSERT_EQUAL(metrics_recall(hits, 4, 2), 1.0);
    CU_ASSERT_EQUAL(metrics_recall(hits, 4, 8), 0.25);
    CU_ASSERT_EQUAL(metrics_recall(hits, 1, 8), 0.125);
}

static void test_precision(void)
{
    const guint8 hits[] = {1, 0, 1, 0};
    CU_ASSERT_EQUAL(metrics_precision(hits, 4, 4), 0.5);
    CU_ASSERT_EQUAL(metrics_precision(hits, 1, 4), 0.25); /* a short list is not better for it */
}

static void test_first_hit(void)
{
    const guint8 first[] = {1, 0, 1}, third[] = {0, 0, 1}, none[] = {0, 0, 0};
    CU_ASSERT_EQUAL(metrics_reciprocal_rank(first, 3), 1.0);
    CU_ASSERT_DOUBLE_EQUAL(metrics_reciprocal_rank(third, 3), 1.0 / 3.0, 1e-15);
    CU_ASSERT_EQUAL(metrics_reciprocal_rank(third, 2), 0.0);
    CU_ASSERT_EQUAL(metrics_reciprocal_rank(none, 3), 0.0);
    CU_ASSERT_EQUAL(metrics_hit_rate(third, 3), 1.0);
    CU_ASSERT_EQUAL(metrics_hit_rate(third, 2), 0.0);
}

static void test_top(void)
{
    const float scores[] = {1, 5, 3, 5, 2, 4};
    const guint8 excluded[] = {0, 1, 0, 0, 0, 0}, all[] = {1, 1, 1, 1, 1, 1};
    guint32 top[8];
    CU_ASSERT_EQUAL(metrics_top(top, 3, scores, NULL, 6), 3);
    CU_ASSERT(top[0] == 1 && top[1] == 3 && top[2] == 5);
    CU_ASSERT_EQUAL(metrics_top(top, 3, scores, excluded, 6), 3);
    CU_ASSERT(top[0] == 3 && top[1] == 5 && top[2] == 2);
    CU_ASSERT_EQUAL(metrics_top(top, 8, scores, excluded, 6), 5);
    CU_ASSERT(top[3] == 4 && top[4] == 0);
    CU_ASSERT_EQUAL(metrics_top(top, 3, scores, all, 6), 0);
}

typedef struct {
    float score;
    guint32 position;
} Scored;

static int compare(const void *a, const void *b)
{
    const Scored *one = a, *two = b;
    if (one->score != two->score)
        return one->score > two->score ? -1 : 1;
    return one->position < two->position ? -1 : one->position > two->position;
}

/* Against sorting all of them; few different scores make many equal ones. */
static void test_top_against_sorting(void)
{
    enum { COUNT = 300, SIZE = 10 };
    g_autoptr(GRand) random = rng_new(tap_seed(), 1);
    for (guint round = 0; round < 200; round++) {
        float scores[COUNT];
        guint8 excluded[COUNT];
        Scored sorted[COUNT];
        guint32 top[SIZE];
        guint left = 0, count = 1 + rng_below(random, COUNT), kinds = 1 + rng_below(random, 400);
        for (guint32 i = 0; i < count; i++) {
            scores[i] = (float)rng_below(random, kinds) - 20.0f;
            excluded[i] = rng_below(random, 3) == 0;
            if (!excluded[i])
                sorted[left++] = (Scored){scores[i], i};
        }
        qsort(sorted, left, sizeof *sorted, compare);
        guint shown = metrics_top(top, SIZE, scores, excluded, count);
        CU_ASSERT_EQUAL(shown, MIN(left, SIZE));
        for (guint i = 0; i < shown; i++)
            CU_ASSERT_EQUAL(top[i], sorted[i].position);
    }
}

static const UnitTest tests[] = {
    {"NDCG", test_ndcg},
    {"recall", test_recall},
    {"precision", test_precision},
    {"first hit", test_first_hit},
    {"top", test_top},
    {"top, against sorting", test_top_against_sorting},
    {NULL, NULL},
};

TAP_MAIN("metrics", tests)
