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

/* How many combinations there are, at most `most`. */
static guint64 count_combinations(const FeatureTable *features, const GPtrArray *types,
                                  guint64 most)
{
    guint64 count = 1;
    for (guint t = 0; t < types->len; t++) {
        const guint64 values = count_of(features, g_ptr_array_index(types, t));
        if (values > 0)
            count = count > most / values ? most : count * values;
    }
    return count;
}

/* Combination `number`: its digits, the last type's the lowest, say which value of each type. */
static Profile *combination(const FeatureTable *features, const GPtrArray *types, guint64 number)
{
    g_autofree guint *digits = g_new(guint, types->len);
    for (guint t = types->len; t-- > 0;) {
        const guint64 base = count_of(features, g_ptr_array_index(types, t));
        g_assert(base > 0); /* a type is there because a value of it is */
        digits[t] = (guint)(number % base);
        number /= base;
    }
    Profile *profile = profile_new();
    for (guint t = 0; t < types->len; t++) {
        const char *type = g_ptr_array_index(types, t);
        profile_add(profile, type, value_at(features, type, digits[t]));
    }
    return profile;
}

GPtrArray *standard_combinations(const FeatureTable *features)
{
    g_autoptr(GPtrArray) types = metadata_types(features);
    GPtrArray *profiles = g_ptr_array_new_with_free_func((GDestroyNotify)profile_free);
    if (types->len < 3)
        return profiles;
    /* Numbers that stay below 2^64 when they are multiplied with those of the chosen ones. */
    const guint64 all = count_combinations(features, types, G_GUINT64_CONSTANT(1) << 53);
    const guint64 chosen = MIN(all, MOST_COMBINATIONS);
    for (guint64 i = 0; i < chosen; i++)
        g_ptr_array_add(profiles, combination(features, types, i * all / chosen));
    return profiles;
}
