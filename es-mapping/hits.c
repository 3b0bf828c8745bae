#include "hits.h"

#include <math.h>
#include <string.h>

#include "es_client.h"
#include "query_body.h"
#include "recsys_error.h"

static gboolean strange_answer(const char *what, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "the cluster's answer makes no sense: %s", what);
    return FALSE;
}

static char **read_genres(yajl_val hit)
{
    yajl_val array = json_get(hit, "_source.genres");
    g_autoptr(GStrvBuilder) genres = g_strv_builder_new();
    for (gsize i = 0; i < json_array_length(array); i++) {
        yajl_val genre = json_array_get(array, i);
        if (YAJL_IS_STRING(genre))
            g_strv_builder_add(genres, YAJL_GET_STRING(genre));
    }
    return g_strv_builder_end(genres);
}

static gboolean check_model(const Ranking *ranking, yajl_val hit, const char *id, GError **error)
{
    const char *model_id = json_get_string(hit, "_source.model_id");
    if (g_strcmp0(model_id, ranking->model_id) == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s in %s is of model %s, the release is of model %s: release it again", id,
                ranking->index, model_id ? model_id : "(none)", ranking->model_id);
    return FALSE;
}

static gboolean read_vector(RankedMovie *movie, yajl_val hit, const HitsForm *form, GError **error)
{
    const guint k = form->k;
    movie->vector = g_new(float, k);
    if (lifted_vectors_read(form->lifted, movie->vector, k, json_get(hit, "_source.embedding")) &&
        json_get_double(hit, "_source.bias", &movie->bias))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s has no embedding of %u dimensions and a bias: release it again", movie->id, k);
    return FALSE;
}

/* A finite float32. A server answers "Infinity" as a string if a score is beyond them. */
static gboolean read_score(yajl_val hit, float *score, GError **error)
{
    const char *id = json_get_string(hit, "_id"), *text = json_get_string(hit, "_score");
    if (json_to_float(json_get(hit, "_score"), score))
        return TRUE;
    if (id == NULL || text == NULL)
        return strange_answer("a hit without _score", error);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "the score of %s is %s: the model's values are too large for float32", id, text);
    return FALSE;
}

static gboolean read_hit(Ranking *ranking, yajl_val hit, const HitsForm *form, GError **error)
{
    gint64 year = 0;
    float score;
    const char *id = json_get_string(hit, "_id");
    const char *value = json_get_string(hit, "_source.value");
    const char *title = json_get_string(hit, "_source.title");
    if (id == NULL || value == NULL || title == NULL)
        return strange_answer("a hit without _id, value and title", error);
    if (!read_score(hit, &score, error))
        return FALSE;
    if (form->approximate && !(score > 0))
        return strange_answer("an approximate hit whose score is not positive", error);
    if (!check_model(ranking, hit, id, error))
        return FALSE;
    json_get_int(hit, "_source.year", &year);
    double unshifted = form->approximate ? query_knn_score(score) : (double)score - ranking->shift;
    g_auto(RankedMovie) movie = {
        .id = g_strdup(id),
        .value = g_strdup(value),
        .title = g_strdup(title),
        .genres = read_genres(hit),
        .year = (int)year,
        .raw_score = score,
        .score = unshifted,
        .rating = NAN,
    };
    if (form->lifted != NULL && !read_vector(&movie, hit, form, error))
        return FALSE;
    if (form->sum != NULL)
        movie.rating = profile_rating(form->sum, unshifted, movie.vector, &ranking->form);
    ranking_add(ranking, &movie);
    return TRUE;
}

/* ---- where the next page begins ---- */

/* The sort values as JSON, with the numbers' own digits; NULL if there are none. */
static char *sort_values(yajl_val hit)
{
    yajl_val values = json_get(hit, "sort");
    const gsize count = json_array_length(values);
    if (count == 0)
        return NULL;
    g_autoptr(GString) text = g_string_new("[");
    for (gsize i = 0; i < count; i++) {
        yajl_val value = json_array_get(values, i);
        if (!YAJL_IS_NUMBER(value))
            return NULL;
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "", YAJL_GET_NUMBER(value));
    }
    g_string_append_c(text, ']');
    return g_strdup(text->str);
}

static gboolean take_sort_values(char **after, yajl_val hits, GError **error)
{
    const gsize count = json_array_length(hits);
    if (count == 0)
        return TRUE;
    g_free(*after);
    *after = sort_values(json_array_get(hits, count - 1));
    return *after != NULL || strange_answer("a hit without sort values", error);
}

/* ---- an answer ---- */

gboolean hits_read(Ranking *ranking, yajl_val answer, const HitsForm *form, GError **error)
{
    if (!es_check_search(answer, "the ranking", error))
        return FALSE;
    if (form->sum != NULL && ranking->form.link != LINK_NONE)
        ranking->offset = form->sum->offset;
    yajl_val hits = json_get(answer, "hits.hits");
    if (!YAJL_IS_ARRAY(hits))
        return strange_answer("a ranking without hits", error);
    for (gsize i = 0; i < json_array_length(hits); i++)
        if (!read_hit(ranking, json_array_get(hits, i), form, error))
            return FALSE;
    if (!json_get_int(answer, "took", &ranking->took))
        ranking->took = -1;
    return take_sort_values(&ranking->after, hits, error);
}

gboolean hits_skip(yajl_val answer, guint *count, char **after, GError **error)
{
    if (!es_check_search(answer, "the ranking", error))
        return FALSE;
    yajl_val hits = json_get(answer, "hits.hits");
    *count = (guint)json_array_length(hits);
    return take_sort_values(after, hits, error);
}
