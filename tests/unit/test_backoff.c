#include "backoff.h"

#include "tap.h"

static const Backoff backoff = {0.1, 30};

static void check(guint strikes, gint64 retry_after, double random, double expected)
{
    double seconds = backoff_seconds(&backoff, strikes, retry_after, random);
    CU_ASSERT_DOUBLE_EQUAL(seconds, expected, 1e-9);
}

static void test_doubles(void)
{
    check(1, 0, 0, 0.05);
    check(1, 0, 1, 0.1);
    check(2, 0, 0, 0.1);
    check(2, 0, 1, 0.2);
    check(5, 0, 0.5, 1.2);
    check(9, 0, 1, 25.6);
}

static void test_longest(void)
{
    check(10, 0, 1, 30);
    check(64, 0, 0, 15);
    check(G_MAXUINT, 0, 1, 30);
}

/* Not sooner than the server asks for, and not all clients at the same moment. */
static void test_retry_after(void)
{
    check(1, 2, 0, 2);
    check(1, 2, 1, 2.05);
    check(10, 1, 0, 15);
    check(1, 3600, 0, 3600);
    check(1, -5, 0, 0.05);
}

static const UnitTest tests[] = {
    {"each wait is twice the one before", test_doubles},
    {"up to the longest", test_longest},
    {"Retry-After", test_retry_after},
    {NULL, NULL},
};

TAP_MAIN("backoff", tests)
