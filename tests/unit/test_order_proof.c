#include "order_proof.h"

#include <math.h>

#include "tap.h"

static void test_pairs(void)
{
    const struct {
        ExactScore above, below;
        PairVerdict verdict;
    } cases[] = {
        {{3, 0.5}, {1, 0.25}, PAIR_PROVED},
        {{1, 0.25}, {3, 0.5}, PAIR_VIOLATED},
        {{2, 0.5}, {2, 0.5}, PAIR_WITHIN_ROUNDING},     /* a tie */
        {{2, 0}, {2, 0}, PAIR_WITHIN_ROUNDING},         /* a tie without any doubt */
        {{2.75, 0.5}, {2, 0.25}, PAIR_WITHIN_ROUNDING}, /* exactly at the bounds */
        {{2, 0.25}, {2.75, 0.5}, PAIR_WITHIN_ROUNDING}, /* the same, backwards */
        {{2.7501, 0.5}, {2, 0.25}, PAIR_PROVED},        /* just beyond them */
        {{2, 0.25}, {2.7501, 0.5}, PAIR_VIOLATED},
        {{1, 0}, {1 + 0x1p-52, 0}, PAIR_VIOLATED},
        {{-1, 0.1}, {-3, 0.1}, PAIR_PROVED},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        CU_ASSERT_EQUAL(order_pair(cases[i].above, cases[i].below), cases[i].verdict);
}

static void test_error(void)
{
    CU_ASSERT_EQUAL(order_error((ExactScore){2, 0}, 2.5f), 0.5);
    CU_ASSERT_EQUAL(order_error((ExactScore){2, 0}, 1.5f), 0.5);
    CU_ASSERT_EQUAL(order_error((ExactScore){2, 0}, 2), 0);
}

static void test_score(void)
{
    CU_ASSERT(order_score_is_right((ExactScore){2, 0.5}, 2.5f)); /* exactly at the bound */
    CU_ASSERT(order_score_is_right((ExactScore){2, 0.5}, 1.5f));
    CU_ASSERT_FALSE(order_score_is_right((ExactScore){2, 0.5}, 2.5000002f));
    CU_ASSERT_FALSE(order_score_is_right((ExactScore){2, 0.5}, 1.4999999f));
    CU_ASSERT_FALSE(order_score_is_right((ExactScore){2, 0.5}, INFINITY));
    CU_ASSERT_FALSE(order_score_is_right((ExactScore){2, 0.5}, -INFINITY));
    CU_ASSERT_FALSE(order_score_is_right((ExactScore){2, 0.5}, NAN));
}

static void test_sorted(void)
{
    CU_ASSERT(order_is_sorted(2, 7, 1, 3));
    CU_ASSERT(order_is_sorted(1, 3, 1, 7)); /* a tie, by feature index */
    CU_ASSERT_FALSE(order_is_sorted(1, 7, 1, 3));
    CU_ASSERT_FALSE(order_is_sorted(1, 3, 1, 3)); /* one movie twice */
    CU_ASSERT_FALSE(order_is_sorted(1, 3, nextafterf(1, 2), 7));
    CU_ASSERT_FALSE(order_is_sorted(NAN, 3, 1, 7));
}

static void test_names(void)
{
    CU_ASSERT_STRING_EQUAL(order_pair_name(PAIR_PROVED), "proved");
    CU_ASSERT_STRING_EQUAL(order_pair_name(PAIR_WITHIN_ROUNDING), "within rounding");
    CU_ASSERT_STRING_EQUAL(order_pair_name(PAIR_VIOLATED), "violated");
}

static void test_cut_is_right(void)
{
    const ExactScore scores[] = {{5, 0.1}, {1, 0.1}, {3, 0.1}, {2, 0.1}};
    const gboolean top[] = {TRUE, FALSE, TRUE, FALSE}, all[] = {TRUE, TRUE, TRUE, TRUE},
                   none[] = {FALSE, FALSE, FALSE, FALSE};
    guint left_out, returned;
    CU_ASSERT(order_cut_is_right(scores, top, 4, &left_out, &returned));
    CU_ASSERT(order_cut_is_right(scores, all, 4, &left_out, &returned));
    CU_ASSERT(order_cut_is_right(scores, none, 4, &left_out, &returned));
    CU_ASSERT(order_cut_is_right(scores, top, 0, &left_out, &returned));
}

static void test_cut_names_the_two(void)
{
    const ExactScore scores[] = {{5, 0.1}, {1, 0.1}, {3, 0.1}, {2, 0.1}, {4, 0.1}};
    const gboolean is_returned[] = {FALSE, TRUE, TRUE, FALSE, FALSE};
    guint left_out = 9, returned = 9;
    CU_ASSERT_FALSE(order_cut_is_right(scores, is_returned, 5, &left_out, &returned));
    CU_ASSERT_EQUAL(left_out, 0);
    CU_ASSERT_EQUAL(returned, 1);
}

/* What decides is S − B of the one against S + B of the other, not the scores. */
static void test_cut_within_rounding(void)
{
    const gboolean is_returned[] = {TRUE, FALSE};
    guint left_out, returned;
    const ExactScore overlapping[] = {{2, 0.25}, {2.5, 0.25}}, apart[] = {{2, 0.25}, {2.51, 0.25}},
                     equal[] = {{2, 0}, {2, 0}};
    CU_ASSERT(order_cut_is_right(overlapping, is_returned, 2, &left_out, &returned));
    CU_ASSERT_FALSE(order_cut_is_right(apart, is_returned, 2, &left_out, &returned));
    CU_ASSERT(order_cut_is_right(equal, is_returned, 2, &left_out, &returned));
}

/* The movie with the best score left out need not be the one that proves the set wrong. */
static void test_cut_with_unequal_bounds(void)
{
    const ExactScore scores[] = {{4, 3}, {3, 0.1}, {2, 0.1}, {1.5, 2}};
    const gboolean is_returned[] = {FALSE, FALSE, TRUE, TRUE};
    guint left_out = 9, returned = 9;
    CU_ASSERT_FALSE(order_cut_is_right(scores, is_returned, 4, &left_out, &returned));
    CU_ASSERT_EQUAL(left_out, 1);
    CU_ASSERT_EQUAL(returned, 2);
}

static const UnitTest tests[] = {
    {"pairs", test_pairs},
    {"error of a score", test_error},
    {"right score", test_score},
    {"sorted by its own scores", test_sorted},
    {"names", test_names},
    {"right cut", test_cut_is_right},
    {"wrong cut names the two", test_cut_names_the_two},
    {"cut within rounding", test_cut_within_rounding},
    {"cut with unequal bounds", test_cut_with_unequal_bounds},
    {NULL, NULL},
};

TAP_MAIN("order_proof", tests)
