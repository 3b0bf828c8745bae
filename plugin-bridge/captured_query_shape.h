/* Finds the script that scores, and the filters, in the body of a captured search. Understood are
 *
 *   {"query": Q} and {"retriever": {"standard": {"query": Q, "filter": …}}}
 *
 * where Q is a script_score; a bool of one such must, with filter and must_not; or a function_score
 * whose one function is a script and takes the place of the query's score (boost_mode replace):
 * they all give the script's value as the score. Nothing else is guessed. */
#pragma once

#include "json.h"

typedef struct {
    char *path;          /* of what has the script, such as "query.script_score", or NULL */
    yajl_val script;     /* within the body, as all the rest; or NULL */
    GPtrArray *filters;  /* yajl_val: queries of which all must match */
    GPtrArray *excludes; /* yajl_val: of which none must */
    yajl_val sort;       /* or NULL */
    double min_score;    /* the greatest; NAN: none */
    GPtrArray *others;   /* const char *: members that change what is returned */
    char *unknown;       /* why it is not known what is scored or returned, or NULL */
    gboolean is_boosted; /* the score is not the script's, but its order is */
} CapturedShape;

/* FALSE if there is neither a query nor a retriever. */
gboolean captured_query_shape(CapturedShape *shape, yajl_val body);
void captured_shape_clear(CapturedShape *shape);
