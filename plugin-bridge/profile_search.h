/* Which profile a query vector is of: the set of user-side features whose vectors sum to it.
 *
 * A right client sums in double and rounds once; then every component is equal bit for bit. One
 * that sums in float32, in any order, is within F·u·Σ|v_f| of the sum of its F features, u = 2^-24;
 * such a profile is found too, and told apart.
 *
 * Where vectors have two halves (model_form.h), a right query is 0 in the rating half, and the sum
 * in the other.
 *
 * Every combination of at most one value of each type is tried, except that of the type with the
 * most values (users): those are looked up by the one component in which they are spread most, so
 * that MovieLens 1M (6,040 users × 528 combinations of the rest) takes milliseconds. */
#pragma once

#include "bundle.h"
#include "profile.h"

typedef struct {
    Profile *profile; /* NULL: none was found */
    guint differing;  /* components that are not the sum rounded once */
    gboolean gave_up; /* there are too many combinations to try them all */
} ProfileMatch;

void profile_match_clear(ProfileMatch *match);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProfileMatch, profile_match_clear)

/* query: [k] of the bundle. An exact match goes before others, then one of fewer features. */
void profile_search(ProfileMatch *match, const Bundle *bundle, const float *query);

/* How many components of query [k] are not those of the given features' query; *within says whether
 * all of them are within the rounding of a sum in float32. */
guint profile_difference(const Bundle *bundle, const guint *features, guint count,
                         const float *query, gboolean *within);
