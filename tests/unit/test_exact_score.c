#include "exact_score.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fixtures.h"
#include "tap.h"

/* ---- exact sums ----
 *
 * A fixed-point number of 32-bit limbs, wide enough for every product of two float32 and for the
 * doubles used here: Σ limbs[i] · 2^(32 i + LEAST). Limbs are signed and carry late. */

#define LIMBS 36
#define LEAST (-512)

typedef struct {
    gint64 limbs[LIMBS];
} Exact;

static void exact_add(Exact *exact, double value)
{
    int exponent;
    double mantissa = frexp(value, &exponent); /* value = mantissa · 2^exponent */
    gint64 whole = (gint64)ldexp(mantissa, 53);
    guint64 magnitude = (guint64)(whole < 0 ? -whole : whole);
    int position = exponent - 53 - LEAST;
    if (magnitude == 0)
        return;
    g_assert(position >= 0 && position / 32 + 2 < LIMBS);
    int limb = position / 32, shift = position % 32;
    guint64 low = (magnitude & 0xffffffffu) << shift, high = (magnitude >> 32) << shift;
    gint64 sign = whole < 0 ? -1 : 1;
    exact->limbs[limb] += sign * (gint64)(low & 0xffffffffu);
    exact->limbs[limb + 1] += sign * (gint64)((low >> 32) + (high & 0xffffffffu));
    exact->limbs[limb + 2] += sign * (gint64)(high >> 32);
}

/* Carries, so that all limbs but the last are in [0, 2^32). */
static void exact_carry(Exact *exact)
{
    for (int i = 0; i + 1 < LIMBS; i++) {
        gint64 rest = exact->limbs[i] & 0xffffffff;
        exact->limbs[i + 1] += (exact->limbs[i] - rest) / 0x100000000;
        exact->limbs[i] = rest;
    }
}

/* The nearest double but for a few roundings. */
static double exact_value(Exact exact)
{
    double value = 0, sign = 1;
    exact_carry(&exact);
    if (exact.limbs[LIMBS - 1] < 0) {
        sign = -1;
        for (int i = 0; i < LIMBS; i++)
            exact.limbs[i] = -exact.limbs[i];
        exact_carry(&exact);
    }
    for (int i = LIMBS - 1; i >= 0; i--)
        value += ldexp((double)exact.limbs[i], 32 * i + LEAST);
    return sign * value;
}

/* |exact − value| */
static double exact_distance(Exact exact, double value)
{
    exact_add(&exact, -value);
    return fabs(exact_value(exact));
}

typedef struct {
    guint k;
    float *q, *d; /* [k] */
    double bias, shift;
    Exact score;      /* shift + bias + Σ q d */
    double magnitude; /* Σ |q d| */
} Case;

static void case_init(Case *c, guint k)
{
    *c = (Case){.k = k, .q = g_new0(float, k), .d = g_new0(float, k)};
}

static void case_clear(Case *c)
{
    g_free(c->q);
    g_free(c->d);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static void case_sum(Case *c)
{
    c->score = (Exact){{0}};
    c->magnitude = 0;
    exact_add(&c->score, c->shift);
    exact_add(&c->score, c->bias);
    for (guint i = 0; i < c->k; i++) {
        exact_add(&c->score, (double)c->q[i] * c->d[i]);
        c->magnitude += fabs((double)c->q[i] * c->d[i]);
    }
}

/* ---- vectors of many kinds ---- */

typedef struct {
    const char *name;
    int least, most; /* exponents of the values */
} Kind;

static const Kind kinds[] = {
    {"ordinary", -6, 2}, {"of many sizes", -40, 40}, {"huge", 30, 60},
    {"small", -70, -50}, {"subnormal", -149, -120},  {"small by huge", -130, 60},
};

static const guint lengths[] = {1, 2, 3, 7, 8, 9, 16, 120, 121, 1000};

static void fill(Case *c, const Kind *kind, GRand *random)
{
    for (guint i = 0; i < c->k; i++) {
        c->q[i] = fixture_float(random, kind->least, kind->most);
        c->d[i] = fixture_float(random, kind->least, kind->most);
    }
    c->bias = fixture_float(random, kind->least, kind->most);
    c->shift = (double)fixture_float(random, kind->least, kind->most) * (1.0 + 0x1p-40);
}

/* Makes later products cancel earlier ones, so that little is left of the sum. */
static void cancel(Case *c, GRand *random)
{
    for (guint i = 0; i + 1 < c->k; i += 2) {
        c->q[i + 1] = -c->q[i];
        c->d[i + 1] = g_rand_boolean(random) ? c->d[i] : nextafterf(c->d[i], 0);
    }
    for (guint i = c->k; i > 1; i--) {
        guint j = (guint)g_rand_int_range(random, 0, (gint32)i);
        float q = c->q[i - 1], d = c->d[i - 1];
        c->q[i - 1] = c->q[j], c->d[i - 1] = c->d[j];
        c->q[j] = q, c->d[j] = d;
    }
    c->shift = -c->bias * (1.0 + 0x1p-30);
}

static void for_each_case(void (*check)(Case *c, GRand *random), guint rounds)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        for (guint l = 0; l < G_N_ELEMENTS(lengths); l++) {
            for (guint round = 0; round < rounds; round++) {
                g_auto(Case) c = {0};
                case_init(&c, lengths[l]);
                fill(&c, &kinds[kind], random);
                if (round % 2 == 1)
                    cancel(&c, random);
                case_sum(&c);
                check(&c, random);
            }
        }
    }
}

/* ---- the score ---- */

/* The exact sums themselves, where the answer is known. */
static void test_the_oracle(void)
{
    Exact exact = {{0}};
    exact_add(&exact, 0x1p200);
    exact_add(&exact, 0x1.8p-290);
    exact_add(&exact, -0x1p200);
    CU_ASSERT_EQUAL(exact_value(exact), 0x1.8p-290);
    exact_add(&exact, -3.0);
    exact_add(&exact, -0x1.8p-290);
    CU_ASSERT_EQUAL(exact_value(exact), -3.0);
    CU_ASSERT_EQUAL(exact_distance(exact, -3.5), 0.5);
    exact_add(&exact, 0x1.fffffffffffffp31);
    exact_add(&exact, 3.0);
    CU_ASSERT_EQUAL(exact_value(exact), 0x1.fffffffffffffp31);
}

/* Dot2's bound (Ogita, Rump & Oishi 2005, theorem 3.4) over k + 2 terms: u |S| + γ² Σ |terms|. */
static void check_score(Case *c, GRand *random)
{
    (void)random;
    ExactScore score = exact_score(c->q, c->d, c->k, c->bias, c->shift);
    double gamma = (c->k + 2) * 0x1p-53 / (1 - (c->k + 2) * 0x1p-53);
    double terms = c->magnitude + fabs(c->bias) + fabs(c->shift);
    double allowed = 0x1p-53 * fabs(exact_value(c->score)) + gamma * gamma * terms;
    CU_ASSERT(exact_distance(c->score, score.score) <= allowed * (1 + 1e-9));
}

static void test_score_is_exact(void)
{
    for_each_case(check_score, 40);
}

static void test_known_scores(void)
{
    const float q[] = {1.5f, -2, 0.25f}, d[] = {2, 3, 8};
    CU_ASSERT_EQUAL(exact_score(q, d, 3, 0.5, 10).score, 9.5);
    CU_ASSERT_EQUAL(exact_score(q, d, 0, -1, 4).score, 3);
    const float big[] = {0x1p60f, 1, -0x1p60f}, one[] = {0x1p60f, 0x1p-30f, 0x1p60f};
    CU_ASSERT_EQUAL(exact_score(big, one, 3, 0, 0).score, 0x1p-30);
}

/* ---- the bound ---- */

/* B as the header has it, in long double; from it `bound` may only differ by its room for doubles.
 */
static void check_formula(Case *c, GRand *random)
{
    (void)random;
    ExactScore score = exact_score(c->q, c->d, c->k, c->bias, c->shift);
    long double u = 0x1p-24L, gamma = c->k * u / (1 - c->k * u);
    long double kernel = gamma * c->magnitude + c->k * 0x1p-149L;
    long double formula = kernel * (1 + u) + u * fabs(exact_value(c->score)) + 0x1p-150L;
    long double terms = c->magnitude + fabs(c->bias) + fabs(c->shift) + kernel;
    CU_ASSERT(score.bound >= formula * (1 - 1e-12L));
    CU_ASSERT(score.bound <= formula * (1 + 1e-9L) + 16 * 0x1p-53L * terms);
}

static void test_bound_is_the_formula(void)
{
    for_each_case(check_formula, 10);
}

/* Σ q d in float32 over `order`, in as many lanes, with or without FMA; then as the server does:
 * shift and bias added in double, one rounding. */
static float server_score(const Case *c, const guint *order, guint lanes, gboolean fma)
{
    float sums[16] = {0}, dot = 0;
    for (guint i = 0; i < c->k; i++) {
        float q = c->q[order[i]], d = c->d[order[i]], *sum = &sums[i % lanes];
        *sum = fma ? fmaf(q, d, *sum) : *sum + q * d;
    }
    for (guint lane = 0; lane < lanes; lane++)
        dot += sums[lane];
    return (float)(c->shift + (double)dot + c->bias);
}

/* Pairwise from the leaves up: the other extreme of summing. */
static float tree_dot(const Case *c, const guint *order, guint from, guint to)
{
    if (to - from == 1)
        return c->q[order[from]] * c->d[order[from]];
    guint middle = from + (to - from) / 2;
    return tree_dot(c, order, from, middle) + tree_dot(c, order, middle, to);
}

static void check_bound(Case *c, GRand *random)
{
    ExactScore score = exact_score(c->q, c->d, c->k, c->bias, c->shift);
    g_autofree guint *order = g_new(guint, c->k);
    for (guint i = 0; i < c->k; i++)
        order[i] = i;
    for (guint trial = 0; trial < 12; trial++) {
        for (guint i = c->k; trial > 0 && i > 1; i--) {
            guint j = (guint)g_rand_int_range(random, 0, (gint32)i), other = order[j];
            order[j] = order[i - 1];
            order[i - 1] = other;
        }
        guint lanes = 1u << g_rand_int_range(random, 0, 5);
        float answer = trial == 11 ? (float)(c->shift + tree_dot(c, order, 0, c->k) + c->bias)
                                   : server_score(c, order, lanes, trial % 2 == 1);
        /* Infinite: refused by a server, so no answer; not what the bound is about. */
        if (isfinite(answer))
            CU_ASSERT(exact_distance(c->score, answer) <= score.bound);
    }
}

static void test_bound_holds_for_every_order(void)
{
    for_each_case(check_bound, 24);
}

/* 1 + u + u + … in this order stays at 1, because each addition is a tie to even: the error is
 * (k − 1) u, so that less than γ_k Σ would be too little. */
static void test_bound_is_needed(void)
{
    for (guint l = 0; l < G_N_ELEMENTS(lengths); l++) {
        const guint k = lengths[l];
        g_auto(Case) c = {0};
        case_init(&c, k);
        for (guint i = 0; i < k; i++) {
            c.q[i] = 1;
            c.d[i] = i == 0 ? 1 : 0x1p-24f;
        }
        case_sum(&c);
        g_autofree guint *order = g_new(guint, k);
        for (guint i = 0; i < k; i++)
            order[i] = i;
        ExactScore score = exact_score(c.q, c.d, k, 0, 0);
        double error = exact_distance(c.score, server_score(&c, order, 1, FALSE));
        CU_ASSERT_EQUAL(error, (k - 1) * 0x1p-24);
        CU_ASSERT(error <= score.bound);
        CU_ASSERT(score.bound <= (k + 1) * 0x1p-24 * (1 + k * 0x1p-22));
    }
}

/* One product: its rounding and the last one both count. */
static void test_bound_of_one_product_is_needed(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    double worst = 0;
    for (guint i = 0; i < 20000; i++) {
        g_auto(Case) c = {0};
        const guint order[] = {0};
        case_init(&c, 1);
        c.q[0] = fixture_float(random, 0, 0);
        c.d[0] = fixture_float(random, 0, 0);
        c.shift = g_rand_double(random);
        case_sum(&c);
        ExactScore score = exact_score(c.q, c.d, 1, 0, c.shift);
        double error = exact_distance(c.score, server_score(&c, order, 1, FALSE));
        worst = MAX(worst, error / score.bound);
        CU_ASSERT(error <= score.bound);
    }
    CU_ASSERT(worst > 0.75 && worst <= 1);
}

static void test_ulp(void)
{
    CU_ASSERT_EQUAL(float_ulp(1), 0x1p-23);
    CU_ASSERT_EQUAL(float_ulp(-1.5f), 0x1p-23);
    CU_ASSERT_EQUAL(float_ulp(2), 0x1p-22);
    CU_ASSERT_EQUAL(float_ulp(64.4352f), 0x1p-17);
    CU_ASSERT_EQUAL(float_ulp(0), 0x1p-149);
    CU_ASSERT_EQUAL(float_ulp(FLT_MAX), 0x1p104); /* never 0: it divides */
}

static const UnitTest tests[] = {
    {"the oracle", test_the_oracle},
    {"known scores", test_known_scores},
    {"score is exact", test_score_is_exact},
    {"bound is the formula", test_bound_is_the_formula},
    {"bound holds for every order", test_bound_holds_for_every_order},
    {"bound is needed", test_bound_is_needed},
    {"bound of one product is needed", test_bound_of_one_product_is_needed},
    {"unit in the last place", test_ulp},
    {NULL, NULL},
};

TAP_MAIN("exact_score", tests)
