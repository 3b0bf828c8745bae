#include "estimate.h"

#include <math.h>

#include "fixtures.h"
#include "rng.h"
#include "tap.h"

static double sample_error(const double *x, guint count)
{
    double mean = 0, squares = 0;
    for (guint i = 0; i < count; i++)
        mean += x[i] / count;
    for (guint i = 0; i < count; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return sqrt(squares / (count - 1.0) / count);
}

/* Mean 2.5; s² = (2.25 + .25 + .25 + 2.25) / 3 = 5/3, error = sqrt(5/12). */
static void test_mean(void)
{
    const double x[] = {1, 2, 3, 4};
    g_auto(Figure) figure = figure_mean(x, 4);
    const Estimate estimate = figure_estimate(&figure);
    CU_ASSERT_EQUAL(estimate.value, 2.5);
    CU_ASSERT_DOUBLE_EQUAL(estimate.error, sqrt(5.0 / 12.0), 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(estimate.error, sample_error(x, 4), 1e-15);
}

/* The error of a paired difference is that of the differences, which here are all nearly alike. */
static void test_paired(void)
{
    const double x[] = {1, 2, 3, 4}, y[] = {0.5, 1.5, 2.5, 3.25};
    const double difference[] = {0.5, 0.5, 0.5, 0.75};
    g_auto(Figure) a = figure_mean(x, 4);
    g_auto(Figure) b = figure_mean(y, 4);
    const Estimate paired = figure_difference(&a, &b);
    CU_ASSERT_DOUBLE_EQUAL(paired.value, 0.5625, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(paired.error, sample_error(difference, 4), 1e-15);
    CU_ASSERT(paired.error < figure_estimate(&a).error / 5);
}

/* With as many rows each, a ratio is a mean: s_u / 2 of 1, 2, 3. */
static void test_ratio_of_equal_counts(void)
{
    const double sums[] = {2, 4, 6}, each[] = {1, 2, 3};
    const guint counts[] = {2, 2, 2};
    g_auto(Figure) ratio = figure_ratio(sums, counts, 3, FALSE);
    g_auto(Figure) root = figure_ratio(sums, counts, 3, TRUE);
    CU_ASSERT_EQUAL(ratio.value, 2.0);
    CU_ASSERT_DOUBLE_EQUAL(figure_estimate(&ratio).error, sample_error(each, 3), 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(root.value, sqrt(2.0), 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(figure_estimate(&root).error, sample_error(each, 3) / (2 * sqrt(2.0)),
                           1e-15);
}

/* Mean squared error of 1 + 9 over 1 + 3 rows = 2.5; residuals 1 − 2.5 = −1.5 and 9 − 7.5 = 1.5. */
static void test_ratio_by_hand(void)
{
    const double sums[] = {1, 9};
    const guint counts[] = {1, 3};
    g_auto(Figure) ratio = figure_ratio(sums, counts, 2, FALSE);
    CU_ASSERT_EQUAL(ratio.value, 2.5);
    CU_ASSERT_DOUBLE_EQUAL(figure_estimate(&ratio).error, sqrt(2 * 2 * 1.5 * 1.5) / 4, 1e-15);
}

/* The spread of RMSEs of many samples is what one of them says. */
static void test_error_is_spread(void)
{
    enum { SAMPLES = 1500, PEOPLE = 60 };
    g_autoptr(GRand) random = rng_new(tap_seed(), 5);
    double values[SAMPLES], errors = 0;
    for (guint s = 0; s < SAMPLES; s++) {
        double sums[PEOPLE] = {0};
        guint counts[PEOPLE];
        for (guint u = 0; u < PEOPLE; u++) {
            const double own = 0.5 + g_rand_double(random); /* people differ: rows are not alike */
            counts[u] = 1 + rng_below(random, 9);
            for (guint i = 0; i < counts[u]; i++) {
                const double off = own * rng_normal(random);
                sums[u] += off * off;
            }
        }
        g_auto(Figure) figure = figure_ratio(sums, counts, PEOPLE, TRUE);
        values[s] = figure.value;
        errors += figure_estimate(&figure).error / SAMPLES;
    }
    const double spread = sample_error(values, SAMPLES) * sqrt(SAMPLES);
    /* The spread of 1500 is known to 2 %, five of which are 10 %; ratios of 60 are biased a bit. */
    CU_ASSERT_DOUBLE_EQUAL(errors / spread, 1.0, 0.12);
}

/* Against leaving out each person in turn. */
static void test_coverage(void)
{
    enum { PEOPLE = 7, SIZE = 3, MOVIES = 20, TOP = 2 };
    g_autoptr(GRand) random = rng_new(tap_seed(), 6);
    guint32 lists[PEOPLE * SIZE];
    guint shown[PEOPLE];
    double without[PEOPLE] = {0}, all = 0;
    for (guint u = 0; u < PEOPLE; u++) {
        shown[u] = rng_below(random, SIZE + 1);
        for (guint i = 0; i < SIZE; i++)
            lists[u * SIZE + i] = (rng_below(random, 6) * 3 + i) % MOVIES;
    }
    for (guint m = 0; m < MOVIES; m++) {
        guint there = 0, only = 0;
        for (guint u = 0; u < PEOPLE; u++)
            for (guint i = 0; i < MIN(shown[u], TOP); i++)
                if (lists[u * SIZE + i] == m) {
                    there++;
                    only = u;
                }
        all += there > 0;
        for (guint u = 0; u < PEOPLE; u++)
            without[u] += there > (only == u ? 1 : 0);
    }
    for (guint u = 0; u < PEOPLE; u++)
        without[u] /= MOVIES;
    g_auto(Figure) figure = figure_coverage(lists, shown, PEOPLE, SIZE, TOP, MOVIES);
    CU_ASSERT_EQUAL(figure.value, all / MOVIES);
    const double jackknife = sample_error(without, PEOPLE) * (PEOPLE - 1);
    CU_ASSERT_DOUBLE_EQUAL(figure_estimate(&figure).error, jackknife, 1e-14);
}

static void test_none_and_one(void)
{
    const double one[] = {0.25}, zeros[] = {0, 0};
    const guint counts[] = {3, 4};
    g_auto(Figure) nobody = figure_mean(one, 0);
    g_auto(Figure) somebody = figure_mean(one, 1);
    g_auto(Figure) none = figure_none(1);
    g_auto(Figure) perfect = figure_ratio(zeros, counts, 2, TRUE);
    CU_ASSERT(isnan(figure_estimate(&nobody).value) && isnan(figure_estimate(&nobody).error));
    CU_ASSERT_EQUAL(figure_estimate(&somebody).value, 0.25);
    CU_ASSERT(isnan(figure_estimate(&somebody).error));
    CU_ASSERT(isnan(figure_difference(&somebody, &none).value));
    CU_ASSERT(isnan(figure_difference(&somebody, &none).error));
    CU_ASSERT_EQUAL(figure_estimate(&perfect).value, 0.0);
    CU_ASSERT_EQUAL(figure_estimate(&perfect).error, 0.0);
}

static const UnitTest tests[] = {
    {"mean", test_mean},
    {"paired", test_paired},
    {"ratio of equal counts", test_ratio_of_equal_counts},
    {"ratio by hand", test_ratio_by_hand},
    {"the error is the spread", test_error_is_spread},
    {"coverage", test_coverage},
    {"none and one", test_none_and_one},
    {NULL, NULL},
};

TAP_MAIN("estimate", tests)
