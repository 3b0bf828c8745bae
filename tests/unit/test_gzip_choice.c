#include "gzip_choice.h"

#include <string.h>

#include "tap.h"

#define SECOND G_USEC_PER_SEC

/* Bodies one after the other, each under way for `sending` of `whole` seconds. */
static SendClock clock_of(guint64 bytes, double sending, double whole, gint64 *now)
{
    SendClock clock = {0};
    for (guint i = 0; i < GZIP_BODIES; i++) {
        const gint64 start = 1 + (gint64)(i * whole * SECOND);
        send_clock_start(&clock, start);
        send_clock_stop(&clock, start + (gint64)(sending * SECOND), bytes);
    }
    *now = 1 + (gint64)(GZIP_BODIES * whole * SECOND);
    return clock;
}

static void test_clock(void)
{
    SendClock clock = {0};
    CU_ASSERT_FALSE(send_clock_is_limit(&clock, 5));
    send_clock_start(&clock, 100);
    send_clock_start(&clock, 120); /* two at a time count once */
    send_clock_stop(&clock, 150, 10);
    send_clock_stop(&clock, 200, 20);
    CU_ASSERT_EQUAL(clock.sending, 100);
    CU_ASSERT_EQUAL(clock.bytes, 30);
    CU_ASSERT_EQUAL(clock.bodies, 2);
    CU_ASSERT(send_clock_is_limit(&clock, 300));
    CU_ASSERT_FALSE(send_clock_is_limit(&clock, 301));
    send_clock_start(&clock, 400); /* one that is still under way counts too */
    CU_ASSERT_FALSE(send_clock_is_limit(&clock, 450));
    CU_ASSERT(send_clock_is_limit(&clock, 500));
}

static void test_choice(void)
{
    const struct {
        guint64 bytes;
        double sending, whole; /* seconds */
        GzipSample sample;
        gboolean pays;
    } cases[] = {
        {1000000, 1, 1, {40e6, 0.5}, TRUE},      /* 1 MB/s */
        {1000000, 1, 2, {40e6, 0.5}, TRUE},      /* half of the time */
        {1000000, 1, 2.1, {40e6, 0.5}, FALSE},   /* the server is what takes the time */
        {33000000, 1, 1, {40e6, 0.5}, TRUE},     /* gzip is a fifth faster than the network … */
        {34000000, 1, 1, {40e6, 0.5}, FALSE},    /* … or is not */
        {1000000, 0.001, 1, {40e6, 0.5}, FALSE}, /* a loopback interface */
        {1000000, 1, 1, {40e6, 0.83}, TRUE},     /* how much smaller it gets */
        {1000000, 1, 1, {40e6, 0.84}, FALSE},    {1000000, 1, 1, {40e6, 1.1}, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 now = 0;
        const SendClock clock = clock_of(cases[i].bytes, cases[i].sending, cases[i].whole, &now);
        CU_ASSERT_EQUAL(gzip_pays(&clock, now, &cases[i].sample), cases[i].pays);
    }
}

static void test_measuring(void)
{
    g_autofree char *same = g_strnfill(100000, 'x');
    g_autofree char *random = g_malloc(100000);
    for (guint i = 0; i < 100000; i++)
        random[i] = (char)g_random_int();
    const GzipSample easy = gzip_measure(same, 100000), hard = gzip_measure(random, 100000);
    CU_ASSERT(easy.ratio < 0.02);
    CU_ASSERT(hard.ratio > 0.99 && hard.ratio < 1.01);
    CU_ASSERT(easy.speed > 0 && hard.speed > 0);
    CU_ASSERT(gzip_measure("x", 1).ratio > 1);
}

static const UnitTest tests[] = {
    {"clock", test_clock},
    {"choice", test_choice},
    {"measuring", test_measuring},
    {NULL, NULL},
};

TAP_MAIN("gzip_choice", tests)
