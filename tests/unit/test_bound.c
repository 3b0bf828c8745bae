/* The bound of exact_score.h and the verdicts of order_proof.h against every way a server may sum.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "order_proof.h"
#include "score_cases.h"
#include "tap.h"

/* ---- ways to sum ---- */

#define MOST_LANES 32

typedef enum {
    LANES,       /* accumulators side by side, then added one by one: 1 is the plain loop */
    LANES_TREE,  /* the same, added pairwise, as vector units do */
    BLOCKS,      /* a sum of each block of `width` products, added to the total */
    TREE,        /* pairwise from the single products up */
    RANDOM_TREE, /* any way to set brackets */
} Shape;

typedef struct {
    Shape shape;
    guint width;
    gboolean fma;
} Way;

static const Way ways[] = {
    {LANES, 1, FALSE},       {LANES, 1, TRUE},       {LANES, 4, FALSE},
    {LANES, 4, TRUE},        {LANES, 8, FALSE},      {LANES, 8, TRUE},
    {LANES, 16, FALSE},      {LANES, 16, TRUE},      {LANES, 32, TRUE},
    {LANES_TREE, 4, FALSE},  {LANES_TREE, 8, TRUE},  {LANES_TREE, 16, FALSE},
    {LANES_TREE, 16, TRUE},  {LANES_TREE, 32, TRUE}, {BLOCKS, 8, FALSE},
    {BLOCKS, 8, TRUE},       {BLOCKS, 32, FALSE},    {TREE, 0, FALSE},
    {RANDOM_TREE, 0, FALSE}, {RANDOM_TREE, 0, TRUE},
};

typedef struct {
    const float *q, *d;
    const guint *order; /* [k] */
    GRand *random;
} Terms;

static float accumulate(const Terms *t, guint i, float sum, gboolean fma)
{
    float q = t->q[t->order[i]], d = t->d[t->order[i]];
    return fma ? fmaf(q, d, sum) : sum + q * d;
}

static float sum_lanes(const Terms *t, guint k, Way way)
{
    float sums[MOST_LANES] = {0}, total = 0;
    for (guint i = 0; i < k; i++)
        sums[i % way.width] = accumulate(t, i, sums[i % way.width], way.fma);
    if (way.shape == LANES) {
        for (guint lane = 0; lane < way.width; lane++)
            total += sums[lane];
        return total;
    }
    for (guint half = way.width / 2; half > 0; half /= 2)
        for (guint lane = 0; lane < half; lane++)
            sums[lane] += sums[lane + half];
    return sums[0];
}

static float sum_blocks(const Terms *t, guint k, Way way)
{
    float total = 0;
    for (guint begin = 0; begin < k; begin += way.width) {
        float block = 0;
        for (guint i = begin; i < MIN(begin + way.width, k); i++)
            block = accumulate(t, i, block, way.fma);
        total += block;
    }
    return total;
}

static float sum_tree(const Terms *t, guint from, guint to, Way way)
{
    guint n = to - from;
    if (n == 1)
        return accumulate(t, from, 0, way.fma);
    guint left = way.shape == TREE ? n / 2 : (guint)g_rand_int_range(t->random, 1, (gint32)n);
    if (way.fma && left == n - 1)
        return accumulate(t, to - 1, sum_tree(t, from, to - 1, way), TRUE);
    return sum_tree(t, from, from + left, way) + sum_tree(t, from + left, to, way);
}

/* As a server does: the products in float32, shift and bias in double, one rounding. */
static float answer_of(const ScoreCase *c, const guint *order, Way way, GRand *random)
{
    const Terms terms = {c->q, c->d, order, random};
    float dot = way.shape <= LANES_TREE ? sum_lanes(&terms, c->k, way)
                : way.shape == BLOCKS   ? sum_blocks(&terms, c->k, way)
                                        : sum_tree(&terms, 0, c->k, way);
    return (float)(c->shift + (double)dot + c->bias);
}

/* ---- orders ---- */

typedef enum { AS_IT_IS, REVERSED, SMALL_FIRST, LARGE_FIRST, PLUS_FIRST, SHUFFLED } Order;

static int compare_products(gconstpointer a, gconstpointer b, gpointer data)
{
    const ScoreCase *c = data;
    guint x = *(const guint *)a, y = *(const guint *)b;
    double p = fabs((double)c->q[x] * c->d[x]), q = fabs((double)c->q[y] * c->d[y]);
    return (p > q) - (p < q);
}

static int compare_signs(gconstpointer a, gconstpointer b, gpointer data)
{
    const ScoreCase *c = data;
    guint x = *(const guint *)a, y = *(const guint *)b;
    gboolean p = (double)c->q[x] * c->d[x] < 0, q = (double)c->q[y] * c->d[y] < 0;
    return p != q ? p - q : (x > y) - (x < y);
}

static void arrange(guint *order, ScoreCase *c, Order kind, GRand *random)
{
    for (guint i = 0; i < c->k; i++)
        order[i] = i;
    if (kind == SMALL_FIRST || kind == LARGE_FIRST)
        g_qsort_with_data(order, (gint)c->k, sizeof *order, compare_products, c);
    if (kind == PLUS_FIRST)
        g_qsort_with_data(order, (gint)c->k, sizeof *order, compare_signs, c);
    for (guint i = 0; (kind == REVERSED || kind == LARGE_FIRST) && i < c->k / 2; i++) {
        guint other = order[i];
        order[i] = order[c->k - 1 - i];
        order[c->k - 1 - i] = other;
    }
    if (kind >= SHUFFLED)
        score_case_shuffle(order, c->k, random);
}

/* ---- the bound ---- */

static guint sums, overflows;

/* Infinite or not a number: an overflow on the way. It never passes for right. */
static void check_overflow(const ScoreCase *c, ExactScore exact, float answer)
{
    overflows++;
    CU_ASSERT_FALSE(order_score_is_right(exact, answer));
    CU_ASSERT(c->magnitude + fabs(c->shift) + fabs(c->bias) >= (1 - 1e-3) * FLT_MAX);
}

/* The largest error as a share of the bound. */
static double check_orders(ScoreCase *c, guint shuffles, GRand *random)
{
    double largest = 0;
    ExactScore exact = exact_score(c->q, c->d, c->k, c->bias, c->shift);
    g_autofree guint *order = g_new(guint, c->k);
    for (guint o = 0; o < SHUFFLED + shuffles; o++) {
        arrange(order, c, (Order)MIN(o, SHUFFLED), random);
        for (guint w = 0; w < G_N_ELEMENTS(ways); w++) {
            float answer = answer_of(c, order, ways[w], random);
            sums++;
            if (!isfinite(answer)) {
                check_overflow(c, exact, answer);
                continue;
            }
            double error = exact_distance(c->score, answer);
            largest = MAX(largest, error / exact.bound);
            CU_ASSERT(error <= exact.bound);
            CU_ASSERT(order_score_is_right(exact, answer));
        }
    }
    return largest;
}

static double largest_share[SCORE_CASE_KINDS];

static void check_few_orders(ScoreCase *c, guint kind, GRand *random)
{
    largest_share[kind] = MAX(largest_share[kind], check_orders(c, 2, random));
}

static void test_every_kind(void)
{
    score_cases_for_each(check_few_orders, 4);
    CU_ASSERT(overflows > 0); /* "huge" ones do */
    printf("# %u sums, %u overflows; the largest error as a share of its bound\n", sums, overflows);
    for (guint kind = 0; kind < SCORE_CASE_KINDS; kind++) {
        printf("#   %-14s %5.1f %%\n", score_case_name(kind), 100 * largest_share[kind]);
        CU_ASSERT(largest_share[kind] > 0.01); /* it was put to the test */
    }
}

/* Thousands of orders of one sum, at the length of a model and at the longest. */
static void test_thousands_of_orders(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const guint sizes[] = {120, 1024};
    printf("# the largest error of one sum in 2,100 ways, as a share of its bound\n");
    for (guint kind = 0; kind < SCORE_CASE_KINDS; kind++) {
        printf("#   %-14s", score_case_name(kind));
        for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
            g_auto(ScoreCase) c = {0};
            score_case_init(&c, sizes[s]);
            score_case_fill(&c, kind, FALSE, random);
            printf("  k = %u: %4.1f %%", sizes[s], 100 * check_orders(&c, 100, random));
        }
        printf("\n");
    }
}

/* 1 + u + u + … in this order stays at 1, because each addition is a tie to even: the error is
 * (k − 1) u, so that less than γ_k Σ would be too little. */
static void test_bound_is_needed(void)
{
    const guint lengths[] = {1, 2, 3, 8, 120, 1024};
    for (guint l = 0; l < G_N_ELEMENTS(lengths); l++) {
        const guint k = lengths[l];
        g_auto(ScoreCase) c = {0};
        g_autofree guint *order = g_new(guint, k);
        score_case_init(&c, k);
        for (guint i = 0; i < k; i++) {
            c.q[i] = 1;
            c.d[i] = i == 0 ? 1 : 0x1p-24f;
        }
        score_case_sum(&c);
        arrange(order, &c, AS_IT_IS, NULL);
        ExactScore exact = exact_score(c.q, c.d, k, 0, 0);
        double error = exact_distance(c.score, answer_of(&c, order, ways[0], NULL));
        CU_ASSERT_EQUAL(error, (k - 1) * 0x1p-24);
        CU_ASSERT(error <= exact.bound);
        CU_ASSERT(exact.bound <= (k + 1) * 0x1p-24 * (1 + k * 0x1p-22));
        if (k == 1024)
            printf("# k = 1024, the worst there is: %.1f %% of the bound\n",
                   100 * error / exact.bound);
    }
}

/* One product: its rounding and the last one both count. */
static void test_bound_of_one_product_is_needed(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const guint order[] = {0};
    double worst = 0;
    for (guint i = 0; i < 20000; i++) {
        g_auto(ScoreCase) c = {0};
        score_case_init(&c, 1);
        c.q[0] = (float)g_rand_double_range(random, 1, 2);
        c.d[0] = (float)g_rand_double_range(random, 1, 2);
        c.shift = g_rand_double(random);
        score_case_sum(&c);
        ExactScore exact = exact_score(c.q, c.d, 1, 0, c.shift);
        double error = exact_distance(c.score, answer_of(&c, order, ways[0], NULL));
        worst = MAX(worst, error / exact.bound);
        CU_ASSERT(error <= exact.bound);
    }
    CU_ASSERT(worst > 0.75 && worst <= 1);
}

/* Products below the least float32, which vanish or round by up to half of it each. */
static void test_underflow_is_bounded(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const guint k = 16;
    g_autofree guint *order = g_new(guint, k);
    double worst = 0;
    for (guint round = 0; round < 200; round++) {
        g_auto(ScoreCase) c = {0};
        score_case_init(&c, k);
        for (guint i = 0; i < k; i++) {
            c.q[i] = 0x1p-75f;
            c.d[i] = (float)g_rand_double_range(random, 0.9, 1) * 0x1p-75f;
        }
        score_case_sum(&c);
        arrange(order, &c, AS_IT_IS, NULL);
        ExactScore exact = exact_score(c.q, c.d, k, 0, 0);
        double error = exact_distance(c.score, answer_of(&c, order, ways[0], NULL));
        worst = MAX(worst, error / (k * 0x1p-150));
        CU_ASSERT(error <= exact.bound);
    }
    CU_ASSERT(worst > 0.9); /* all of them were lost */
}

/* Shift and bias that cancel: what the additions in double lose is all there is to see. */
static void test_additions_are_bounded(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const guint order[] = {0};
    double worst = 0;
    for (guint round = 0; round < 1000; round++) {
        g_auto(ScoreCase) c = {0};
        score_case_init(&c, 1);
        c.q[0] = 1;
        c.d[0] = (float)g_rand_double_range(random, 1, 2);
        c.shift = 0x1p60 * g_rand_double_range(random, 1, 2);
        c.bias = -c.shift;
        score_case_sum(&c);
        ExactScore exact = exact_score(c.q, c.d, 1, c.bias, c.shift);
        double error = exact_distance(c.score, answer_of(&c, order, ways[0], NULL));
        worst = MAX(worst, error / exact.bound);
        CU_ASSERT_EQUAL(exact.score, (double)c.d[0]);
        CU_ASSERT(error <= exact.bound);
    }
    CU_ASSERT(worst > 1e-4);
}

/* ---- overflow ---- */

/* Sums of float32 that overflow, though the score itself would have room: the local score is exact,
 * the answer infinite or no number, and never right. */
static void test_overflow(void)
{
    g_auto(ScoreCase) c = {0};
    score_case_init(&c, 3);
    const float q[] = {FLT_MAX, FLT_MAX, -FLT_MAX}, first[] = {1, 1, 1}, last[] = {2, 2, 2};
    const guint orders[][3] = {{0, 1, 2}, {0, 2, 1}};
    for (guint i = 0; i < 3; i++) {
        c.q[i] = q[i];
        c.d[i] = first[i];
    }
    score_case_sum(&c);
    ExactScore exact = exact_score(c.q, c.d, 3, 0, 0);
    CU_ASSERT_EQUAL(exact.score, FLT_MAX);
    CU_ASSERT_FALSE(order_score_is_right(exact, answer_of(&c, orders[0], ways[0], NULL)));
    CU_ASSERT(order_score_is_right(exact, answer_of(&c, orders[1], ways[0], NULL)));
    CU_ASSERT_FALSE(order_score_is_right(exact, INFINITY));
    CU_ASSERT_FALSE(order_score_is_right(exact, NAN));

    ExactScore beyond = exact_score(q, last, 1, 0, 0);
    CU_ASSERT_EQUAL(beyond.score, 2 * (double)FLT_MAX);
    CU_ASSERT_FALSE(order_score_is_right(beyond, INFINITY));
    CU_ASSERT_FALSE(order_score_is_right(beyond, FLT_MAX));
}

/* ---- what is caught ---- */

/* An answer further than the resolution from that of a right server is wrong, whichever way that
 * one sums; one ulp of float32 more than that is enough. */
static void test_resolution_is_always_caught(void)
{
    enum { K = 120 };
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autofree guint *order = g_new(guint, K);
    double least = INFINITY, most = 0;
    for (guint round = 0; round < 200; round++) {
        g_auto(ScoreCase) c = {0};
        score_case_init(&c, K);
        score_case_fill(&c, SCORE_CASE_KINDS - 1, FALSE, random);
        c.shift = 12; /* of the size that recommend_shift() chooses for such vectors */
        score_case_sum(&c);
        arrange(order, &c, (Order)(round % (SHUFFLED + 1)), random);
        ExactScore exact = exact_score(c.q, c.d, K, c.bias, c.shift);
        float right = answer_of(&c, order, ways[round % G_N_ELEMENTS(ways)], random);
        double resolution = exact_score_resolution(exact);
        float above = nextafterf((float)(right + resolution), INFINITY);
        float below = nextafterf((float)(right - resolution), -INFINITY);
        CU_ASSERT(order_score_is_right(exact, right));
        CU_ASSERT_FALSE(order_score_is_right(exact, nextafterf(above, INFINITY)));
        CU_ASSERT_FALSE(order_score_is_right(exact, nextafterf(below, -INFINITY)));
        least = MIN(least, exact_score_resolution_ulps(exact));
        most = MAX(most, exact_score_resolution_ulps(exact));
    }
    printf("# k = 120, like a model's: every error above %.1f to %.1f ulp is caught\n", least,
           most);
    CU_ASSERT(least >= 1 && most < 2 * (K + 2));
}

/* ---- verdicts ---- */

static void fill_neighbour(ScoreCase *below, const ScoreCase *above, GRand *random)
{
    for (guint i = 0; i < above->k; i++) {
        below->q[i] = above->q[i];
        below->d[i] = above->d[i];
    }
    guint at = (guint)g_rand_int_range(random, 0, (gint32)above->k);
    for (gint steps = g_rand_int_range(random, 0, 4000); steps > 0; steps--)
        below->d[at] = nextafterf(below->d[at], 0);
    below->shift = above->shift;
    below->bias = above->bias;
    score_case_sum(below);
}

/* Two movies a hair apart, each summed in its own way: whatever is proved is so in every answer,
 * whatever is violated in none. */
static void test_verdicts_hold_for_every_order(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    guint seen[3] = {0};
    for (guint round = 0; round < 3000; round++) {
        const guint k = round % 2 == 0 ? 120 : 7;
        const Way *one = &ways[(guint)g_rand_int_range(random, 0, G_N_ELEMENTS(ways))];
        const Way *two = &ways[(guint)g_rand_int_range(random, 0, G_N_ELEMENTS(ways))];
        g_auto(ScoreCase) a = {0}, b = {0};
        g_autofree guint *order = g_new(guint, k);
        score_case_init(&a, k);
        score_case_init(&b, k);
        score_case_fill(&a, SCORE_CASE_KINDS - 1, FALSE, random);
        fill_neighbour(&b, &a, random);
        ExactScore above = exact_score(a.q, a.d, k, a.bias, a.shift);
        ExactScore below = exact_score(b.q, b.d, k, b.bias, b.shift);
        PairVerdict verdict = order_pair(above, below);
        arrange(order, &a, SHUFFLED, random);
        float first = answer_of(&a, order, *one, random),
              second = answer_of(&b, order, *two, random);
        CU_ASSERT(verdict != PAIR_PROVED || first > second);
        CU_ASSERT(verdict != PAIR_VIOLATED || first < second);
        CU_ASSERT_EQUAL(order_pair(below, above), (PairVerdict)(2 - (int)verdict));
        seen[verdict]++;
    }
    printf("# %u proved, %u within rounding, %u violated\n", seen[0], seen[1], seen[2]);
    CU_ASSERT(seen[0] > 100 && seen[1] > 100 && seen[2] > 100);
}

/* The first `TOP` of any way of summing are a right set, and one movie exchanged for another that
 * is further below than the bounds is not. */
static void test_cuts_hold_for_every_order(void)
{
    enum { K = 24, MOVIES = 60, TOP = 10 };
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint round = 0; round < 200; round++) {
        ExactScore exact[MOVIES];
        float answers[MOVIES];
        gboolean is_returned[MOVIES] = {FALSE};
        guint left_out, returned, best = 0, worst = 0;
        for (guint m = 0; m < MOVIES; m++) {
            g_auto(ScoreCase) c = {0};
            guint order[K];
            score_case_init(&c, K);
            score_case_fill(&c, SCORE_CASE_KINDS - 1, FALSE, random);
            exact[m] = exact_score(c.q, c.d, K, c.bias, c.shift);
            arrange(order, &c, SHUFFLED, random);
            answers[m] = answer_of(&c, order, ways[m % G_N_ELEMENTS(ways)], random);
        }
        for (guint m = 0; m < MOVIES; m++) {
            guint better = 0;
            for (guint other = 0; other < MOVIES; other++)
                better +=
                    answers[other] > answers[m] || (answers[other] == answers[m] && other < m);
            is_returned[m] = better < TOP;
            best = better == 0 ? m : best;
            worst = better == MOVIES - 1 ? m : worst;
        }
        CU_ASSERT(order_cut_is_right(exact, is_returned, MOVIES, &left_out, &returned));
        is_returned[best] = FALSE;
        is_returned[worst] = TRUE;
        CU_ASSERT_FALSE(order_cut_is_right(exact, is_returned, MOVIES, &left_out, &returned));
        CU_ASSERT_EQUAL(left_out, best);
        CU_ASSERT_EQUAL(returned, worst);
    }
}

static const UnitTest tests[] = {
    {"holds for every kind and way to sum", test_every_kind},
    {"holds for thousands of orders", test_thousands_of_orders},
    {"is needed", test_bound_is_needed},
    {"of one product is needed", test_bound_of_one_product_is_needed},
    {"of products that underflow", test_underflow_is_bounded},
    {"of additions in double", test_additions_are_bounded},
    {"overflow is never right", test_overflow},
    {"an error above the resolution is caught", test_resolution_is_always_caught},
    {"verdicts hold for every order", test_verdicts_hold_for_every_order},
    {"cuts hold for every order", test_cuts_hold_for_every_order},
    {NULL, NULL},
};

TAP_MAIN("bound", tests)
