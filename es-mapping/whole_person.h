/* The rest of a person: a profile with a user is all of them (profile.h), and the user's document
 * names the documents of their attributes. */
#pragma once

#include "profile.h"
#include "release_meta.h"

/* The attributes that a profile lacks, in the order of `ids`, the `_id`s that its user's document
 * names (ending with NULL; nullable): those of types that it does not name itself; none if it is
 * user_only. NULL with RECSYS_ERROR_GATE for an `_id` that the release does not have. */
Profile *whole_person_rest(const ReleaseMeta *release, const Profile *profile, char *const *ids,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
