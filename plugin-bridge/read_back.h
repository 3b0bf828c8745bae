/* A model as it is in the cluster: the documents of a release are all that is needed. */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "profile.h"
#include "release_meta.h"
#include "report.h"

/* Movies and metadata, without the users: a bundle in memory whose path is the index's name. Its
 * features are in the order of their feature indices, which count from 0 here. RECSYS_ERROR_REFUSED
 * for a document that is none of a release. */
Bundle *read_back(EsClient *client, const ReleaseMeta *release,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with the users of a profile. */
Bundle *read_back_for(EsClient *client, const ReleaseMeta *release, const Profile *profile,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with all its users, who can be many. */
Bundle *read_back_all(EsClient *client, const ReleaseMeta *release,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The whole model, users included, with each document checked for what can be told without a
 * bundle: `_id`, type, value and feature index go together, each index of 0..n-1 is there once, the
 * model_id is the release's, vector and bias are whole. What is wrong is a finding; then the result
 * is NULL without `error` set, since half a model proves nothing. Memory: the model, 4·(k + 1)
 * bytes a feature, and the names of the features. */
Bundle *read_back_whole(Report *report, EsClient *client, const ReleaseMeta *release,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
