#include "filter.h"

#include <string.h>

#include "feature_table.h"
#include "profile.h"
#include "recsys_error.h"

#define MOST_TERMS 65536 /* in one clause: the server's index.max_terms_count */

Filter *filter_new(void)
{
    Filter *filter = g_new0(Filter, 1);
    filter->any_genre = g_ptr_array_new_with_free_func(g_free);
    filter->all_genres = g_ptr_array_new_with_free_func(g_free);
    filter->no_genre = g_ptr_array_new_with_free_func(g_free);
    filter->only = g_ptr_array_new_with_free_func(g_free);
    filter->excluded = g_ptr_array_new_with_free_func(g_free);
    return filter;
}

void filter_free(Filter *filter)
{
    if (filter == NULL)
        return;
    g_ptr_array_unref(filter->any_genre);
    g_ptr_array_unref(filter->all_genres);
    g_ptr_array_unref(filter->no_genre);
    g_ptr_array_unref(filter->only);
    g_ptr_array_unref(filter->excluded);
    g_free(filter->raw);
    g_free(filter);
}

static void copy_texts(GPtrArray *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, g_strdup(g_ptr_array_index(from, i)));
}

Filter *filter_copy(const Filter *filter)
{
    Filter *copy = filter_new();
    if (filter == NULL)
        return copy;
    copy_texts(copy->any_genre, filter->any_genre);
    copy_texts(copy->all_genres, filter->all_genres);
    copy_texts(copy->no_genre, filter->no_genre);
    copy_texts(copy->only, filter->only);
    copy_texts(copy->excluded, filter->excluded);
    copy->year_from = filter->year_from;
    copy->year_to = filter->year_to;
    copy->least_ratings = filter->least_ratings;
    copy->raw = g_strdup(filter->raw);
    return copy;
}

void filter_exclude(Filter *filter, const char *movie)
{
    g_ptr_array_add(filter->excluded, g_strdup(movie));
}

/* ---- checks ---- */

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fail(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, text);
    return FALSE;
}

static gboolean contains(const GPtrArray *texts, const char *text)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)texts, text, g_str_equal, NULL);
}

static gboolean check_wanted(const GPtrArray *wanted, const GPtrArray *unwanted, GError **error)
{
    for (guint i = 0; i < wanted->len; i++) {
        const char *genre = g_ptr_array_index(wanted, i);
        if (genre[0] == '\0')
            return fail(error, "a genre must have a name");
        if (contains(unwanted, genre))
            return fail(error, "the genre %s is both wanted and excluded", genre);
    }
    return TRUE;
}

static gboolean check_texts(const GPtrArray *texts, const char *what, GError **error)
{
    for (guint i = 0; i < texts->len; i++)
        if (!profile_feature_check(what, g_ptr_array_index(texts, i), error))
            return FALSE;
    return TRUE;
}

static gboolean check_raw(const char *raw, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (raw == NULL)
        return TRUE;
    g_auto(yajl_val) tree = json_parse(raw, "the filter", &problem);
    if (tree == NULL)
        return fail(error, "%s", problem->message);
    if (YAJL_IS_OBJECT(tree) && tree->u.object.len == 1)
        return TRUE;
    return fail(error, "the filter must be one query of the cluster as a JSON object with one "
                       "member, e.g. {\"prefix\": {\"title\": \"Star\"}}");
}

gboolean filter_check(const Filter *filter, GError **error)
{
    static const char nothing[] = "";
    if (!check_texts(filter->any_genre, "the genre", error) ||
        !check_texts(filter->all_genres, "the genre", error) ||
        !check_texts(filter->no_genre, "the genre", error) ||
        !check_texts(filter->only, "the movie", error) ||
        !check_texts(filter->excluded, "the movie", error))
        return FALSE;
    if (!check_wanted(filter->any_genre, filter->no_genre, error) ||
        !check_wanted(filter->all_genres, filter->no_genre, error))
        return FALSE;
    if (contains(filter->no_genre, nothing) || contains(filter->excluded, nothing))
        return fail(error, "a genre or movie to exclude must have a name");
    if (filter->year_from != 0 && filter->year_to != 0 && filter->year_from > filter->year_to)
        return fail(error, "the years from %d to %d are none", filter->year_from, filter->year_to);
    return check_raw(filter->raw, error);
}

gboolean filter_is_empty(const Filter *filter)
{
    return filter == NULL ||
           (filter->any_genre->len == 0 && filter->all_genres->len == 0 &&
            filter->no_genre->len == 0 && filter->only->len == 0 && filter->excluded->len == 0 &&
            filter->year_from == 0 && filter->year_to == 0 && filter->least_ratings == 0 &&
            filter->raw == NULL);
}

/* ---- JSON ---- */

static void put_term(yajl_gen json, const char *field, const char *value)
{
    yajl_gen_map_open(json);
    json_put_key(json, "term");
    yajl_gen_map_open(json);
    json_put_member_string(json, field, value);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

/* One clause or several: a movie that has one of the values. */
static void put_terms(yajl_gen json, const char *field, const GPtrArray *values)
{
    for (guint begin = 0; begin < values->len; begin += MOST_TERMS) {
        yajl_gen_map_open(json);
        json_put_key(json, "terms");
        yajl_gen_map_open(json);
        json_put_key(json, field);
        yajl_gen_array_open(json);
        for (guint i = begin; i < values->len && i < begin + MOST_TERMS; i++)
            json_put_string(json, g_ptr_array_index(values, i));
        yajl_gen_array_close(json);
        yajl_gen_map_close(json);
        yajl_gen_map_close(json);
    }
}

/* `to` is left out if it is 0. */
static void put_range(yajl_gen json, const char *field, gint64 from, gint64 to)
{
    if (from == 0 && to == 0)
        return;
    yajl_gen_map_open(json);
    json_put_key(json, "range");
    yajl_gen_map_open(json);
    json_put_key(json, field);
    yajl_gen_map_open(json);
    if (from != 0)
        json_put_member_int(json, "gte", from);
    if (to != 0)
        json_put_member_int(json, "lte", to);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

/* As it is, but on one line: no string of JSON has a line end in it. */
static void put_raw(yajl_gen json, const char *raw)
{
    g_autofree char *line = g_strdelimit(g_strdup(raw), "\r\n", ' ');
    yajl_gen_number(json, line, strlen(line));
}

static void put_required(yajl_gen json, const Filter *filter)
{
    put_terms(json, "genres", filter->any_genre);
    for (guint i = 0; i < filter->all_genres->len; i++)
        put_term(json, "genres", g_ptr_array_index(filter->all_genres, i));
    put_terms(json, "value", filter->only);
    put_range(json, "year", filter->year_from, filter->year_to);
    put_range(json, "ratings", filter->least_ratings, 0);
    if (filter->raw != NULL)
        put_raw(json, filter->raw);
}

static void put_excluded(yajl_gen json, const Filter *filter)
{
    if (filter->no_genre->len == 0 && filter->excluded->len == 0)
        return;
    json_put_key(json, "must_not");
    yajl_gen_array_open(json);
    put_terms(json, "genres", filter->no_genre);
    put_terms(json, "value", filter->excluded);
    yajl_gen_array_close(json);
}

void filter_put(yajl_gen json, const Filter *filter)
{
    yajl_gen_map_open(json);
    json_put_key(json, "bool");
    yajl_gen_map_open(json);
    json_put_key(json, "filter");
    yajl_gen_array_open(json);
    put_term(json, "feature_type", FEATURE_MOVIE);
    if (filter != NULL)
        put_required(json, filter);
    yajl_gen_array_close(json);
    if (filter != NULL)
        put_excluded(json, filter);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}
