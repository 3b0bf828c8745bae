#include "rng.h"

#include <math.h>

GRand *rng_new(guint64 seed, guint32 stream)
{
    const guint32 words[] = {(guint32)seed, (guint32)(seed >> 32), stream};
    return g_rand_new_with_seed_array(words, G_N_ELEMENTS(words));
}

guint rng_below(GRand *random, guint n)
{
    return (guint)g_rand_int_range(random, 0, (gint32)n);
}

/* Box and Muller's transform; 1 − u is never 0. */
double rng_normal(GRand *random)
{
    double radius = sqrt(-2.0 * log(1.0 - g_rand_double(random)));
    return radius * cos(2.0 * G_PI * g_rand_double(random));
}

void rng_shuffle(guint32 *items, guint count, GRand *random)
{
    for (guint i = count; i > 1; i--) {
        guint j = rng_below(random, i);
        guint32 last = items[i - 1];
        items[i - 1] = items[j];
        items[j] = last;
    }
}
