/* Ranks a bundle's movies with no cluster at all. */
#pragma once

#include "bundle.h"
#include "exact_score.h"
#include "profile.h"
#include "ranking.h"

/* The index of a feature of the bundle; RECSYS_ERROR_USAGE naming the known values if it has no
 * such one. */
gboolean local_find(const Bundle *bundle, const ProfileFeature *wanted, guint *index,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The profile with the attributes of its user that it lacks (profile.h), those that the bundle
 * has: the whole person. */
Profile *local_whole(const Bundle *bundle, const Profile *profile);

/* The sum of the whole person's vectors from the bundle, or the average person's;
 * RECSYS_ERROR_USAGE naming the known values for one the bundle does not have, and for anyone if
 * there is no average person. */
ProfileSum *local_profile_sum(const Bundle *bundle, const Profile *profile,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The exact score of every movie, in the order of feature_table_of_type (FEATURE_MOVIE), to
 * scores [movies]. `query` is [k]. */
void local_score_all(ExactScore *scores, const Bundle *bundle, const float *query, double shift);

/* The best `size` movies; equal scores by feature index. */
Ranking *local_rank(const Bundle *bundle, const Profile *profile, guint size,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
