/* Is an answer of a cluster what a model says, from beginning to end? */
#pragma once

#include "local_scorer.h"

/* TRUE if `ranking` has exactly `size` movies, each score is within its bound of the one that the
 * bundle gives for `profile`, and each movie is the one that the local scorer has in its place, or
 * within rounding of it. The ranking's model_id is not looked at. */
gboolean answer_is_of(const Bundle *bundle, const Profile *profile, const Ranking *ranking,
                      guint size);
