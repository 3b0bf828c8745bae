#include "query_body.h"

#include <math.h>
#include <string.h>

#include "decimal.h"
#include "document.h"
#include "point_in_time.h"

static const char *const scripts[] = {
    [QUERY_MODEL] =
        "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value",
    [QUERY_DOT] = "params.shift + dotProduct(params.query_vector, 'embedding')",
    /* A vector of zeros would be NaN, and an opposite one below 0 by a rounding: both are refused.
     * A vector shorter than QUERY_LEAST_NORM would get any score. */
    [QUERY_COSINE] = ("doc['embedding'].magnitude > " G_STRINGIFY(
        QUERY_LEAST_NORM) " ? Math.max(0.0, "
                          "cosineSimilarity(params.query_vector, 'embedding') + 1.0) : 1.0"),
};

/* The same for half a vector, whose length no document has. */
static const char half_cosine[] =
    "float[] v = doc['embedding'].vectorValue; double squares = 0; "
    "for (int i = params.first; i < v.length; ++i) { double x = v[i]; squares += x * x } "
    "double length = Math.sqrt(squares); "
    "return length > " G_STRINGIFY(QUERY_LEAST_NORM) " ? Math.max(0.0, "
                                                     "dotProduct(params.query_vector, 'embedding') "
                                                     "/ (params.length * length) + 1.0) : 1.0";

static double length_of(const float *vector, guint k)
{
    double squares = 0;
    for (guint f = 0; f < k; f++)
        squares += (double)vector[f] * vector[f];
    return sqrt(squares);
}

double query_shift(const float *query, guint k, double max_movie_norm, double min_movie_bias)
{
    double reach = length_of(query, k) * max_movie_norm;
    /* Several times the worst error of the kernel, and of adding shift and bias in double. */
    double room = reach * 4 * k * 0x1p-24 + fabs(min_movie_bias) * 0x1p-48 + 1e-6;
    return MAX(0.0, reach + room - min_movie_bias);
}

static void put_vector(yajl_gen json, const float *vector, guint k)
{
    g_autofree char *text = g_malloc(2 + (gsize)k * (DECIMAL_SIZE + 1));
    char *at = text;
    *at++ = '[';
    for (guint f = 0; f < k; f++) {
        if (f > 0)
            *at++ = ',';
        at += decimal_of_float(at, vector[f]);
    }
    *at++ = ']';
    yajl_gen_number(json, text, (gsize)(at - text)); /* any JSON, as it is */
}

static void put_script(yajl_gen json, const QueryBody *body)
{
    const gboolean is_half = body->scoring == QUERY_COSINE && body->first > 0;
    json_put_key(json, "script");
    yajl_gen_map_open(json);
    json_put_member_string(json, "source", is_half ? half_cosine : scripts[body->scoring]);
    json_put_key(json, "params");
    yajl_gen_map_open(json);
    if (is_half) {
        json_put_member_int(json, "first", body->first);
        json_put_member_double(json, "length", length_of(body->query, body->k));
    }
    if (body->scoring != QUERY_COSINE)
        json_put_member_double(json, "shift", body->shift);
    json_put_key(json, "query_vector");
    put_vector(json, body->query, body->k);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

static void put_script_score(yajl_gen json, const QueryBody *body)
{
    json_put_key(json, "query");
    yajl_gen_map_open(json);
    json_put_key(json, "script_score");
    yajl_gen_map_open(json);
    json_put_key(json, "query");
    filter_put(json, body->filter);
    put_script(json, body);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

/* (q, 1): times (v_m, w_m) it is the movie's score. */
static void put_knn(yajl_gen json, const QueryBody *body)
{
    g_autofree float *query = g_new(float, body->k + 1);
    memcpy(query, body->query, body->k * sizeof *query);
    query[body->k] = 1;
    json_put_key(json, "knn");
    yajl_gen_map_open(json);
    json_put_member_string(json, "field", KNN_FIELD);
    json_put_key(json, "query_vector");
    put_vector(json, query, body->k + 1);
    json_put_member_int(json, "k", body->size);
    json_put_member_int(json, "num_candidates", MAX(body->candidates, body->size));
    json_put_key(json, "filter");
    filter_put(json, body->filter);
    yajl_gen_map_close(json);
}

double query_knn_score(float score)
{
    return score >= 1 ? (double)score - 1 : 1 - 1 / (double)score;
}

static void put_source(yajl_gen json, const QueryBody *body)
{
    static const char *const fields[] = {"value",    "title",     "genres", "year",
                                         "model_id", "embedding", "bias"};
    const gsize count = G_N_ELEMENTS(fields) - (body->with_vectors ? 0 : 2);
    if (body->bare) {
        json_put_member_bool(json, "_source", FALSE);
        return;
    }
    json_put_key(json, "_source");
    yajl_gen_array_open(json);
    for (gsize i = 0; i < count; i++)
        json_put_string(json, fields[i]);
    yajl_gen_array_close(json);
}

/* Best first; equal scores by feature index, so that the order is the same every time. */
static void put_sort(yajl_gen json)
{
    json_put_key(json, "sort");
    yajl_gen_array_open(json);
    yajl_gen_map_open(json);
    json_put_member_string(json, "_score", "desc");
    yajl_gen_map_close(json);
    yajl_gen_map_open(json);
    json_put_member_string(json, "feature_index", "asc");
    yajl_gen_map_close(json);
    yajl_gen_array_close(json);
}

static void put_place(yajl_gen json, const QueryBody *body)
{
    if (body->from > 0)
        json_put_member_int(json, "from", body->from);
    if (body->point_in_time != NULL)
        point_in_time_put(json, body->point_in_time);
    if (body->after != NULL) {
        json_put_key(json, "search_after");
        yajl_gen_number(json, body->after, strlen(body->after)); /* any JSON, as it is */
    }
}

char *query_body(const QueryBody *body)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_int(json, "size", body->size);
    put_place(json, body);
    json_put_member_bool(json, "track_total_hits", FALSE);
    put_source(json, body);
    put_sort(json);
    if (body->candidates > 0)
        put_knn(json, body);
    else
        put_script_score(json, body);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}
