#include "feature_cache.h"

#include <string.h>

#include "feature_table.h"

struct FeatureCache {
    char *index, *model_id; /* NULL before it is of any */
    GHashTable *rows;       /* key -> FeatureVectors * of one row */
};

static void free_row(gpointer row)
{
    feature_vectors_free(row);
}

FeatureCache *feature_cache_new(void)
{
    FeatureCache *cache = g_new0(FeatureCache, 1);
    cache->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_row);
    return cache;
}

void feature_cache_free(FeatureCache *cache)
{
    if (cache == NULL)
        return;
    g_hash_table_unref(cache->rows);
    g_free(cache->index);
    g_free(cache->model_id);
    g_free(cache);
}

void feature_cache_bind(FeatureCache *cache, const ReleaseMeta *release)
{
    if (g_strcmp0(cache->index, release->index) == 0 &&
        g_strcmp0(cache->model_id, release->model_id) == 0)
        return;
    g_hash_table_remove_all(cache->rows);
    g_free(cache->index);
    g_free(cache->model_id);
    cache->index = g_strdup(release->index);
    cache->model_id = g_strdup(release->model_id);
}

/* Neither part can have a control character (profile_feature_check()). */
static char *key_of(const ProfileFeature *feature)
{
    return g_strconcat(feature->type, "\037", feature->value, NULL);
}

void feature_cache_put(FeatureCache *cache, const ProfileFeature *feature,
                       const FeatureVectors *vectors, guint at)
{
    if (strcmp(feature->type, FEATURE_USER) == 0)
        return;
    g_autofree char *key = key_of(feature);
    if (g_hash_table_contains(cache->rows, key))
        return;
    if (g_hash_table_size(cache->rows) == FEATURE_CACHE_MOST)
        g_hash_table_remove_all(cache->rows);
    FeatureVectors *row = feature_vectors_new(1, vectors->k);
    feature_vectors_set(row, 0, vectors, at);
    g_hash_table_insert(cache->rows, g_steal_pointer(&key), row);
}

gboolean feature_cache_get(const FeatureCache *cache, const ProfileFeature *feature,
                           FeatureVectors *vectors, guint at)
{
    g_autofree char *key = key_of(feature);
    const FeatureVectors *row = g_hash_table_lookup(cache->rows, key);
    if (row == NULL)
        return FALSE;
    feature_vectors_set(vectors, at, row, 0);
    return TRUE;
}

guint feature_cache_size(const FeatureCache *cache)
{
    return g_hash_table_size(cache->rows);
}
