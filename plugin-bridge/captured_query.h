/* A search as a client sent it, taken apart: the body alone, or {"request": body, "response":
 * answer}. Nothing is asked of a cluster here. */
#pragma once

#include "captured_query_shape.h"
#include "query_script.h"

typedef enum {
    FILTER_MOVIES, /* feature_type: movie, nothing else */
    FILTER_ALL,    /* match_all, or nothing at all */
    FILTER_OTHER,  /* anything else: the cluster has to say what it lets through */
} QueryFilter;

typedef enum {
    SORT_BY_SCORE_ALONE, /* equal scores come in no fixed order */
    SORT_BY_INDEX_TOO,   /* then feature_index, ascending: the right one */
    SORT_BY_SCORE_FIRST, /* then something else */
    SORT_WRONG,          /* not best first */
} QuerySort;

typedef struct {
    char *what; /* the name of where it came from, for messages */
    yajl_val tree, answer_tree;
    yajl_val request;  /* within a tree */
    yajl_val response; /* within a tree, or NULL */
    CapturedShape shape;
    QueryFilter filter_kind;
    QuerySort sort;
    QueryScript script;
    char *unknown; /* why the script, or the query, is not understood; NULL if it is */
    float *vector; /* [k] the query vector, rounded to float32, or NULL */
    guint k;
    guint size, from;
} CapturedQuery;

void captured_query_clear(CapturedQuery *query);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CapturedQuery, captured_query_clear)

/* Reads the texts of a query and, if not NULL, of an answer; `what` and `answer_what` name them.
 * RECSYS_ERROR_DATA naming the line, or the member, that cannot be read. Clear `query` all the
 * same. */
gboolean captured_query_read(CapturedQuery *query, const char *text, const char *what,
                             const char *answer, const char *answer_what,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The body as JSON, for asking the cluster. */
char *captured_query_body(const CapturedQuery *query);

/* Part of a captured text as JSON on one line, numbers as they were sent. */
char *captured_query_text(yajl_val value);

/* What must match beside the score, as one query in JSON, or NULL for nothing. */
char *captured_query_filter(const CapturedQuery *query);
