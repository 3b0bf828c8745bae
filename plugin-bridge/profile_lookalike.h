/* What a query vector is that is no profile's: slips that clients are seen to make, each of which
 * leaves a trace that can be told for sure.
 *
 * With s = Σ v_f over the features of a profile, a query vector q is looked at for
 *
 *   q = s + v_f      a feature added twice
 *   q = s − 2 v_f    a feature subtracted
 *   q = x·s          minus the sum, the average, the sum scaled to length 1 or by any other x
 *   q = s reversed   its components from the last to the first
 *   q = s whole      with the rating half, which is to be 0 (model_form.h)
 *
 * to the rounding of sums in float32 (profile_search.h). Any two vectors of fewer than three
 * components that are not 0 are too easily taken for multiples of each other: then nothing is
 * found. */
#pragma once

#include "bundle.h"

/* In words that go on after "the query vector is", such as "the average of the vectors of {age 18,
 * gender M}, not their sum"; NULL if it is nothing of the kind. query: [k] of the bundle, and no
 * profile's (profile_search.h). */
char *profile_lookalike(const Bundle *bundle, const float *query);
