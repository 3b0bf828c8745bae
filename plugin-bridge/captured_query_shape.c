#include "captured_query_shape.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

void captured_shape_clear(CapturedShape *shape)
{
    g_free(shape->path);
    g_free(shape->unknown);
    g_clear_pointer(&shape->filters, g_ptr_array_unref);
    g_clear_pointer(&shape->excludes, g_ptr_array_unref);
    g_clear_pointer(&shape->others, g_ptr_array_unref);
    *shape = (CapturedShape){0};
}

static void give_up(CapturedShape *shape, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The first reason stays. */
static void give_up(CapturedShape *shape, const char *format, ...)
{
    va_list arguments;
    if (shape->unknown != NULL)
        return;
    va_start(arguments, format);
    shape->unknown = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

static gboolean is_among(const char *member, const char *const *known)
{
    return known != NULL && g_strv_contains(known, member);
}

/* The first member that is not known, or NULL. */
static const char *other_member(yajl_val object, const char *const *known)
{
    for (gsize i = 0; YAJL_IS_OBJECT(object) && i < object->u.object.len; i++)
        if (!is_among(object->u.object.keys[i], known))
            return object->u.object.keys[i];
    return NULL;
}

static void take_min_score(CapturedShape *shape, yajl_val object)
{
    double least;
    if (json_get_double(object, "min_score", &least))
        shape->min_score = isnan(shape->min_score) ? least : MAX(shape->min_score, least);
}

/* One clause, or an array of them. */
static void take_clauses(GPtrArray *list, yajl_val clauses)
{
    if (clauses == NULL)
        return;
    if (!YAJL_IS_ARRAY(clauses))
        g_ptr_array_add(list, clauses);
    for (gsize i = 0; i < json_array_length(clauses); i++)
        g_ptr_array_add(list, json_array_get(clauses, i));
}

/* ---- the kinds of query ---- */

static void take_script_score(CapturedShape *shape, yajl_val query, const char *path)
{
    static const char *const known[] = {"query", "script", "min_score", "boost", "_name", NULL};
    const char *other = other_member(query, known);
    shape->path = g_strdup(path);
    shape->script = json_get(query, "script");
    take_clauses(shape->filters, json_get(query, "query"));
    take_min_score(shape, query);
    shape->is_boosted = json_get(query, "boost") != NULL;
    if (shape->script == NULL)
        give_up(shape, "the script_score has no script");
    else if (other != NULL)
        give_up(shape, "the script_score has a %s", other);
}

static void take_function_score(CapturedShape *shape, yajl_val query, const char *path)
{
    static const char *const known[] = {"query",      "script_score", "functions", "boost_mode",
                                        "score_mode", "min_score",    "_name",     NULL};
    static const char *const in_function[] = {"script_score", NULL};
    yajl_val functions = json_get(query, "functions"), function = query;
    const char *mode = json_get_string(query, "boost_mode");
    const char *other = other_member(query, known);
    if (json_array_length(functions) == 1) {
        function = json_array_get(functions, 0);
        other = other == NULL ? other_member(function, in_function) : other;
    }
    shape->path =
        g_strdup_printf("%s%s.script_score", path, function != query ? ".functions[0]" : "");
    shape->script = json_get(function, "script_score.script");
    take_clauses(shape->filters, json_get(query, "query"));
    take_min_score(shape, query);
    if (shape->script == NULL || json_array_length(functions) > 1)
        give_up(shape, "the query is a function_score of something else than one script");
    else if (other != NULL)
        give_up(shape, "the query is a function_score with %s", other);
    else if (g_strcmp0(mode, "replace") != 0)
        give_up(shape,
                "the query is a function_score, which %s score and script unless its "
                "boost_mode is replace",
                mode != NULL ? "combines" : "multiplies");
}

static void take_query(CapturedShape *shape, yajl_val query, const char *path);

static void take_bool(CapturedShape *shape, yajl_val query, const char *path)
{
    static const char *const known[] = {"must", "filter", "must_not", "_name", NULL};
    yajl_val must = json_get(query, "must");
    const char *other = other_member(query, known);
    g_autofree char *within = g_strconcat(path, YAJL_IS_ARRAY(must) ? ".must[0]" : ".must", NULL);
    if (other != NULL)
        give_up(shape, "the query is a bool with %s", other);
    else if (json_array_length(must) > 1)
        give_up(shape, "the query is a bool with several must: their scores are added");
    if (YAJL_IS_ARRAY(must))
        must = json_array_length(must) > 0 ? json_array_get(must, 0) : NULL;
    take_clauses(shape->filters, json_get(query, "filter"));
    take_clauses(shape->excludes, json_get(query, "must_not"));
    if (must != NULL)
        take_query(shape, must, within);
    else
        give_up(shape, "the query is a bool with no must: it has no script_score");
}

static void take_query(CapturedShape *shape, yajl_val query, const char *path)
{
    const char *kind =
        YAJL_IS_OBJECT(query) && query->u.object.len == 1 ? query->u.object.keys[0] : "?";
    yajl_val within =
        YAJL_IS_OBJECT(query) && query->u.object.len == 1 ? query->u.object.values[0] : NULL;
    g_autofree char *inner = g_strdup_printf("%s.%s", path, kind);
    if (strcmp(kind, "script_score") == 0)
        take_script_score(shape, within, inner);
    else if (strcmp(kind, "function_score") == 0)
        take_function_score(shape, within, inner);
    else if (strcmp(kind, "bool") == 0)
        take_bool(shape, within, inner);
    else
        give_up(shape, "the query is no script_score");
}

/* ---- the body ---- */

static void take_others(CapturedShape *shape, yajl_val object, const char *const *harmless)
{
    for (gsize i = 0; YAJL_IS_OBJECT(object) && i < object->u.object.len; i++)
        if (!is_among(object->u.object.keys[i], harmless))
            g_ptr_array_add(shape->others, (gpointer)object->u.object.keys[i]);
}

static void take_retriever(CapturedShape *shape, yajl_val retriever)
{
    static const char *const known[] = {"query", "filter", "sort", "min_score", "_name", NULL};
    yajl_val standard = json_get(retriever, "standard");
    if (standard == NULL) {
        give_up(shape, "the retriever is a %s, not a standard one",
                YAJL_IS_OBJECT(retriever) && retriever->u.object.len > 0
                    ? retriever->u.object.keys[0]
                    : "?");
        return;
    }
    take_others(shape, standard, known);
    take_clauses(shape->filters, json_get(standard, "filter"));
    take_min_score(shape, standard);
    shape->sort = json_get(standard, "sort");
    take_query(shape, json_get(standard, "query"), "retriever.standard.query");
}

gboolean captured_query_shape(CapturedShape *shape, yajl_val body)
{
    static const char *const harmless[] = {
        "query",         "retriever",       "size",          "from",
        "sort",          "min_score",       "_source",       "fields",
        "stored_fields", "docvalue_fields", "script_fields", "track_total_hits",
        "track_scores",  "explain",         "version",       "seq_no_primary_term",
        "profile",       "timeout",         "stats",         "highlight",
        "aggs",          "aggregations",    "suggest",       NULL,
    };
    yajl_val query = json_get(body, "query"), retriever = json_get(body, "retriever");
    *shape = (CapturedShape){
        .filters = g_ptr_array_new(),
        .excludes = g_ptr_array_new(),
        .others = g_ptr_array_new(),
        .sort = json_get(body, "sort"),
        .min_score = NAN,
    };
    take_others(shape, body, harmless);
    take_min_score(shape, body);
    if (query != NULL)
        take_query(shape, query, "query");
    else if (retriever != NULL)
        take_retriever(shape, retriever);
    return query != NULL || retriever != NULL;
}
