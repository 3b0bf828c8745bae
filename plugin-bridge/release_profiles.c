#include "release_profiles.h"

#include <string.h>

#include "recsys_error.h"
#include "rng.h"
#include "standard_profiles.h"

/* The metadata values of `_meta`, as a table. */
static FeatureTable *metadata_of(const ReleaseMeta *release, GError **error)
{
    g_autoptr(FeatureTable) table = feature_table_new();
    yajl_val types = release->features;
    for (gsize t = 0; YAJL_IS_OBJECT(types) && t < types->u.object.len; t++) {
        yajl_val values = types->u.object.values[t];
        for (gsize v = 0; YAJL_IS_OBJECT(values) && v < values->u.object.len; v++) {
            const Feature feature = {.type = types->u.object.keys[t],
                                     .value = values->u.object.keys[v]};
            if (!feature_table_add(table, &feature, NULL, error))
                return NULL;
        }
    }
    return g_steal_pointer(&table);
}

static char *users_body(guint count, guint64 seed)
{
    return g_strdup_printf("{\"size\":%u,\"track_total_hits\":false,\"_source\":[\"value\"],"
                           "\"query\":{\"function_score\":{\"query\":{\"term\":{\"feature_type\":"
                           "\"" FEATURE_USER "\"}},\"random_score\":{\"seed\":%" G_GUINT64_FORMAT
                           ",\"field\":\"feature_index\"},\"boost_mode\":\"replace\"}}}",
                           count, seed % G_MAXINT32);
}

/* Random users of the release: char *, perhaps fewer than asked for. */
static GPtrArray *users_of(EsClient *client, const ReleaseMeta *release, guint count, guint64 seed,
                           GError **error)
{
    g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *name = es_escape(release->index);
    g_autofree char *path = g_strdup_printf("/%s/_search", name);
    g_autofree char *body = users_body(count, seed);
    g_auto(yajl_val) answer = es_call_json(client, "POST", path, body, error);
    if (answer == NULL || !es_check_search(answer, "the users", error))
        return NULL;
    yajl_val hits = json_get(answer, "hits.hits");
    for (gsize i = 0; i < json_array_length(hits); i++) {
        const char *value = json_get_string(json_array_get(hits, i), "_source.value");
        if (value != NULL)
            g_ptr_array_add(users, g_strdup(value));
    }
    return g_steal_pointer(&users);
}

static Profile *random_profile(const FeatureTable *metadata, const char *user, GRand *random)
{
    const GPtrArray *types = feature_table_types(metadata);
    Profile *profile = profile_new();
    profile_add(profile, FEATURE_USER, user);
    for (guint t = 0; t < types->len; t++) {
        const char *type = g_ptr_array_index(types, t);
        const GArray *indices = feature_table_of_type(metadata, type);
        if (!g_rand_boolean(random))
            continue;
        const guint index = g_array_index(indices, guint, rng_below(random, indices->len));
        profile_add(profile, type, feature_table_get(metadata, index)->value);
    }
    return profile;
}

GPtrArray *release_profiles(EsClient *client, const ReleaseMeta *release, guint random,
                            guint64 seed, GError **error)
{
    g_autoptr(FeatureTable) metadata = metadata_of(release, error);
    if (metadata == NULL)
        return NULL;
    g_autoptr(GPtrArray) profiles = standard_profiles_simple(metadata);
    g_autoptr(GRand) generator = rng_new(seed, 0);
    g_autoptr(GPtrArray) users = NULL;
    if (random > 0) {
        users = users_of(client, release, random, seed, error);
        if (users == NULL)
            return NULL;
    }
    for (guint i = 0; users != NULL && users->len > 0 && i < random; i++)
        g_ptr_array_add(profiles, random_profile(metadata, g_ptr_array_index(users, i % users->len),
                                                 generator));
    if (profiles->len > 0)
        return g_steal_pointer(&profiles);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "%s has neither metadata nor users to ask with", release->index);
    return NULL;
}
