#include "feature_file.h"

#include <string.h>

#include "json.h"
#include "recsys_error.h"

static void put_movie(yajl_gen json, const Feature *feature)
{
    json_put_member_string(json, "title", feature->title != NULL ? feature->title : "");
    json_put_key(json, "genres");
    yajl_gen_array_open(json);
    for (const char **genre = feature->genres; genre != NULL && *genre != NULL; genre++)
        json_put_string(json, *genre);
    yajl_gen_array_close(json);
    json_put_member_int(json, "year", feature->year);
    json_put_member_int(json, "ratings", feature->ratings);
}

GBytes *feature_file_encode(const FeatureTable *features)
{
    GString *text = g_string_new(NULL);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    for (guint i = 0; i < feature_table_size(features); i++) {
        const Feature *feature = feature_table_get(features, i);
        yajl_gen_map_open(json);
        json_put_member_int(json, "index", i);
        json_put_member_string(json, "type", feature->type);
        json_put_member_string(json, "value", feature->value);
        if (strcmp(feature->type, FEATURE_MOVIE) == 0)
            put_movie(json, feature);
        yajl_gen_map_close(json);
        json_take_into(json, text);
        g_string_append_c(text, '\n');
    }
    return g_string_free_to_bytes(text);
}

static const char **get_genres(yajl_val line)
{
    yajl_val array = json_get(line, "genres");
    const char **genres = g_new0(const char *, json_array_length(array) + 1);
    guint count = 0;
    for (gsize i = 0; i < json_array_length(array); i++) {
        yajl_val genre = json_array_get(array, i);
        if (YAJL_IS_STRING(genre))
            genres[count++] = YAJL_GET_STRING(genre);
    }
    return genres;
}

static gboolean decode_feature(FeatureTable *features, const char *line, GError **error)
{
    g_auto(yajl_val) json = json_parse(line, "the line", error);
    if (json == NULL)
        return FALSE;
    gint64 index = -1, year = 0, ratings = 0;
    Feature feature = {
        .type = json_get_string(json, "type"),
        .value = json_get_string(json, "value"),
        .title = json_get_string(json, "title"),
    };
    if (!json_get_int(json, "index", &index) || index != feature_table_size(features) ||
        feature.type == NULL || feature.value == NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "expected the feature with index %u, its type and its value",
                    feature_table_size(features));
        return FALSE;
    }
    g_autofree const char **genres = get_genres(json);
    if (strcmp(feature.type, FEATURE_MOVIE) == 0)
        feature.genres = genres;
    if (json_get_int(json, "year", &year))
        feature.year = (int)year;
    if (json_get_int(json, "ratings", &ratings))
        feature.ratings = (guint)ratings;
    return feature_table_add(features, &feature, NULL, error);
}

FeatureTable *feature_file_decode(GBytes *content, const char *name, GError **error)
{
    g_autoptr(FeatureTable) features = feature_table_new();
    gsize size;
    const char *at = g_bytes_get_data(content, &size);
    const char *end = at + size;
    for (guint number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (gsize)(end - at));
        g_autofree char *line = g_strndup(at, (gsize)((stop != NULL ? stop : end) - at));
        if (!decode_feature(features, line, error)) {
            g_prefix_error(error, "%s:%u: ", name, number);
            return NULL;
        }
        at = stop != NULL ? stop + 1 : end;
    }
    return g_steal_pointer(&features);
}
