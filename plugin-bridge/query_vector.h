/* Judges the vector of a captured query: whose it is. */
#pragma once

#include "bundle.h"
#include "captured_query.h"
#include "profile.h"
#include "query_verdict.h"

/* `profile` is the one it must be of, or NULL: it is looked for in the bundle. A vector that is no
 * profile's is a doubt; a defect, if it can be said what a client did to it. FALSE if `profile` has
 * a value the bundle does not have (RECSYS_ERROR_USAGE). */
gboolean query_vector_check(QueryVerdict *verdict, const Bundle *bundle, const CapturedQuery *query,
                            const Profile *profile, GError **error) G_GNUC_WARN_UNUSED_RESULT;
