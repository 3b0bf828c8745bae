/* Profiles of a release that the cluster alone knows, without its bundle. */
#pragma once

#include "es_client.h"
#include "profile.h"
#include "release_meta.h"

/* Profile *: the standard ones (standard_profiles.h) and `random` more, each of a random user, and
 * each metadata type in half of them. The same seed asks for the same ones of the same release.
 * Errors as those of a search. */
GPtrArray *release_profiles(EsClient *client, const ReleaseMeta *release, guint random,
                            guint64 seed, GError **error) G_GNUC_WARN_UNUSED_RESULT;
