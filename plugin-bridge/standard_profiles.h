/* The profiles that releases are checked with. All are in an order that depends on the table alone.
 */
#pragma once

#include "feature_table.h"
#include "profile.h"

/* Profile *: every metadata value alone, and every pair of values of two metadata types. */
GPtrArray *standard_profiles(const FeatureTable *features);

/* Profile *: every combination of values of all metadata types, e.g. each age × gender × occupation
 * that occurs; none if there are fewer than three types, since standard_profiles() has those. Of
 * more than MOST_COMBINATIONS this many, evenly spaced. */
#define MOST_COMBINATIONS 1000
GPtrArray *standard_combinations(const FeatureTable *features);
