#include "exact_score.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "score_cases.h"
#include "tap.h"

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
    exact = (Exact){{0}};
    exact_add_product(&exact, 0x1p-149f, -0x1.8p-148f);
    CU_ASSERT_EQUAL(exact_value(exact), -0x1.8p-297);
    exact_add_product(&exact, FLT_MAX, FLT_MAX);
    exact_add_product(&exact, -0x1p-149f, -0x1.8p-148f);
    CU_ASSERT_EQUAL(exact_value(exact), (double)FLT_MAX * FLT_MAX);
    exact_add_product(&exact, 0, FLT_MAX);
    CU_ASSERT_EQUAL(exact_distance(exact, (double)FLT_MAX * FLT_MAX), 0);
}

/* Dot2's bound (Ogita, Rump & Oishi 2005, theorem 3.4) over k + 2 terms: u |S| + γ² Σ |terms|. */
static void check_score(ScoreCase *c, guint kind, GRand *random)
{
    (void)kind;
    (void)random;
    ExactScore score = exact_score(c->q, c->d, c->k, c->bias, c->shift);
    double gamma = (c->k + 2) * 0x1p-53 / (1 - (c->k + 2) * 0x1p-53);
    double terms = c->magnitude + fabs(c->bias) + fabs(c->shift);
    double allowed = 0x1p-53 * fabs(exact_value(c->score)) + gamma * gamma * terms;
    CU_ASSERT(exact_distance(c->score, score.score) <= allowed * (1 + 1e-9));
}

static void test_score_is_exact(void)
{
    score_cases_for_each(check_score, 40);
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
static void check_formula(ScoreCase *c, guint kind, GRand *random)
{
    (void)kind;
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
    score_cases_for_each(check_formula, 10);
}

/* What one extreme value makes of a sum: each of these is right to the last bit of a double. */
static void test_extremes(void)
{
    const struct {
        float q[3], d[3];
        double bias, shift, score;
    } cases[] = {
        {{FLT_MAX, FLT_MAX, 1}, {FLT_MAX, -FLT_MAX, 0x1p-149f}, 0, 0, 0x1p-149},
        {{0x1p-149f, 0x1p-149f, 0}, {0x1p-149f, 0x1p-149f, 0}, 0, 0, 0x1p-297},
        {{1, 0x1p-60f, -1}, {1, 1, 1}, 0, 0, 0x1p-60},
        {{1, 1, 1}, {0x1p60f, 1, -0x1p60f}, -0x1p-30, 0x1p80, 0x1p80},
        {{1, 1, 1}, {0x1p60f, 1, -0x1p60f}, -0x1p80, 0x1p80, 1},
        {{FLT_MAX, FLT_MAX, FLT_MAX}, {2, 2, 2}, 0, 0, 6 * (double)FLT_MAX},
        {{-0.0f, 0, 0}, {1, 0, 0}, 0, 0, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        ExactScore found = exact_score(cases[i].q, cases[i].d, 3, cases[i].bias, cases[i].shift);
        CU_ASSERT_EQUAL(found.score, cases[i].score);
        CU_ASSERT(isfinite(found.bound) && found.bound > 0);
    }
}

static void test_resolution(void)
{
    const ExactScore exact = {64.4352, 0x1p-15};
    CU_ASSERT_EQUAL(exact_score_resolution(exact), 0x1p-14);
    CU_ASSERT_EQUAL(exact_score_resolution_ulps(exact), 8); /* a unit is 2^-17 there */
    CU_ASSERT_EQUAL(exact_score_resolution_ulps((ExactScore){-1.5, 0x1p-23}), 2);
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
    {"extremes", test_extremes},
    {"bound is the formula", test_bound_is_the_formula},
    {"resolution", test_resolution},
    {"unit in the last place", test_ulp},
    {NULL, NULL},
};

TAP_MAIN("exact_score", tests)
