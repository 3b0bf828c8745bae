/* What recommend.c and recommend_pages.c share. */
#pragma once

#include "recommend.h"

/* One attempt at reading a release from beginning to end. */
typedef Step (*RecommendAttempt)(Recommender *recommender, gpointer data, GError **error);

/* Attempts, with the release's meta, until the release does not change under it. */
gboolean recommender_settle(Recommender *recommender, RecommendAttempt attempt, gpointer data,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* RECSYS_ERROR_USAGE for a request that cannot be asked. */
gboolean recommend_check(const RecommendRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Step 1. */
Step recommend_step_one(Recommender *recommender, const RecommendRequest *request,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A query that was made for a release that is gone: starting over is up to who made it. */
Step recommend_is_stale(const RecommendRequest *request, GError **error);
