/* The profiles that releases are checked with: every metadata value alone, and every pair of values
 * of two metadata types. */
#pragma once

#include "feature_table.h"
#include "profile.h"

/* Profile *, in an order that depends on the table alone. */
GPtrArray *standard_profiles(const FeatureTable *features);
