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

static void put_attributes(yajl_gen json, const FeatureTable *features, guint index)
{
    const Attributes attributes = feature_table_attributes(features, index);
    if (attributes.count == 0)
        return;
    json_put_key(json, "attributes");
    yajl_gen_map_open(json);
    for (guint i = 0; i < attributes.count; i++) {
        const Feature *attribute = feature_table_get(features, attributes.indices[i]);
        json_put_member_string(json, attribute->type, attribute->value);
    }
    yajl_gen_map_close(json);
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
        put_attributes(json, features, i);
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

static gboolean decode_feature(FeatureTable *features, yajl_val json, GError **error)
{
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

/* The attributes of one user, which stand before the features they name: they are looked up when
 * all lines have been read. */
typedef struct {
    guint user;         /* the feature on line user + 1 */
    guint begin, count; /* in `names`, two for each attribute */
} Owner;

typedef struct {
    GArray *owners;     /* Owner */
    GPtrArray *names;   /* const char *: type, value, type, value, … */
    GStringChunk *text; /* each of them once */
} Owners;

static void owners_init(Owners *owners)
{
    owners->owners = g_array_new(FALSE, FALSE, sizeof(Owner));
    owners->names = g_ptr_array_new();
    owners->text = g_string_chunk_new(4096);
}

static void owners_clear(Owners *owners)
{
    g_array_unref(owners->owners);
    g_ptr_array_unref(owners->names);
    g_string_chunk_free(owners->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Owners, owners_clear)

static gboolean take_attributes(Owners *owners, yajl_val json, guint user, GError **error)
{
    yajl_val attributes = json_get(json, "attributes");
    if (attributes == NULL)
        return TRUE;
    Owner owner = {user, owners->names->len, 0};
    for (gsize i = 0; YAJL_IS_OBJECT(attributes) && i < attributes->u.object.len; i++) {
        yajl_val value = attributes->u.object.values[i];
        const char *const pair[] = {attributes->u.object.keys[i],
                                    YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : ""};
        for (gsize n = 0; n < G_N_ELEMENTS(pair); n++)
            g_ptr_array_add(owners->names, g_string_chunk_insert_const(owners->text, pair[n]));
    }
    owner.count = owners->names->len - owner.begin;
    g_array_append_val(owners->owners, owner);
    if (YAJL_IS_OBJECT(attributes))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "attributes must be an object, e.g. {\"age\": \"25\"}");
    return FALSE;
}

static gboolean is_attribute_type(const char *type)
{
    return strcmp(type, FEATURE_USER) != 0 && strcmp(type, FEATURE_MOVIE) != 0;
}

static gboolean set_attributes(FeatureTable *features, const Owners *owners, const Owner *owner,
                               GError **error)
{
    g_autoptr(GArray) indices = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = owner->begin; i < owner->begin + owner->count; i += 2) {
        const char *type = g_ptr_array_index(owners->names, i);
        const char *value = g_ptr_array_index(owners->names, i + 1);
        guint32 index;
        if (!is_attribute_type(type) || !feature_table_find(features, type, value, &index)) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "the attribute %s \"%s\" is no feature of the file", type, value);
            return FALSE;
        }
        g_array_append_val(indices, index);
    }
    feature_table_set_attributes(features, owner->user, (const guint32 *)(gpointer)indices->data,
                                 indices->len);
    return TRUE;
}

static gboolean set_all_attributes(FeatureTable *features, const Owners *owners, const char *name,
                                   GError **error)
{
    for (guint i = 0; i < owners->owners->len; i++) {
        const Owner *owner = &g_array_index(owners->owners, Owner, i);
        if (set_attributes(features, owners, owner, error))
            continue;
        g_prefix_error(error, "%s:%u: ", name, owner->user + 1);
        return FALSE;
    }
    return TRUE;
}

FeatureTable *feature_file_decode(GBytes *content, const char *name, GError **error)
{
    g_autoptr(FeatureTable) features = feature_table_new();
    g_auto(Owners) owners = {0};
    owners_init(&owners);
    gsize size;
    const char *at = g_bytes_get_data(content, &size);
    const char *end = at + size;
    for (guint number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (gsize)(end - at));
        g_autofree char *line = g_strndup(at, (gsize)((stop != NULL ? stop : end) - at));
        g_auto(yajl_val) json = json_parse(line, "the line", error);
        if (json == NULL || !decode_feature(features, json, error) ||
            !take_attributes(&owners, json, number - 1, error)) {
            g_prefix_error(error, "%s:%u: ", name, number);
            return NULL;
        }
        at = stop != NULL ? stop + 1 : end;
    }
    if (!set_all_attributes(features, &owners, name, error))
        return NULL;
    return g_steal_pointer(&features);
}
