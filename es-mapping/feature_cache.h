/* Vectors of metadata that were fetched from one release, so that a client that asks again and
 * again fetches each once. They are few, and never change: a release's documents are those of one
 * model. */
#pragma once

#include "feature_vectors.h"

#define FEATURE_CACHE_MOST 10000 /* vectors; with one more, it begins anew */

typedef struct FeatureCache FeatureCache;

FeatureCache *feature_cache_new(void);
void feature_cache_free(FeatureCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FeatureCache, feature_cache_free)

/* From now on it is of this release: what it has of another index or model is dropped. */
void feature_cache_bind(FeatureCache *cache, const ReleaseMeta *release);

/* Keeps row `at` of `vectors`, which is `feature`'s. Users, of whom there are many, are not kept.
 */
void feature_cache_put(FeatureCache *cache, const ProfileFeature *feature,
                       const FeatureVectors *vectors, guint at);

/* Copies it to row `at` of `vectors`, which is empty; FALSE if it is not there. */
gboolean feature_cache_get(const FeatureCache *cache, const ProfileFeature *feature,
                           FeatureVectors *vectors, guint at);

guint feature_cache_size(const FeatureCache *cache);
