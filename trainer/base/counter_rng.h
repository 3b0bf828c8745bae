/* Chance without a state: what is drawn depends on seed, purpose and place alone, so that threads
 * may draw in any order and a run can go on from any point.
 *
 * Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * 2011. */
#pragma once

#include <glib.h>

/* Four random words for a counter under a key. */
void philox(guint32 words[4], const guint32 counter[4], const guint32 key[2]);

/* `count` standard normal numbers, |x| < 6.8, for place (a, b) of a purpose. */
void counter_rng_normals(float *normals, guint count, guint64 seed, guint32 purpose, guint32 a,
                         guint32 b);
