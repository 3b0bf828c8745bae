/* A model as it is in the cluster. */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "release_meta.h"

/* Movies and metadata of a release, without its users: a bundle in memory whose path is the index's
 * name. Its features are in the order of their feature indices, which count from 0 here.
 * RECSYS_ERROR_REFUSED for a document that is none of a release. */
Bundle *read_back(EsClient *client, const ReleaseMeta *release,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with its users, who can be many. */
Bundle *read_back_all(EsClient *client, const ReleaseMeta *release,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
