#include "order_profiles.h"

#include <string.h>

#include "rng.h"
#include "standard_profiles.h"

struct OrderProfiles {
    const FeatureTable *features;
    GPtrArray *standard; /* Profile * */
    GPtrArray *types;    /* const char *: all but movies */
    const GArray *users; /* feature indices, or NULL */
    GRand *chance;
    guint random; /* how many random ones */
    guint given;
};

static guint count_of(const FeatureTable *features, const char *type)
{
    const GArray *indices = feature_table_of_type(features, type);
    return indices != NULL ? indices->len : 0;
}

static const char *value_at(const FeatureTable *features, const char *type, guint position)
{
    const GArray *indices = feature_table_of_type(features, type);
    return feature_table_get(features, g_array_index(indices, guint, position))->value;
}

static GPtrArray *types_but_movies(const FeatureTable *features)
{
    const GPtrArray *types = feature_table_types(features);
    GPtrArray *chosen = g_ptr_array_new();
    for (guint i = 0; i < types->len; i++) {
        char *type = g_ptr_array_index(types, i);
        if (strcmp(type, FEATURE_MOVIE) != 0)
            g_ptr_array_add(chosen, type);
    }
    return chosen;
}

OrderProfiles *order_profiles_new(const Bundle *bundle, const ProfileChoice *choice)
{
    OrderProfiles *profiles = g_new0(OrderProfiles, 1);
    g_autoptr(GPtrArray) combinations = standard_combinations(bundle->features);
    profiles->features = bundle->features;
    profiles->standard = standard_profiles(bundle->features);
    g_ptr_array_extend_and_steal(profiles->standard, g_steal_pointer(&combinations));
    if (choice->random_only)
        g_ptr_array_set_size(profiles->standard, 0);
    profiles->types = types_but_movies(bundle->features);
    if (choice->all_users)
        profiles->users = feature_table_of_type(bundle->features, FEATURE_USER);
    profiles->chance = rng_new(choice->seed, 0);
    profiles->random = profiles->types->len > 0 ? choice->random : 0;
    return profiles;
}

void order_profiles_free(OrderProfiles *profiles)
{
    if (profiles == NULL)
        return;
    g_ptr_array_unref(profiles->standard);
    g_ptr_array_unref(profiles->types);
    g_rand_free(profiles->chance);
    g_free(profiles);
}

guint order_profiles_count(const OrderProfiles *profiles)
{
    return profiles->standard->len + profiles->random +
           (profiles->users != NULL ? profiles->users->len : 0);
}

static void add_random_value(OrderProfiles *profiles, Profile *profile, const char *type)
{
    const guint position = rng_below(profiles->chance, count_of(profiles->features, type));
    profile_add(profile, type, value_at(profiles->features, type, position));
}

static Profile *make_random(OrderProfiles *profiles)
{
    const GPtrArray *types = profiles->types;
    Profile *profile = profile_new();
    for (guint t = 0; t < types->len; t++)
        if (g_rand_boolean(profiles->chance))
            add_random_value(profiles, profile, g_ptr_array_index(types, t));
    if (profile_size(profile) == 0)
        add_random_value(profiles, profile,
                         g_ptr_array_index(types, rng_below(profiles->chance, types->len)));
    return profile;
}

Profile *order_profiles_next(OrderProfiles *profiles)
{
    if (profiles->given == order_profiles_count(profiles))
        return NULL;
    guint at = profiles->given++;
    if (at < profiles->standard->len)
        return g_steal_pointer(&g_ptr_array_index(profiles->standard, at));
    at -= profiles->standard->len;
    if (at < profiles->random)
        return make_random(profiles);
    Profile *profile = profile_new();
    profile_add(profile, FEATURE_USER,
                value_at(profiles->features, FEATURE_USER, at - profiles->random));
    return profile;
}
