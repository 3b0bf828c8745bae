#include "counter_rng.h"

#include <math.h>
#include <string.h>

#include "tap.h"

/* The vectors that the authors publish with their own implementation. */
static void test_known_answers(void)
{
    static const struct {
        guint32 counter[4], key[2], words[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint32 words[4];
        philox(words, cases[i].counter, cases[i].key);
        CU_ASSERT_EQUAL(memcmp(words, cases[i].words, sizeof words), 0);
    }
}

/* Five standard errors of each moment. */
static void test_moments(void)
{
    enum { COUNT = 200000 };
    g_autofree float *x = g_new(float, COUNT);
    double sums[5] = {0};
    counter_rng_normals(x, COUNT, 42, 1, 2, 3);
    for (guint i = 0; i < COUNT; i++)
        for (guint power = 1; power < 5; power++)
            sums[power] += pow(x[i], power) / COUNT;
    CU_ASSERT_DOUBLE_EQUAL(sums[1], 0, 5 * sqrt(1.0 / COUNT));
    CU_ASSERT_DOUBLE_EQUAL(sums[2], 1, 5 * sqrt(2.0 / COUNT));
    CU_ASSERT_DOUBLE_EQUAL(sums[3], 0, 5 * sqrt(15.0 / COUNT));
    CU_ASSERT_DOUBLE_EQUAL(sums[4], 3, 5 * sqrt(96.0 / COUNT));
}

static void test_places(void)
{
    float whole[11], part[5], other[5];
    counter_rng_normals(whole, 11, 7, 1, 2, 3);
    counter_rng_normals(part, 5, 7, 1, 2, 3);
    CU_ASSERT_EQUAL(memcmp(whole, part, sizeof part), 0);
    const struct {
        guint64 seed;
        guint32 purpose, a, b;
    } places[] = {{8, 1, 2, 3},
                  {7 + (G_GUINT64_CONSTANT(1) << 32), 1, 2, 3},
                  {7, 2, 2, 3},
                  {7, 1, 3, 3},
                  {7, 1, 2, 4}};
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        counter_rng_normals(other, 5, places[i].seed, places[i].purpose, places[i].a, places[i].b);
        CU_ASSERT_NOT_EQUAL(memcmp(other, part, sizeof part), 0);
    }
}

static const UnitTest tests[] = {
    {"known answers", test_known_answers},
    {"moments of normals", test_moments},
    {"every place its own numbers", test_places},
    {NULL, NULL},
};

TAP_MAIN("counter_rng", tests)
