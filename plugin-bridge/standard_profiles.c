#include "standard_profiles.h"

#include <string.h>

/* Numbers that stay below 2^64 when they are multiplied with those of the chosen ones. */
#define MOST_COUNTED (G_GUINT64_CONSTANT(1) << 53)

static guint count_of(const StandardProfiles *p, guint type)
{
    return feature_table_of_type(p->features, g_ptr_array_index(p->types, type))->len;
}

/* Adds a type's value in this position. */
static void add(const StandardProfiles *p, Profile *profile, guint type, guint position)
{
    const char *name = g_ptr_array_index(p->types, type);
    const GArray *indices = feature_table_of_type(p->features, name);
    const guint index = g_array_index(indices, guint, position);
    profile_add(profile, name, feature_table_get(p->features, index)->value);
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

/* ---- how many ---- */

static guint64 multiply(guint64 count, guint64 by)
{
    return count > MOST_COUNTED / by ? MOST_COUNTED : count * by;
}

static void count(StandardProfiles *p)
{
    guint64 combinations = 1;
    for (guint t = 0; t < p->types->len; t++) {
        for (guint s = 0; s < t; s++)
            p->all[STANDARD_PAIRS] += (guint64)count_of(p, s) * count_of(p, t);
        p->all[STANDARD_VALUES] += count_of(p, t);
        combinations = multiply(combinations, count_of(p, t)); /* a type is there by its values */
    }
    p->all[STANDARD_COMBINATIONS] = p->types->len >= 3 ? combinations : 0;
    for (guint kind = 0; kind < STANDARD_KINDS; kind++)
        p->chosen[kind] = (guint)MIN(p->all[kind], STANDARD_MOST);
}

StandardProfiles *standard_profiles_new(const FeatureTable *features)
{
    StandardProfiles *profiles = g_new0(StandardProfiles, 1);
    profiles->features = features;
    profiles->types = metadata_types(features);
    count(profiles);
    return profiles;
}

void standard_profiles_free(StandardProfiles *profiles)
{
    if (profiles == NULL)
        return;
    g_ptr_array_unref(profiles->types);
    g_free(profiles);
}

guint standard_profiles_count(const StandardProfiles *profiles)
{
    guint sum = 0;
    for (guint kind = 0; kind < STANDARD_KINDS; kind++)
        sum += profiles->chosen[kind];
    return sum;
}

guint64 standard_profiles_all(const StandardProfiles *profiles)
{
    guint64 sum = 0;
    for (guint kind = 0; kind < STANDARD_KINDS; kind++)
        sum += profiles->all[kind];
    return sum;
}

/* ---- one of them, by its number among all of its kind ---- */

static void add_value(const StandardProfiles *p, Profile *profile, guint64 number)
{
    guint type = 0;
    for (; number >= count_of(p, type); type++)
        number -= count_of(p, type);
    add(p, profile, type, (guint)number);
}

/* Those of the first two types, then those of the third with each before it, and so on. */
static void add_pair(const StandardProfiles *p, Profile *profile, guint64 number)
{
    guint first = 0, second = 1;
    guint64 pairs;
    while (number >= (pairs = (guint64)count_of(p, first) * count_of(p, second))) {
        number -= pairs;
        if (++first == second) {
            first = 0;
            second++;
        }
    }
    add(p, profile, first, (guint)(number / count_of(p, second)));
    add(p, profile, second, (guint)(number % count_of(p, second)));
}

/* The number's digits, the last type's the lowest, say which value of each type. */
static void add_combination(const StandardProfiles *p, Profile *profile, guint64 number)
{
    g_autofree guint *digits = g_new(guint, p->types->len);
    for (guint t = p->types->len; t-- > 0;) {
        digits[t] = (guint)(number % count_of(p, t));
        number /= count_of(p, t);
    }
    for (guint t = 0; t < p->types->len; t++)
        add(p, profile, t, digits[t]);
}

Profile *standard_profiles_get(const StandardProfiles *profiles, guint at)
{
    static void (*const adders[])(const StandardProfiles *, Profile *, guint64) = {
        [STANDARD_VALUES] = add_value,
        [STANDARD_PAIRS] = add_pair,
        [STANDARD_COMBINATIONS] = add_combination,
    };
    Profile *profile = profile_new();
    guint kind = 0;
    for (; at >= profiles->chosen[kind]; kind++)
        at -= profiles->chosen[kind];
    adders[kind](profiles, profile, at * profiles->all[kind] / profiles->chosen[kind]);
    return profile;
}

GPtrArray *standard_profiles_simple(const FeatureTable *features)
{
    g_autoptr(StandardProfiles) profiles = standard_profiles_new(features);
    const guint count = profiles->chosen[STANDARD_VALUES] + profiles->chosen[STANDARD_PAIRS];
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)profile_free);
    for (guint i = 0; i < count; i++)
        g_ptr_array_add(list, standard_profiles_get(profiles, i));
    return list;
}
