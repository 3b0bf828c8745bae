#include "order_profiles.h"

#include <string.h>

#include "rng.h"
#include "standard_profiles.h"

struct OrderProfiles {
    const FeatureTable *features;
    StandardProfiles *standard; /* NULL: without them */
    gboolean is_empty;          /* there is but a profile of nothing */
    gboolean has_anyone;        /* among the standard ones: the first */
    GPtrArray *types;           /* const char *: all but movies */
    const GArray *users;        /* feature indices, or NULL */
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
    profiles->features = bundle->features;
    if (!choice->random_only)
        profiles->standard = standard_profiles_new(bundle->features);
    profiles->has_anyone = !choice->random_only && bundle->form.interactions == INTERACTIONS_MOVIE;
    profiles->types = types_but_movies(bundle->features);
    if (choice->all_users)
        profiles->users = feature_table_of_type(bundle->features, FEATURE_USER);
    profiles->chance = rng_new(choice->seed, 0);
    profiles->random = profiles->types->len > 0 ? choice->random : 0;
    profiles->is_empty = order_profiles_count(profiles) == 0;
    return profiles;
}

void order_profiles_free(OrderProfiles *profiles)
{
    if (profiles == NULL)
        return;
    standard_profiles_free(profiles->standard);
    g_ptr_array_unref(profiles->types);
    g_rand_free(profiles->chance);
    g_free(profiles);
}

guint order_profiles_count(const OrderProfiles *profiles)
{
    return order_profiles_standard(profiles, NULL) + profiles->random +
           (profiles->users != NULL ? profiles->users->len : 0) + (profiles->is_empty ? 1 : 0);
}

guint order_profiles_standard(const OrderProfiles *profiles, guint64 *all)
{
    const StandardProfiles *standard = profiles->standard;
    const guint anyone = profiles->has_anyone ? 1 : 0;
    if (all != NULL)
        *all = anyone + (standard != NULL ? standard_profiles_all(standard) : 0);
    return anyone + (standard != NULL ? standard_profiles_count(standard) : 0);
}

static void add_random_value(OrderProfiles *profiles, Profile *profile, const char *type)
{
    const guint position = rng_below(profiles->chance, count_of(profiles->features, type));
    profile_add(profile, type, value_at(profiles->features, type, position));
}

/* Rankings of a user's own vector alone are asked for too. */
static void choose_part(OrderProfiles *profiles, Profile *profile)
{
    guint index;
    const char *user = profile_value(profile, FEATURE_USER);
    if (user != NULL && feature_table_find(profiles->features, FEATURE_USER, user, &index) &&
        feature_table_attributes(profiles->features, index).count > 0)
        profile->user_only = g_rand_boolean(profiles->chance);
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
    choose_part(profiles, profile);
    return profile;
}

static Profile *make_anyone(void)
{
    Profile *profile = profile_new();
    profile->anyone = TRUE;
    return profile;
}

Profile *order_profiles_next(OrderProfiles *profiles)
{
    if (profiles->given == order_profiles_count(profiles))
        return NULL;
    guint at = profiles->given++;
    const guint standard = order_profiles_standard(profiles, NULL);
    if (profiles->is_empty)
        return profile_new();
    if (profiles->has_anyone && at == 0)
        return make_anyone();
    if (at < standard)
        return standard_profiles_get(profiles->standard, at - (profiles->has_anyone ? 1 : 0));
    at -= standard;
    if (at < profiles->random)
        return make_random(profiles);
    Profile *profile = profile_new();
    profile_add(profile, FEATURE_USER,
                value_at(profiles->features, FEATURE_USER, at - profiles->random));
    return profile;
}
