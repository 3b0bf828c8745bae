#include "feature_vectors.h"

#include <string.h>

#include "document.h"
#include "lifted_vectors.h"
#include "recsys_error.h"

FeatureVectors *feature_vectors_new(guint count, guint k)
{
    FeatureVectors *vectors = g_new0(FeatureVectors, 1);
    vectors->count = count;
    vectors->k = k;
    vectors->names = g_new0(char *, count + 1);
    vectors->values = g_new0(float, (gsize)count *k + 1);
    vectors->biases = g_new0(double, count + 1);
    vectors->attributes = g_new0(char **, count + 1);
    return vectors;
}

void feature_vectors_free(FeatureVectors *vectors)
{
    if (vectors == NULL)
        return;
    for (guint i = 0; i < vectors->count; i++) {
        g_free(vectors->names[i]);
        g_strfreev(vectors->attributes[i]);
    }
    g_free(vectors->attributes);
    g_free(vectors->names);
    g_free(vectors->values);
    g_free(vectors->biases);
    g_free(vectors);
}

void feature_vectors_set(FeatureVectors *vectors, guint at, const FeatureVectors *source,
                         guint from)
{
    vectors->names[at] = g_strdup(source->names[from]);
    vectors->attributes[at] = g_strdupv(source->attributes[from]);
    vectors->biases[at] = source->biases[from];
    memcpy(vectors->values + (gsize)at * vectors->k, feature_vectors_get(source, from),
           vectors->k * sizeof(float));
}

FeatureVectors *feature_vectors_copy(const FeatureVectors *vectors)
{
    FeatureVectors *copy = feature_vectors_new(vectors->count, vectors->k);
    for (guint i = 0; i < vectors->count; i++)
        feature_vectors_set(copy, i, vectors, i);
    return copy;
}

const float *feature_vectors_get(const FeatureVectors *vectors, guint index)
{
    return vectors->values + (gsize)index * vectors->k;
}

ProfileSum *feature_vectors_sum(const FeatureVectors *vectors, double w0, const ModelForm *form)
{
    g_autofree const float **rows = g_new(const float *, vectors->count + 1);
    for (guint i = 0; i < vectors->count; i++)
        rows[i] = feature_vectors_get(vectors, i);
    return profile_sum(rows, vectors->biases, vectors->count, vectors->k, w0, form);
}

/* ---- the request ---- */

char *feature_vectors_path(const char *name)
{
    g_autofree char *escaped = es_escape(name);
    return g_strdup_printf(
        "/%s/_mget?realtime=false&_source_includes=embedding,bias,model_id," ATTRIBUTES_FIELD,
        escaped);
}

char *feature_vectors_body(const ReleaseMeta *meta, const Profile *features, GError **error)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_key(json, "ids");
    yajl_gen_array_open(json);
    for (guint i = 0; i < profile_size(features); i++) {
        const ProfileFeature *feature = profile_get(features, i);
        g_autofree char *id = release_meta_document_id(meta, feature->type, feature->value, error);
        if (id == NULL)
            return NULL;
        json_put_string(json, id);
    }
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

/* ---- the answer ---- */

static Step strange_answer(const char *what, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "the cluster's answer makes no sense: %s", what);
    return STEP_FAILED;
}

typedef struct {
    FeatureVectors *vectors;
    const ReleaseMeta *meta;
    const LiftedVectors *lifted;
    gboolean *missing; /* nullable */
} Reading;

gboolean feature_vectors_read_attributes(char ***attributes, yajl_val document)
{
    yajl_val value = json_get(document, "_source." ATTRIBUTES_FIELD);
    *attributes = NULL;
    if (value == NULL)
        return TRUE;
    g_autoptr(GStrvBuilder) ids = g_strv_builder_new();
    for (gsize i = 0; i < json_array_length(value); i++) {
        yajl_val id = json_array_get(value, i);
        if (!YAJL_IS_STRING(id))
            return FALSE;
        g_strv_builder_add(ids, YAJL_GET_STRING(id));
    }
    *attributes = g_strv_builder_end(ids);
    return YAJL_IS_ARRAY(value);
}

static Step read_source(const Reading *reading, guint at, yajl_val document, GError **error)
{
    FeatureVectors *vectors = reading->vectors;
    const ReleaseMeta *meta = reading->meta;
    const char *name = vectors->names[at];
    const char *model_id = json_get_string(document, "_source.model_id");
    float *vector = vectors->values + (gsize)at * vectors->k;
    if (g_strcmp0(model_id, meta->model_id) != 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                    "%s in %s is of model %s, the release is of model %s: release it again", name,
                    meta->index, model_id ? model_id : "(none)", meta->model_id);
        return STEP_FAILED;
    }
    if (!feature_vectors_read_attributes(&vectors->attributes[at], document)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                    "the attributes of %s in %s are not a list of ids: release it again", name,
                    meta->index);
        return STEP_FAILED;
    }
    if (lifted_vectors_read(reading->lifted, vector, meta->k,
                            json_get(document, "_source.embedding")) &&
        json_get_double(document, "_source.bias", &vectors->biases[at]))
        return STEP_DONE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s in %s has no embedding of %u dimensions and a bias: release it again", name,
                meta->index, meta->k);
    return STEP_FAILED;
}

static const char *way_out_of(yajl_val document)
{
    const char *id = json_get_string(document, "_id");
    return id != NULL && g_str_has_prefix(id, FEATURE_USER "_")
               ? "; --cold-start goes by the rest of the profile"
               : "";
}

gboolean feature_vectors_lack_routing(yajl_val document)
{
    return g_strcmp0(json_get_string(document, "error.type"), "routing_missing_exception") == 0;
}

static Step read_document(const Reading *reading, guint at, yajl_val document, GError **error)
{
    const ReleaseMeta *meta = reading->meta;
    const char *index = json_get_string(document, "_index");
    if (index == NULL)
        return strange_answer("an mget document without _index", error);
    if (strcmp(index, meta->index) != 0)
        return STEP_RELEASE_CHANGED;
    if (es_lacks_shards(document)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "%s in %s cannot be read: shards are missing, see GET _cat/shards",
                    reading->vectors->names[at], meta->index);
        return STEP_FAILED;
    }
    if (feature_vectors_lack_routing(document)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                    "%s cannot be fetched by its _id, %s wants a routing: release it again",
                    reading->vectors->names[at], meta->index);
        return STEP_FAILED;
    }
    if (json_get(document, "error") != NULL)
        return STEP_RELEASE_CHANGED;
    const gboolean found = json_is_true(document, "found");
    if (reading->missing != NULL)
        reading->missing[at] = !found;
    if (found)
        return read_source(reading, at, document, error);
    if (reading->missing != NULL)
        return STEP_DONE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "there is no %s in release %s%s",
                reading->vectors->names[at], meta->index, way_out_of(document));
    return STEP_FAILED;
}

Step feature_vectors_read(FeatureVectors **result, yajl_val answer, const LiftedVectors *lifted,
                          const ReleaseMeta *meta, const Profile *features, gboolean *missing,
                          GError **error)
{
    const guint count = profile_size(features);
    yajl_val documents = json_get(answer, "docs");
    if (json_array_length(documents) != count)
        return strange_answer("mget did not answer for each document", error);
    g_autoptr(FeatureVectors) vectors = feature_vectors_new(count, meta->k);
    const Reading reading = {vectors, meta, lifted, missing};
    for (guint i = 0; i < count; i++) {
        vectors->names[i] = profile_feature_describe(profile_get(features, i));
        Step step = read_document(&reading, i, json_array_get(documents, i), error);
        if (step != STEP_DONE)
            return step;
    }
    *result = g_steal_pointer(&vectors);
    return STEP_DONE;
}

Step feature_vectors_fetch(FeatureVectors **result, EsClient *client, const char *name,
                           const ReleaseMeta *meta, const Profile *features, gboolean *missing,
                           GError **error)
{
    g_autofree char *body = feature_vectors_body(meta, features, error);
    if (body == NULL)
        return STEP_FAILED;
    g_autofree char *path = feature_vectors_path(name);
    g_auto(LiftedVectors) lifted = {0};
    lifted_vectors_init(&lifted);
    g_auto(yajl_val) answer = es_query(client, path, body, &lifted, error);
    return answer != NULL
               ? feature_vectors_read(result, answer, &lifted, meta, features, missing, error)
               : STEP_FAILED;
}
