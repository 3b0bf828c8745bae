/* The body of a search for the movies nearest to a query vector, on one line: for _search, and as
 * an item of _msearch. The script's text never changes, so that the server compiles it once; all
 * that varies is in its parameters. */
#pragma once

#include "filter.h"

#define QUERY_MOST_CANDIDATES 10000 /* the server's limit of num_candidates */
#define QUERY_MOST 10000            /* hits of one search: the server's max_result_window */

/* Shorter vectors have no direction to a server: it squares in float32, where the square of this is
 * just a normal number (2^-126), and those of shorter ones lose their digits or become 0. */
#define QUERY_LEAST_NORM 1.0842022e-19

typedef enum {
    QUERY_MODEL,  /* shift + <query, v_m> + w_m: the factorization machine */
    QUERY_DOT,    /* shift + <query, v_m> */
    QUERY_COSINE, /* cos(query, v_m) + 1, 1 for a vector below QUERY_LEAST_NORM; needs no shift; of
                     the dimensions from `first` on */
} QueryScoring;

typedef struct {
    const float *query; /* [k] */
    guint k;
    guint first; /* before it `query` is 0: the rating half (model_form.h) */
    QueryScoring scoring;
    double shift; /* keeps every score positive: query_shift() */

    /* 0: every movie is scored. Otherwise a walk through the graph of KNN_FIELD, which a release
     * has if it was made for it, that keeps so many movies of each shard in sight (at least
     * `size`): it may miss some of the best. Scoring is QUERY_MODEL then, without a shift, and the
     * server's scores are to be turned back by query_knn_score(). */
    guint candidates;

    guint size;
    guint from;           /* hits to skip; from + size is at most QUERY_MOST */
    const Filter *filter; /* nullable: every movie */

    gboolean with_vectors; /* the hits carry embedding and bias */
    gboolean bare;         /* the hits carry nothing but id, score and sort values */

    /* Paging (recommend_pages.h). With a point in time the search names no index. */
    const char *point_in_time; /* nullable */
    const char *after;         /* JSON array: sort values of the hit before; nullable */
} QueryBody;

/* A shift that keeps every score positive, by Cauchy–Schwarz: ‖query‖ · max ‖v_m‖ − min w_m, and
 * room for the float32 kernel's rounding. */
double query_shift(const float *query, guint k, double max_movie_norm, double min_movie_bias);

/* The inner product x behind a `_score` of Elasticsearch for the similarity max_inner_product,
 * which is x + 1, or 1 / (1 - x) if x is negative. */
double query_knn_score(float score);

/* The body without a line end; free with g_free. */
char *query_body(const QueryBody *body);
