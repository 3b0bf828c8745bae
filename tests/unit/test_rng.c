#include "rng.h"

#include <math.h>
#include <string.h>

#include "tap.h"

static void test_streams(void)
{
    const guint64 seeds[] = {1, 1, 2, 1 + (G_GUINT64_CONSTANT(1) << 32)};
    const guint32 streams[] = {0, 1, 0, 0};
    guint32 first[4];
    for (guint i = 0; i < 4; i++) {
        g_autoptr(GRand) random = rng_new(seeds[i], streams[i]);
        g_autoptr(GRand) same = rng_new(seeds[i], streams[i]);
        first[i] = g_rand_int(random);
        CU_ASSERT_EQUAL(first[i], g_rand_int(same));
        for (guint j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(first[i], first[j]);
    }
}

/* Every number occurs as often as it should, within five standard deviations. */
static void test_below(void)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    guint counts[7] = {0};
    const double draws = 70000, mean = draws / 7, spread = sqrt(draws * 6 / 49);
    for (guint i = 0; i < draws; i++) {
        guint x = rng_below(random, 7);
        CU_ASSERT(x < 7);
        counts[x % 7]++;
    }
    for (guint i = 0; i < 7; i++)
        CU_ASSERT(fabs(counts[i] - mean) <= 5 * spread);
    CU_ASSERT_EQUAL(rng_below(random, 1), 0);
    CU_ASSERT(rng_below(random, G_MAXINT32) < G_MAXINT32);
}

/* Mean 0, variance 1, fourth moment 3, each within five standard errors (of variance 1, 2 and 96).
 */
static void test_normal(void)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    const double n = 100000;
    double sum = 0, squares = 0, fourth = 0;
    for (guint i = 0; i < n; i++) {
        double x = rng_normal(random);
        CU_ASSERT(isfinite(x));
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    CU_ASSERT(fabs(sum / n) <= 5 / sqrt(n));
    CU_ASSERT(fabs(squares / n - 1) <= 5 * sqrt(2 / n));
    CU_ASSERT(fabs(fourth / n - 3) <= 5 * sqrt(96 / n));
}

/* All six orders of three, equally often. */
static void test_shuffle(void)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    guint counts[27] = {0};
    const double draws = 60000, mean = draws / 6, spread = sqrt(draws * 5 / 36);
    for (guint i = 0; i < draws; i++) {
        guint32 items[] = {0, 1, 2};
        rng_shuffle(items, 3, random);
        counts[9 * items[0] + 3 * items[1] + items[2]]++;
    }
    guint orders = 0;
    for (guint i = 0; i < 27; i++) {
        orders += counts[i] > 0;
        CU_ASSERT(counts[i] == 0 || fabs(counts[i] - mean) <= 5 * spread);
    }
    CU_ASSERT_EQUAL(orders, 6);
    rng_shuffle(NULL, 0, random);
}

static const UnitTest tests[] = {
    {"streams", test_streams}, {"below", test_below}, {"normal", test_normal},
    {"shuffle", test_shuffle}, {NULL, NULL},
};

TAP_MAIN("rng", tests)
