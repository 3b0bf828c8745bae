#include "rating_target.h"

#include <glib.h>

static const double targets_at[] = {.4, .5, .7, .95, 1.1}; /* the quarters of the range */

double rating_target(double rating, double lowest, double highest)
{
    if (!(highest > lowest))
        return 1;
    const double quarters = 4 * (CLAMP(rating, lowest, highest) - lowest) / (highest - lowest);
    const gsize at = (gsize)CLAMP(quarters, 0, G_N_ELEMENTS(targets_at) - 2);
    return targets_at[at] + (quarters - (double)at) * (targets_at[at + 1] - targets_at[at]);
}
