#include "recommend.h"

#include <math.h>
#include <string.h>

#include "decimal.h"
#include "document.h"
#include "recsys_error.h"

#define MOST_ATTEMPTS 5 /* at reading one release from beginning to end */

#define SCRIPT "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value"

struct Recommender {
    EsClient *client;
    char *alias;
    ReleaseMeta *meta; /* of the release seen last, or NULL */
    ProfileSum *sum;
    const char *const *movies; /* these alone, up to NULL; or NULL for all */
};

/* A release that is not there any more, or not the one that was expected: start over. */
typedef enum { STEP_DONE, STEP_FAILED, STEP_RELEASE_CHANGED } Step;

Recommender *recommender_new(EsClient *client, const char *alias)
{
    Recommender *recommender = g_new0(Recommender, 1);
    recommender->client = client;
    recommender->alias = g_strdup(alias);
    return recommender;
}

void recommender_free(Recommender *recommender)
{
    if (recommender == NULL)
        return;
    g_free(recommender->alias);
    release_meta_free(recommender->meta);
    profile_sum_free(recommender->sum);
    g_free(recommender);
}

const ProfileSum *recommender_last_sum(const Recommender *recommender)
{
    return recommender->sum;
}

void recommender_set_movies(Recommender *recommender, const char *const *movies)
{
    recommender->movies = movies;
}

static gboolean strange_answer(const char *what, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "the cluster's answer makes no sense: %s", what);
    return FALSE;
}

/* ---- step 1: the profile's documents ---- */

static char *mget_body(const ReleaseMeta *meta, const Profile *profile, GError **error)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_key(json, "ids");
    yajl_gen_array_open(json);
    for (guint i = 0; i < profile_size(profile); i++) {
        const ProfileFeature *feature = profile_get(profile, i);
        g_autofree char *id = release_meta_document_id(meta, feature->type, feature->value, error);
        if (id == NULL)
            return NULL;
        json_put_string(json, id);
    }
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

/* One document of step 1 into vector [k] and its bias. */
static Step read_document(const ReleaseMeta *meta, const ProfileFeature *feature, yajl_val document,
                          float *vector, double *bias, GError **error)
{
    const char *index = json_get_string(document, "_index");
    if (index == NULL)
        return strange_answer("an mget document without _index", error), STEP_FAILED;
    if (strcmp(index, meta->index) != 0)
        return STEP_RELEASE_CHANGED;
    if (es_lacks_shards(document)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "%s %s in %s cannot be read: shards are missing, see GET _cat/shards",
                    feature->type, feature->value, meta->index);
        return STEP_FAILED;
    }
    if (json_get(document, "error") != NULL)
        return STEP_RELEASE_CHANGED;
    if (!json_is_true(document, "found")) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "there is no %s %s in release %s",
                    feature->type, feature->value, meta->index);
        return STEP_FAILED;
    }
    const char *model_id = json_get_string(document, "_source.model_id");
    if (g_strcmp0(model_id, meta->model_id) != 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                    "%s %s in %s is of model %s, the release is of model %s: release it again",
                    feature->type, feature->value, meta->index, model_id ? model_id : "(none)",
                    meta->model_id);
        return STEP_FAILED;
    }
    if (!document_read_vector(vector, meta->k, json_get(document, "_source.embedding")) ||
        !json_get_double(document, "_source.bias", bias)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                    "%s %s in %s has no embedding of %u dimensions and a bias: release it again",
                    feature->type, feature->value, meta->index, meta->k);
        return STEP_FAILED;
    }
    return STEP_DONE;
}

static Step read_documents(Recommender *r, const Profile *profile, yajl_val documents,
                           GError **error)
{
    const guint count = profile_size(profile), k = r->meta->k;
    if (json_array_length(documents) != count)
        return strange_answer("mget did not answer for each document", error), STEP_FAILED;
    g_autofree float *values = g_new(float, (gsize)count *k);
    g_autofree const float **vectors = g_new(const float *, count);
    g_autofree double *biases = g_new(double, count);
    for (guint i = 0; i < count; i++) {
        float *vector = values + (gsize)i * k;
        vectors[i] = vector;
        Step step = read_document(r->meta, profile_get(profile, i), json_array_get(documents, i),
                                  vector, &biases[i], error);
        if (step != STEP_DONE)
            return step;
    }
    profile_sum_free(r->sum);
    r->sum = profile_sum(vectors, biases, count, k, r->meta->w0);
    return STEP_DONE;
}

/* A search that failed, or failed in part, because the release it was made for has been replaced
 * and deleted meanwhile is no failure. */
static Step judge_failure(Recommender *r, GError *failure, GError **error)
{
    gboolean by_server = failure->domain == ES_ERROR ||
                         g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE);
    g_autoptr(ReleaseMeta) now = by_server ? release_meta_fetch(r->client, r->alias, NULL) : NULL;
    if (now != NULL && strcmp(now->index, r->meta->index) != 0) {
        g_error_free(failure);
        return STEP_RELEASE_CHANGED;
    }
    g_propagate_error(error, failure);
    return STEP_FAILED;
}

static Step sum_profile(Recommender *r, const Profile *profile, GError **error)
{
    g_autofree char *body = mget_body(r->meta, profile, error);
    if (body == NULL)
        return STEP_FAILED;
    g_autofree char *name = es_escape(r->alias);
    g_autofree char *path =
        g_strdup_printf("/%s/_mget?_source_includes=embedding,bias,model_id", name);
    g_auto(yajl_val) answer = es_call_json(r->client, "POST", path, body, error);
    if (answer == NULL)
        return STEP_FAILED;
    GError *failure = NULL;
    Step step = read_documents(r, profile, json_get(answer, "docs"), &failure);
    return step == STEP_FAILED ? judge_failure(r, failure, error) : step;
}

/* ---- step 2: the search ---- */

double recommend_shift(const float *query, guint k, double max_movie_norm, double min_movie_bias)
{
    double squares = 0;
    for (guint f = 0; f < k; f++)
        squares += (double)query[f] * query[f];
    double reach = sqrt(squares) * max_movie_norm;
    /* Several times the worst error of the kernel, and of adding shift and bias in double. */
    double room = reach * 4 * k * 0x1p-24 + fabs(min_movie_bias) * 0x1p-48 + 1e-6;
    return MAX(0.0, reach + room - min_movie_bias);
}

static void put_script(yajl_gen json, const float *query, guint k, double shift)
{
    json_put_key(json, "script");
    yajl_gen_map_open(json);
    json_put_member_string(json, "source", SCRIPT);
    json_put_key(json, "params");
    yajl_gen_map_open(json);
    json_put_member_double(json, "shift", shift);
    json_put_key(json, "query_vector");
    yajl_gen_array_open(json);
    for (guint f = 0; f < k; f++) {
        char number[DECIMAL_SIZE];
        yajl_gen_number(json, number, decimal_of_float(number, query[f]));
    }
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

static void put_term(yajl_gen json, const char *field, const char *value)
{
    yajl_gen_map_open(json);
    json_put_key(json, "term");
    yajl_gen_map_open(json);
    json_put_member_string(json, field, value);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

static void put_terms(yajl_gen json, const char *field, const char *const *values)
{
    yajl_gen_map_open(json);
    json_put_key(json, "terms");
    yajl_gen_map_open(json);
    json_put_key(json, field);
    yajl_gen_array_open(json);
    for (; *values != NULL; values++)
        json_put_string(json, *values);
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

static void put_query(yajl_gen json, const char *const *movies)
{
    json_put_key(json, "query");
    yajl_gen_map_open(json);
    json_put_key(json, "bool");
    yajl_gen_map_open(json);
    json_put_key(json, "filter");
    if (movies == NULL) {
        put_term(json, "feature_type", FEATURE_MOVIE);
    } else {
        yajl_gen_array_open(json);
        put_term(json, "feature_type", FEATURE_MOVIE);
        put_terms(json, "value", movies);
        yajl_gen_array_close(json);
    }
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
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

static void put_ranking(yajl_gen json, const float *query, guint k, double shift,
                        const char *const *movies)
{
    put_sort(json);
    json_put_key(json, "query");
    yajl_gen_map_open(json);
    json_put_key(json, "script_score");
    yajl_gen_map_open(json);
    put_query(json, movies);
    put_script(json, query, k, shift);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

char *recommend_search_body(const float *query, guint k, double shift, guint size,
                            const char *const *movies)
{
    static const char *const fields[] = {"value", "title", "genres", "year", "model_id"};
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_int(json, "size", size);
    json_put_member_bool(json, "track_total_hits", FALSE);
    json_put_key(json, "_source");
    yajl_gen_array_open(json);
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        json_put_string(json, fields[i]);
    yajl_gen_array_close(json);
    put_ranking(json, query, k, shift, movies);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

char *recommend_ids_body(const float *query, guint k, double shift, guint size, const char *after)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_int(json, "size", size);
    json_put_member_bool(json, "track_total_hits", FALSE);
    json_put_member_bool(json, "_source", FALSE);
    if (after != NULL) {
        json_put_key(json, "search_after");
        yajl_gen_number(json, after, strlen(after)); /* any JSON, as it is */
    }
    put_ranking(json, query, k, shift, NULL);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
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

static gboolean read_hit(const Recommender *r, yajl_val hit, Ranking *ranking, GError **error)
{
    gint64 year = 0;
    float score;
    const char *id = json_get_string(hit, "_id");
    const char *value = json_get_string(hit, "_source.value");
    const char *title = json_get_string(hit, "_source.title");
    const char *model_id = json_get_string(hit, "_source.model_id");
    if (id == NULL || value == NULL || title == NULL)
        return strange_answer("a hit without _id, value and title", error);
    if (!read_score(hit, &score, error))
        return FALSE;
    if (g_strcmp0(model_id, r->meta->model_id) != 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                    "%s in %s is of model %s, the release is of model %s: release it again", id,
                    r->meta->index, model_id ? model_id : "(none)", r->meta->model_id);
        return FALSE;
    }
    json_get_int(hit, "_source.year", &year);
    double unshifted = (double)score - ranking->shift;
    RankedMovie movie = {
        .id = g_strdup(id),
        .value = g_strdup(value),
        .title = g_strdup(title),
        .genres = read_genres(hit),
        .year = (int)year,
        .raw_score = score,
        .score = unshifted,
        .rating = profile_rating(r->sum, unshifted, r->meta->scale),
    };
    ranking_add(ranking, &movie);
    return TRUE;
}

static Step search(Recommender *r, guint size, Ranking **result, GError **error)
{
    const ReleaseMeta *meta = r->meta;
    double shift =
        recommend_shift(r->sum->query, meta->k, meta->max_movie_norm, meta->min_movie_bias);
    g_autofree char *body = recommend_search_body(r->sum->query, meta->k, shift, size, r->movies);
    g_autofree char *name = es_escape(meta->index);
    g_autofree char *path = g_strdup_printf("/%s/_search", name);
    GError *failure = NULL;
    g_auto(yajl_val) answer = es_call_json(r->client, "POST", path, body, &failure);
    if (answer == NULL || !es_check_complete(answer, "the ranking", &failure))
        return judge_failure(r, failure, error);
    yajl_val hits = json_get(answer, "hits.hits");
    g_autoptr(Ranking) ranking = ranking_new(meta->index, meta->model_id, meta->scale, shift);
    for (gsize i = 0; i < json_array_length(hits); i++)
        if (!read_hit(r, json_array_get(hits, i), ranking, error))
            return STEP_FAILED;
    *result = g_steal_pointer(&ranking);
    return STEP_DONE;
}

/* ---- both ---- */

static Step attempt(Recommender *r, const Profile *profile, guint size, Ranking **ranking,
                    GError **error)
{
    if (r->meta == NULL)
        r->meta = release_meta_fetch(r->client, r->alias, error);
    if (r->meta == NULL)
        return STEP_FAILED;
    Step step = sum_profile(r, profile, error);
    return step == STEP_DONE ? search(r, size, ranking, error) : step;
}

Ranking *recommender_rank(Recommender *r, const Profile *profile, guint size, GError **error)
{
    for (guint i = 0; i < MOST_ATTEMPTS; i++) {
        Ranking *ranking = NULL;
        switch (attempt(r, profile, size, &ranking, error)) {
        case STEP_DONE:
            return ranking;
        case STEP_FAILED:
            return NULL;
        case STEP_RELEASE_CHANGED:
            g_clear_pointer(&r->meta, release_meta_free);
        }
    }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "%s changed its release %d times while it was read; try again", r->alias,
                MOST_ATTEMPTS);
    return NULL;
}
