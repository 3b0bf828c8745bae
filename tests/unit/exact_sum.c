#include "exact_sum.h"

#include <math.h>

/* Adds mantissa · 2^exponent. */
static void add_scaled(Exact *exact, gint64 mantissa, int exponent)
{
    guint64 magnitude = (guint64)(mantissa < 0 ? -mantissa : mantissa);
    int position = exponent - EXACT_LEAST;
    if (magnitude == 0)
        return;
    g_assert(position >= 0 && position / 32 + 2 < EXACT_LIMBS);
    int limb = position / 32, shift = position % 32;
    guint64 low = (magnitude & 0xffffffffu) << shift, high = (magnitude >> 32) << shift;
    gint64 sign = mantissa < 0 ? -1 : 1;
    exact->limbs[limb] += sign * (gint64)(low & 0xffffffffu);
    exact->limbs[limb + 1] += sign * (gint64)((low >> 32) + (high & 0xffffffffu));
    exact->limbs[limb + 2] += sign * (gint64)(high >> 32);
}

void exact_add(Exact *exact, double value)
{
    int exponent;
    double fraction = frexp(value, &exponent); /* value = fraction · 2^exponent */
    add_scaled(exact, (gint64)ldexp(fraction, 53), exponent - 53);
}

void exact_add_product(Exact *exact, float a, float b)
{
    int a_exponent, b_exponent;
    float a_fraction = frexpf(a, &a_exponent), b_fraction = frexpf(b, &b_exponent);
    gint64 product = (gint64)ldexpf(a_fraction, 24) * (gint64)ldexpf(b_fraction, 24);
    add_scaled(exact, product, a_exponent + b_exponent - 48);
}

/* Carries, so that all limbs but the last are in [0, 2^32). */
static void carry(Exact *exact)
{
    for (int i = 0; i + 1 < EXACT_LIMBS; i++) {
        gint64 rest = exact->limbs[i] & 0xffffffff;
        exact->limbs[i + 1] += (exact->limbs[i] - rest) / 0x100000000;
        exact->limbs[i] = rest;
    }
}

double exact_value(Exact exact)
{
    double value = 0, sign = 1;
    carry(&exact);
    if (exact.limbs[EXACT_LIMBS - 1] < 0) {
        sign = -1;
        for (int i = 0; i < EXACT_LIMBS; i++)
            exact.limbs[i] = -exact.limbs[i];
        carry(&exact);
    }
    for (int i = EXACT_LIMBS - 1; i >= 0; i--)
        value += ldexp((double)exact.limbs[i], 32 * i + EXACT_LEAST);
    return sign * value;
}

double exact_distance(Exact exact, double value)
{
    exact_add(&exact, -value);
    return fabs(exact_value(exact));
}
