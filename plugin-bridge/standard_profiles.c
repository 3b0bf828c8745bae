#include "standard_profiles.h"

#include <string.h>

static const char *value_at(const FeatureTable *features, const char *type, guint position)
{
    const GArray *indices = feature_table_of_type(features, type);
    return feature_table_get(features, g_array_index(indices, guint, position))->value;
}

static guint count_of(const FeatureTable *features, const char *type)
{
    const GArray *indices = feature_table_of_type(features, type);
    return indices != NULL ? indices->len : 0;
}

static void add_pairs(GPtrArray *profiles, const FeatureTable *features, const char *first,
                      const char *second)
{
    for (guint i = 0; i < count_of(features, first); i++) {
        for (guint j = 0; j < count_of(features, second); j++) {
            Profile *profile = profile_new();
            profile_add(profile, first, value_at(features, first, i));
            profile_add(profile, second, value_at(features, second, j));
            g_ptr_array_add(profiles, profile);
        }
    }
}

static GPtrArray *metadata_types(const FeatureTable *features)
{
    const GPtrArray *types = feature_table_types(features);
    GPtrArray *chosen = g_ptr_array_new();
    for (guint i = 0; i < types->len; i++) {
        char *type = g_ptr_array_index(types, i);
        if (strcmp(type, FEATURE_MOVIE) != 0 && strcmp(type, FEATURE_USER) != 0)
            g_ptr_array_add(chosen, type);
    }
    return chosen;
}

GPtrArray *standard_profiles(const FeatureTable *features)
{
    g_autoptr(GPtrArray) metadata = metadata_types(features);
    GPtrArray *profiles = g_ptr_array_new_with_free_func((GDestroyNotify)profile_free);
    for (guint t = 0; t < metadata->len; t++) {
        const char *type = g_ptr_array_index(metadata, t);
        for (guint i = 0; i < count_of(features, type); i++) {
            Profile *profile = profile_new();
            profile_add(profile, type, value_at(features, type, i));
            g_ptr_array_add(profiles, profile);
        }
        for (guint s = 0; s < t; s++)
            add_pairs(profiles, features, g_ptr_array_index(metadata, s), type);
    }
    return profiles;
}
