#include "document.h"

#include <string.h>

char *document_id(const Bundle *bundle, DocIds doc_ids, guint index)
{
    const Feature *feature = feature_table_get(bundle->features, index);
    return release_document_id(doc_ids, feature->type, feature->value, index);
}

static void put_movie(yajl_gen json, const Feature *movie)
{
    json_put_member_string(json, "title", movie->title != NULL ? movie->title : "");
    json_put_key(json, "genres");
    yajl_gen_array_open(json);
    for (const char **genre = movie->genres; genre != NULL && *genre != NULL; genre++)
        json_put_string(json, *genre);
    yajl_gen_array_close(json);
    if (movie->year != 0)
        json_put_member_int(json, "year", movie->year);
    json_put_member_int(json, "ratings", movie->ratings);
}

void document_put(yajl_gen json, const Bundle *bundle, guint index)
{
    const Feature *feature = feature_table_get(bundle->features, index);
    const float *vector = fm_vector(bundle->model, index);
    yajl_gen_map_open(json);
    json_put_member_string(json, "feature_type", feature->type);
    json_put_member_string(json, "value", feature->value);
    json_put_member_int(json, "feature_index", index);
    json_put_member_string(json, "model_id", bundle->model_id);
    if (strcmp(feature->type, FEATURE_MOVIE) == 0)
        put_movie(json, feature);
    json_put_member_double(json, "bias", bundle->model->bias[index]);
    json_put_key(json, "embedding");
    yajl_gen_array_open(json);
    for (guint f = 0; f < bundle->model->k; f++)
        json_put_float(json, vector[f]);
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
}

gboolean document_read_vector(float *vector, guint k, yajl_val array)
{
    if (json_array_length(array) != k)
        return FALSE;
    for (guint f = 0; f < k; f++)
        if (!json_to_float(json_array_get(array, f), &vector[f]))
            return FALSE;
    return TRUE;
}
