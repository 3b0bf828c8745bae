/* Movies like a movie: an exact search by its own vector, which mget fetches first.
 *
 *   cosine   <v, v_m> / (‖v‖ ‖v_m‖), from −1 to 1: alike in kind, whatever their length
 *   dot      <v, v_m>: long vectors, those of movies that opinions differ on, come first
 *
 * Where vectors have two halves (model_form.h), both are of the half for lists.
 *
 * Biases, which say how well a movie is liked, play no part. A movie's score in the ranking is its
 * cosine or dot product; there are no ratings. */
#pragma once

#include "recommend.h"

/* "cosine" or "dot". */
const char *similar_measure(QueryScoring by);

/* FALSE with RECSYS_ERROR_USAGE for any other name. */
gboolean similar_parse_measure(const char *name, QueryScoring *by,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    const char *movie;    /* its id in the data set */
    QueryScoring by;      /* QUERY_DOT; anything else, zero included: QUERY_COSINE */
    guint size, from;     /* as in RecommendRequest */
    const Filter *filter; /* nullable; the movie itself is left out in any case */
} SimilarRequest;

/* Errors: RECSYS_ERROR_USAGE (no such movie in the release; a vector that has no cosine, as it is
 * zero or shorter than QUERY_LEAST_NORM), and those of recommender_ask(). Starts over if the
 * release changes between the two requests. */
Ranking *similar_ask(Recommender *recommender, const SimilarRequest *request,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
