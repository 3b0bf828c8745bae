#include "release_names.h"

#include <string.h>

#include "feature_table.h"
#include "recsys_error.h"

#define MOST_GENRES 10000 /* buckets of one answer */
#define MOST_SHOWN 50     /* known ones in a message */
#define MOST_IDS 5000     /* of one mget */
#define DOCUMENT_PREFIX FEATURE_MOVIE "_"

static gboolean strange_answer(const char *what, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "the cluster's answer makes no sense: %s", what);
    return FALSE;
}

/* ---- genres ---- */

static yajl_val ask_genres(EsClient *client, const char *release, GError **error)
{
    static const char body[] =
        "{\"size\":0,\"track_total_hits\":false,"
        "\"query\":{\"term\":{\"feature_type\":\"" FEATURE_MOVIE "\"}},"
        "\"aggs\":{\"genres\":{\"terms\":{\"field\":\"genres\",\"order\":{\"_key\":\"asc\"},"
        "\"size\":" G_STRINGIFY(MOST_GENRES) "}}}}";
    g_autofree char *name = es_escape(release);
    g_autofree char *path = g_strdup_printf("/%s/_search", name);
    return es_call_json(client, "POST", path, body, error);
}

/* Owned by the answer; *all if there are no more. */
static GPtrArray *read_genres(yajl_val answer, gboolean *all)
{
    gint64 others = 0;
    yajl_val buckets = json_get(answer, "aggregations.genres.buckets");
    GPtrArray *genres = g_ptr_array_new();
    for (gsize i = 0; i < json_array_length(buckets); i++) {
        const char *genre = json_get_string(json_array_get(buckets, i), "key");
        if (genre != NULL)
            g_ptr_array_add(genres, (gpointer)genre);
    }
    *all = json_get_int(answer, "aggregations.genres.sum_other_doc_count", &others) && others == 0;
    return genres;
}

static gboolean contains(const GPtrArray *texts, const char *text)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)texts, text, g_str_equal, NULL);
}

static gboolean check_genres(const GPtrArray *asked, const GPtrArray *known, GError **error)
{
    for (guint i = 0; i < asked->len; i++) {
        const char *genre = g_ptr_array_index(asked, i);
        if (contains(known, genre))
            continue;
        g_autoptr(GString) names = g_string_new(known->len > 0 ? "" : "none");
        for (guint g = 0; g < MIN(known->len, MOST_SHOWN); g++)
            g_string_append_printf(names, "%s%s", g > 0 ? ", " : "",
                                   (const char *)g_ptr_array_index(known, g));
        if (known->len > MOST_SHOWN)
            g_string_append(names, ", …");
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "the genre %s is unknown: no movie of this release has it; known: %s", genre,
                    names->str);
        return FALSE;
    }
    return TRUE;
}

gboolean release_check_genres(EsClient *client, const char *release, const Filter *filter,
                              GError **error)
{
    gboolean all = FALSE;
    if (filter->any_genre->len + filter->all_genres->len + filter->no_genre->len == 0)
        return TRUE;
    g_auto(yajl_val) answer = ask_genres(client, release, error);
    if (answer == NULL || !es_check_search(answer, "the list of genres", error))
        return FALSE;
    g_autoptr(GPtrArray) known = read_genres(answer, &all);
    return !all || (check_genres(filter->any_genre, known, error) &&
                    check_genres(filter->all_genres, known, error) &&
                    check_genres(filter->no_genre, known, error));
}

/* ---- movies ---- */

static char *ids_body(const GPtrArray *movies, guint begin, guint end)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_key(json, "ids");
    yajl_gen_array_open(json);
    for (guint i = begin; i < end; i++) {
        g_autofree char *id =
            g_strconcat(DOCUMENT_PREFIX, (const char *)g_ptr_array_index(movies, i), NULL);
        json_put_string(json, id);
    }
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

/* Whether the release has a document; FALSE with an error if that is not known. */
static gboolean read_found(yajl_val document, gboolean *found, GError **error)
{
    *found = json_is_true(document, "found");
    if (!es_lacks_shards(document) && json_get(document, "error") == NULL)
        return TRUE;
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                        "the movies to exclude cannot be looked up: shards are missing, see GET "
                        "_cat/shards");
    return FALSE;
}

/* unknown: [movies]; fills those from `begin` to before `end`. */
static gboolean look_up(EsClient *client, const char *release, const GPtrArray *movies, guint begin,
                        guint end, gboolean *unknown, GError **error)
{
    g_autofree char *name = es_escape(release);
    g_autofree char *path = g_strdup_printf("/%s/_mget?realtime=false&_source=false", name);
    g_autofree char *body = ids_body(movies, begin, end);
    g_auto(yajl_val) answer = es_call_json(client, "POST", path, body, error);
    if (answer == NULL)
        return FALSE;
    yajl_val documents = json_get(answer, "docs");
    if (json_array_length(documents) != end - begin)
        return strange_answer("mget did not answer for each document", error);
    for (guint i = begin; i < end; i++) {
        gboolean found = FALSE;
        if (!read_found(json_array_get(documents, i - begin), &found, error))
            return FALSE;
        unknown[i] = !found;
    }
    return TRUE;
}

static gboolean look_up_all(EsClient *client, const char *release, const GPtrArray *movies,
                            gboolean *unknown, GError **error)
{
    for (guint begin = 0; begin < movies->len; begin += MOST_IDS)
        if (!look_up(client, release, movies, begin, MIN(begin + MOST_IDS, movies->len), unknown,
                     error))
            return FALSE;
    return TRUE;
}

/* The movie that an id of a document is of, within it; NULL if it is no such id. */
static const char *movie_of_document(const char *id)
{
    const gsize length = strlen(DOCUMENT_PREFIX);
    return g_str_has_prefix(id, DOCUMENT_PREFIX) && id[length] != '\0' ? id + length : NULL;
}

/* Of the unknown ones, those that are ids of documents are replaced if there is such a movie. */
static gboolean take_document_ids(EsClient *client, const char *release, GPtrArray *movies,
                                  gboolean *unknown, GError **error)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < movies->len; i++) {
        const char *movie = movie_of_document(g_ptr_array_index(movies, i));
        if (!unknown[i] || movie == NULL)
            continue;
        g_ptr_array_add(candidates, (gpointer)movie);
        g_array_append_val(places, i);
    }
    g_autofree gboolean *absent = g_new0(gboolean, places->len + 1);
    if (!look_up_all(client, release, candidates, absent, error))
        return FALSE;
    for (guint i = 0; i < places->len; i++) {
        char **movie = (char **)&g_ptr_array_index(movies, g_array_index(places, guint, i));
        if (absent[i])
            continue;
        g_autofree char *id = *movie;
        *movie = g_strdup(movie_of_document(id));
        unknown[g_array_index(places, guint, i)] = FALSE;
    }
    return TRUE;
}

GPtrArray *release_unknown_movies(EsClient *client, const char *release, GPtrArray *movies,
                                  GError **error)
{
    g_autofree gboolean *unknown = g_new0(gboolean, movies->len + 1);
    if (!look_up_all(client, release, movies, unknown, error) ||
        !take_document_ids(client, release, movies, unknown, error))
        return NULL;
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < movies->len; i++)
        if (unknown[i])
            g_ptr_array_add(names, g_ptr_array_index(movies, i));
    return names;
}
