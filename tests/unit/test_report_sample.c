#include "report_sample.h"

#include "tap.h"

static void add(ScoreSample *sample, double exact, double error, const char *movie)
{
    const ScorePoint point = {exact, 1, error, (float)(exact + error), (char *)movie, (char *)"p"};
    score_sample_add(sample, &point);
}

/* Of ever more scores no more are kept, evenly spread from the first to the last. */
static void test_spread(void)
{
    const guint counts[] = {1, SAMPLE_SPREAD, SAMPLE_SPREAD + 1, 10 * SAMPLE_SPREAD, 100003};
    for (guint c = 0; c < G_N_ELEMENTS(counts); c++) {
        ScoreSample sample;
        score_sample_init(&sample);
        for (guint i = 0; i < counts[c]; i++)
            add(&sample, i, 0.25, "m");
        CU_ASSERT(sample.seen == counts[c]);
        CU_ASSERT(sample.spread->len <= SAMPLE_SPREAD);
        CU_ASSERT(sample.spread->len >= MIN(counts[c], SAMPLE_SPREAD / 2));
        for (guint i = 0; i < sample.spread->len; i++)
            CU_ASSERT_EQUAL(g_array_index(sample.spread, ScorePoint, i).exact,
                            (double)(i * sample.step));
        CU_ASSERT(sample.spread->len * sample.step >= counts[c]);
        score_sample_clear(&sample);
    }
}

/* The worst are kept wherever they come, in order, and no texts are lost. */
static void test_worst(void)
{
    ScoreSample sample;
    score_sample_init(&sample);
    for (guint i = 0; i < 20000; i++) {
        g_autofree char *movie = g_strdup_printf("movie_%u", i);
        double error = i % 97 == 13 ? (i % 2 == 0 ? -1.0 : 1.0) * (1 + i * 1e-4) : 1e-3;
        add(&sample, i, error, movie);
    }
    CU_ASSERT_EQUAL(sample.worst->len, SAMPLE_WORST);
    guint expected = 20000 - 1;
    while (expected % 97 != 13)
        expected--;
    for (guint i = 0; i < sample.worst->len; i++, expected -= 97) {
        const ScorePoint *point = g_ptr_array_index(sample.worst, i);
        g_autofree char *movie = g_strdup_printf("movie_%u", expected);
        CU_ASSERT_STRING_EQUAL(point->movie, movie);
        CU_ASSERT_STRING_EQUAL(point->profile, "p");
    }
    score_sample_clear(&sample);
}

static const UnitTest tests[] = {
    {"spread", test_spread},
    {"worst", test_worst},
    {NULL, NULL},
};

TAP_MAIN("report_sample", tests)
