#include "rating_target.h"

#include "tap.h"

static void test_quarters(void)
{
    const double expected[] = {.4, .45, .5, .6, .7, .825, .95, 1.025, 1.1};
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
        CU_ASSERT_DOUBLE_EQUAL(rating_target(1 + i / 2.0, 1, 5), expected[i], 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(rating_target(5, .5, 5), 1.1, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(rating_target(.5, .5, 5), .4, 1e-12);
}

static void test_ends(void)
{
    CU_ASSERT_EQUAL(rating_target(1, 1, 1), 1);
    CU_ASSERT_EQUAL(rating_target(0, 1, 5), rating_target(1, 1, 5));
    CU_ASSERT_EQUAL(rating_target(5.4, 1, 5), rating_target(5, 1, 5));
}

static const UnitTest tests[] = {
    {"quarters of the range", test_quarters},
    {"beyond the range, and no range", test_ends},
    {NULL, NULL},
};

TAP_MAIN("rating_target", tests)
