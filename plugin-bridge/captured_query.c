#include "captured_query.h"

#include <string.h>
#include <yajl/yajl_parse.h>

#include "feature_table.h"
#include "recsys_error.h"

#define DEFAULT_SIZE 10 /* the server's */
#define MOST_HITS 10000 /* its max_result_window */

void captured_query_clear(CapturedQuery *query)
{
    g_free(query->what);
    yajl_tree_free(query->tree);
    yajl_tree_free(query->answer_tree);
    query_script_clear(&query->script);
    g_free(query->unknown);
    g_free(query->vector);
    captured_shape_clear(&query->shape);
    *query = (CapturedQuery){0};
}

/* ---- texts and trees ---- */

/* The line where a parser that wants nothing but JSON gives up. */
static guint line_of_fault(const char *text)
{
    const gsize length = strlen(text);
    yajl_handle parser = yajl_alloc(NULL, NULL, NULL);
    gsize good = length;
    if (yajl_parse(parser, (const unsigned char *)text, length) != yajl_status_ok)
        good = MIN(yajl_get_bytes_consumed(parser), length);
    yajl_free(parser);
    guint line = 1;
    for (gsize i = 0; i < good; i++)
        line += text[i] == '\n';
    return line;
}

static yajl_val read_tree(const char *text, const char *what, GError **error)
{
    g_autoptr(GError) failure = NULL;
    yajl_val tree = json_parse(text, "the text", &failure);
    if (tree != NULL && YAJL_IS_OBJECT(tree))
        return tree;
    if (tree != NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s, line %u: a JSON object is expected, the body of a search", what,
                    1 + (guint)strspn(text, "\n"));
    else
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s, line %u: %s", what,
                    line_of_fault(text), failure->message);
    yajl_tree_free(tree);
    return NULL;
}

static void put_tree(yajl_gen json, yajl_val value)
{
    if (YAJL_IS_OBJECT(value)) {
        yajl_gen_map_open(json);
        for (gsize i = 0; i < value->u.object.len; i++) {
            json_put_key(json, value->u.object.keys[i]);
            put_tree(json, value->u.object.values[i]);
        }
        yajl_gen_map_close(json);
    } else if (YAJL_IS_ARRAY(value)) {
        yajl_gen_array_open(json);
        for (gsize i = 0; i < value->u.array.len; i++)
            put_tree(json, value->u.array.values[i]);
        yajl_gen_array_close(json);
    } else if (YAJL_IS_STRING(value))
        json_put_string(json, YAJL_GET_STRING(value));
    else if (YAJL_IS_NUMBER(value)) /* its text, as it was sent */
        yajl_gen_number(json, YAJL_GET_NUMBER(value), strlen(YAJL_GET_NUMBER(value)));
    else if (YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value))
        json_put_bool(json, YAJL_IS_TRUE(value));
    else
        yajl_gen_null(json);
}

char *captured_query_text(yajl_val value)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    put_tree(json, value);
    return json_take(json, NULL);
}

char *captured_query_body(const CapturedQuery *query)
{
    return captured_query_text(query->request);
}

static void put_clauses(yajl_gen json, const char *kind, const GPtrArray *clauses)
{
    json_put_key(json, kind);
    yajl_gen_array_open(json);
    for (guint i = 0; i < clauses->len; i++)
        put_tree(json, g_ptr_array_index(clauses, i));
    yajl_gen_array_close(json);
}

char *captured_query_filter(const CapturedQuery *query)
{
    const GPtrArray *filters = query->shape.filters, *excludes = query->shape.excludes;
    if (filters->len + excludes->len == 0)
        return NULL;
    if (filters->len == 1 && excludes->len == 0)
        return captured_query_text(g_ptr_array_index(filters, 0));
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_key(json, "bool");
    yajl_gen_map_open(json);
    put_clauses(json, "filter", filters);
    put_clauses(json, "must_not", excludes);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

static gboolean unreadable(const CapturedQuery *query, const char *member, const char *problem,
                           GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s: %s%s %s", query->what,
                query->request != query->tree ? "request." : "", member, problem);
    return FALSE;
}

/* ---- the filter ---- */

static gboolean is_movie(yajl_val value)
{
    const char *text = value != NULL ? YAJL_GET_STRING(value) : NULL;
    return g_strcmp0(text, FEATURE_MOVIE) == 0;
}

/* {"term": {"feature_type": "movie"}} and other ways to write it. */
static gboolean is_movie_term(yajl_val query)
{
    if (!YAJL_IS_OBJECT(query) || query->u.object.len != 1)
        return FALSE;
    yajl_val term = json_get(query, "term.feature_type");
    if (term == NULL)
        term = json_get(query, "match.feature_type");
    yajl_val terms = json_get(query, "terms.feature_type");
    return is_movie(term) || is_movie(json_get(term, "value")) ||
           is_movie(json_get(term, "query")) ||
           (json_array_length(terms) == 1 && is_movie(json_array_get(terms, 0)));
}

static QueryFilter filter_of(yajl_val query)
{
    if (query == NULL || json_get(query, "match_all") != NULL)
        return FILTER_ALL;
    if (is_movie_term(query))
        return FILTER_MOVIES;
    if (!YAJL_IS_OBJECT(query) || query->u.object.len != 1)
        return FILTER_OTHER;
    yajl_val clause = json_get(query, "constant_score.filter");
    yajl_val combined = json_get(query, "bool");
    if (YAJL_IS_OBJECT(combined) && combined->u.object.len == 1) {
        clause = json_get(combined, "filter");
        if (clause == NULL)
            clause = json_get(combined, "must");
    }
    if (json_array_length(clause) == 1)
        clause = json_array_get(clause, 0);
    return YAJL_IS_OBJECT(clause) ? filter_of(clause) : FILTER_OTHER;
}

static QueryFilter filter_of_all(const CapturedShape *shape)
{
    QueryFilter kind = FILTER_ALL;
    for (guint i = 0; i < shape->filters->len; i++) {
        QueryFilter one = filter_of(g_ptr_array_index(shape->filters, i));
        if (one == FILTER_OTHER)
            return FILTER_OTHER;
        kind = one == FILTER_MOVIES ? FILTER_MOVIES : kind;
    }
    return shape->excludes->len > 0 ? FILTER_OTHER : kind;
}

/* ---- the sort ---- */

/* The field and order of one key: "_score", {"f": "asc"}, {"f": {"order": "asc"}}. */
static const char *read_key(yajl_val key, const char **order)
{
    *order = NULL;
    if (YAJL_IS_STRING(key))
        return YAJL_GET_STRING(key);
    if (!YAJL_IS_OBJECT(key) || key->u.object.len != 1)
        return "";
    yajl_val value = key->u.object.values[0];
    *order = YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : json_get_string(value, "order");
    return key->u.object.keys[0];
}

static QuerySort sort_of(yajl_val sort)
{
    const char *order;
    const gsize keys = json_array_length(sort);
    if (sort == NULL || (YAJL_IS_ARRAY(sort) && keys == 0))
        return SORT_BY_SCORE_ALONE;
    const char *first = read_key(YAJL_IS_ARRAY(sort) ? json_array_get(sort, 0) : sort, &order);
    if (strcmp(first, "_score") != 0 || (order != NULL && strcmp(order, "desc") != 0))
        return SORT_WRONG;
    if (keys < 2)
        return SORT_BY_SCORE_ALONE;
    const char *second = read_key(json_array_get(sort, 1), &order);
    return strcmp(second, "feature_index") == 0 && (order == NULL || strcmp(order, "asc") == 0)
               ? SORT_BY_INDEX_TOO
               : SORT_BY_SCORE_FIRST;
}

/* ---- the vector ---- */

static gboolean is_vector(yajl_val value)
{
    return json_array_length(value) > 0 && YAJL_IS_NUMBER(json_array_get(value, 0));
}

/* The parameter the script names; of an unknown script query_vector, or the only one that is an
 * array of numbers. */
static const char *vector_name(const CapturedQuery *query, yajl_val params)
{
    const char *only = NULL;
    if (query->script.vector != NULL)
        return query->script.vector;
    if (!YAJL_IS_OBJECT(params))
        return NULL;
    for (gsize i = 0; i < params->u.object.len; i++) {
        if (!is_vector(params->u.object.values[i]))
            continue;
        if (strcmp(params->u.object.keys[i], "query_vector") == 0)
            return "query_vector";
        if (only != NULL)
            return NULL;
        only = params->u.object.keys[i];
    }
    return only;
}

static gboolean read_vector(CapturedQuery *query, yajl_val params, GError **error)
{
    const char *name = vector_name(query, params);
    const char *keys[] = {name, NULL};
    yajl_val array =
        name != NULL && params != NULL ? yajl_tree_get(params, keys, yajl_t_any) : NULL;
    if (name == NULL)
        return TRUE;
    g_autofree char *member = g_strdup_printf("%s.script.params.%s", query->shape.path, name);
    if (!is_vector(array))
        return unreadable(query, member, "is not there, or not an array of numbers", error);
    query->k = (guint)json_array_length(array);
    query->vector = g_new(float, query->k);
    for (guint f = 0; f < query->k; f++)
        if (!json_to_float(json_array_get(array, f), &query->vector[f])) {
            g_autofree char *element = g_strdup_printf("%s[%u]", member, f);
            return unreadable(query, element, "is not a number that a float32 can hold", error);
        }
    return TRUE;
}

/* ---- the parts ---- */

static gboolean read_count(const CapturedQuery *query, const char *member, guint preset,
                           guint *count, GError **error)
{
    gint64 value = preset;
    if (json_get(query->request, member) != NULL &&
        (!json_get_int(query->request, member, &value) || value < 0 || value > MOST_HITS))
        return unreadable(query, member, "is not a number from 0 to 10000", error);
    *count = (guint)value;
    return TRUE;
}

static gboolean read_script(CapturedQuery *query, GError **error)
{
    yajl_val script = query->shape.script;
    yajl_val params = json_get(script, "params");
    const char *source =
        YAJL_IS_STRING(script) ? YAJL_GET_STRING(script) : json_get_string(script, "source");
    const char *lang = json_get_string(script, "lang");
    if (query->shape.unknown != NULL)
        query->unknown = g_strdup(query->shape.unknown);
    else if (source == NULL)
        query->unknown = g_strdup("the script has no source: it is stored in the cluster");
    else if (lang != NULL && strcmp(lang, "painless") != 0)
        query->unknown = g_strdup_printf("the script's language is %s", lang);
    else
        query->unknown = query_script_read(&query->script, source, params);
    if (query->unknown == NULL && query->shape.is_boosted)
        query->unknown = g_strdup("the query has a boost");
    return read_vector(query, params, error);
}

static gboolean read_parts(CapturedQuery *query, GError **error)
{
    if (!captured_query_shape(&query->shape, query->request))
        return unreadable(query, "query", "is not there: is this the body of a search?", error);
    query->filter_kind = filter_of_all(&query->shape);
    query->sort = sort_of(query->shape.sort);
    return read_count(query, "size", DEFAULT_SIZE, &query->size, error) &&
           read_count(query, "from", 0, &query->from, error) && read_script(query, error);
}

gboolean captured_query_read(CapturedQuery *query, const char *text, const char *what,
                             const char *answer, const char *answer_what, GError **error)
{
    *query = (CapturedQuery){.what = g_strdup(what)};
    query->tree = read_tree(text, what, error);
    if (query->tree == NULL)
        return FALSE;
    yajl_val request = json_get(query->tree, "request");
    query->request = YAJL_IS_OBJECT(request) ? request : query->tree;
    if (request != NULL)
        query->response = json_get(query->tree, "response");
    if (answer != NULL) {
        query->answer_tree = read_tree(answer, answer_what, error);
        if (query->answer_tree == NULL)
            return FALSE;
        query->response = query->answer_tree;
    }
    return read_parts(query, error);
}
