/* Sums of float32 products and of doubles without any rounding, in integers alone: the oracle of
 * the tests of scores and bounds.
 *
 * A fixed-point number of 32-bit limbs, Σ limbs[i] · 2^(32 i + EXACT_LEAST), wide enough for every
 * product of two finite float32 (2^-298 to 2^256) and for doubles of like size. Limbs are signed
 * and carry late: up to 2^30 numbers may be added. */
#pragma once

#include <glib.h>

#define EXACT_LIMBS 36
#define EXACT_LEAST (-512)

typedef struct {
    gint64 limbs[EXACT_LIMBS];
} Exact;

void exact_add(Exact *exact, double value);

/* Adds a·b, from the integer product of the two mantissas. */
void exact_add_product(Exact *exact, float a, float b);

/* The nearest double but for a few roundings. */
double exact_value(Exact exact);

/* |exact − value| */
double exact_distance(Exact exact, double value);
