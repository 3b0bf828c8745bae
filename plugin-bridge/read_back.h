/* A model as it is in the cluster: movies and metadata of a release, without its users but for
 * those who are asked for. */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "profile.h"
#include "release_meta.h"

/* A bundle in memory whose path is the index's name. Its features are in the order of their feature
 * indices, which count from 0 here. RECSYS_ERROR_REFUSED for a document that is none of a
 * release. */
Bundle *read_back(EsClient *client, const ReleaseMeta *release,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with the users of a profile. */
Bundle *read_back_for(EsClient *client, const ReleaseMeta *release, const Profile *profile,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
