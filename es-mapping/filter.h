/* Which movies may be recommended, as clauses of a `bool` query in filter context: they do not
 * touch the score, the server may cache each of them, and none is in the script. */
#pragma once

#include "json.h"

typedef struct {
    GPtrArray *any_genre;   /* char *: one of these at least */
    GPtrArray *all_genres;  /* char *: every one of these */
    GPtrArray *no_genre;    /* char *: none of these */
    int year_from, year_to; /* both included; 0: open. A movie without a year is in no range */
    guint least_ratings;    /* 0: any number */
    GPtrArray *only;        /* char *: movie ids of the data set: none but these; empty: all */
    GPtrArray *excluded;    /* char *: movie ids of the data set, e.g. "318" */
    char *raw; /* JSON of one more query, e.g. {"prefix": {"title": "Star"}}; nullable */
} Filter;

/* A filter that lets every movie pass. */
Filter *filter_new(void);
void filter_free(Filter *filter);

/* `filter` may be NULL: a new one. */
Filter *filter_copy(const Filter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Filter, filter_free)

void filter_exclude(Filter *filter, const char *movie);

/* RECSYS_ERROR_USAGE for what contradicts itself (a genre both wanted and unwanted, years that end
 * before they begin), an empty genre, texts that are not UTF-8 or have a control character, and a
 * `raw` that is no JSON object. Whether a release has such a genre or movie it does not know: one
 * that is in no document lets nothing pass, see release_names.h. */
gboolean filter_check(const Filter *filter, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if there is nothing but movies to ask for. `filter` may be NULL: the same. */
gboolean filter_is_empty(const Filter *filter);

/* Writes the query: {"bool": {"filter": …}} of all movies that pass. `filter` may be NULL. */
void filter_put(yajl_gen json, const Filter *filter);
