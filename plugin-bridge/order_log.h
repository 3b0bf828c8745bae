/* Every ranking that was checked, and what was found of it, as JSON lines for other programs: one a
 * profile.
 *
 *   profile   [[type, value], …]
 *   query     whether the stored vectors sum to the bundle's query vector
 *   list      whether the movies are as many as were asked for, of the bundle, and none twice
 *   shift, movies, scores                   the answer, best first
 *   exact, bounds, right [movies]           S, B and whether the score is within B of S
 *   verdicts, sorted [movies − 1]           of each movie and the next one
 *   set                                     whether no movie left out beats one that was returned
 *
 * With `query` or `list` false nothing more was compared, and only the answer follows, as far as it
 * was asked for and is of the bundle's movies. */
#pragma once

#include <stdio.h>

#include "order_proof.h"
#include "profile.h"

typedef struct {
    const Profile *profile;
    gboolean query_is_right, list_is_right, set_is_right;
    double shift;
    guint movies;              /* in the answer */
    const char *const *values; /* [movies] */
    const float *scores;       /* [movies] as returned */
    const guint *indices;      /* [movies] feature indices */
    const ExactScore *exact;   /* [movies]; NULL if nothing was compared */
} OrderLogEntry;

void order_log_put(FILE *log, const OrderLogEntry *entry);
