/* The profiles that releases are checked with: every metadata value alone; every pair of values of
 * two metadata types; and, with three types or more, every combination of values of all of them,
 * e.g. each age × gender × occupation that occurs. Of each of these three kinds at most
 * STANDARD_MOST are taken, evenly spaced, since pairs grow with the square of the values. They are
 * made when they are asked for, in an order that depends on the table alone. */
#pragma once

#include "feature_table.h"
#include "profile.h"

#define STANDARD_MOST 1000

typedef enum {
    STANDARD_VALUES,
    STANDARD_PAIRS,
    STANDARD_COMBINATIONS,
    STANDARD_KINDS
} StandardKind;

typedef struct {
    const FeatureTable *features;
    GPtrArray *types;             /* const char *: those of metadata */
    guint64 all[STANDARD_KINDS];  /* how many there are; of combinations at most 2^53 */
    guint chosen[STANDARD_KINDS]; /* how many of them are taken */
} StandardProfiles;

/* The table must outlive it. */
StandardProfiles *standard_profiles_new(const FeatureTable *features);
void standard_profiles_free(StandardProfiles *profiles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StandardProfiles, standard_profiles_free)

/* How many are taken, and of how many, up to G_MAXUINT64. */
guint standard_profiles_count(const StandardProfiles *profiles);
guint64 standard_profiles_all(const StandardProfiles *profiles);

/* Number `at` of those taken: values first, then pairs, then combinations. */
Profile *standard_profiles_get(const StandardProfiles *profiles, guint at);

/* Profile *: those taken of values and pairs. */
GPtrArray *standard_profiles_simple(const FeatureTable *features);
