/* Reproducible chance, on GLib's GRand (the Mersenne twister). */
#pragma once

#include <glib.h>

/* A generator for one purpose: `stream` tells the purposes of one seed apart, so that what one of
 * them draws does not move another. */
GRand *rng_new(guint64 seed, guint32 stream);

/* Uniform in 0..n-1, n ≤ 2^31 - 1. */
guint rng_below(GRand *random, guint n);

/* Standard normal. */
double rng_normal(GRand *random);

/* A random order (Fisher and Yates). */
void rng_shuffle(guint32 *items, guint count, GRand *random);
