#include "similar.h"

#include <string.h>

#include "feature_table.h"
#include "recsys_error.h"

#define MOST_ATTEMPTS 3

const char *similar_measure(QueryScoring by)
{
    return by == QUERY_COSINE ? "cosine" : "dot";
}

gboolean similar_parse_measure(const char *name, QueryScoring *by, GError **error)
{
    *by = strcmp(name, similar_measure(QUERY_DOT)) == 0 ? QUERY_DOT : QUERY_COSINE;
    if (strcmp(name, similar_measure(*by)) == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--by %s: cosine or dot is expected",
                name);
    return FALSE;
}

/* To the server, which squares in float32. */
static gboolean is_zero(const ProfileSum *sum)
{
    double squares = 0;
    for (guint f = 0; f < sum->k; f++)
        squares += (double)sum->query[f] * sum->query[f];
    return squares < QUERY_LEAST_NORM * QUERY_LEAST_NORM;
}

static Ranking *attempt(Recommender *recommender, const SimilarRequest *request,
                        const Filter *filter, GError **error)
{
    const QueryScoring by = request->by == QUERY_DOT ? QUERY_DOT : QUERY_COSINE;
    g_autoptr(Profile) movie = profile_new();
    profile_add(movie, FEATURE_MOVIE, request->movie);
    g_autoptr(FeatureVectors) vectors = recommender_fetch(recommender, movie, NULL, error);
    if (vectors == NULL)
        return NULL;
    g_autoptr(ProfileSum) sum =
        feature_vectors_sum(vectors, 0, &recommender_release(recommender)->form);
    g_autofree char *index = g_strdup(recommender_release(recommender)->index);
    if (by == QUERY_COSINE && is_zero(sum)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "the vector of movie %s is zero, or too short to tell from it: it has no "
                    "direction, so no movie is like it",
                    request->movie);
        return NULL;
    }
    const RecommendRequest what = {
        .sum = sum,
        .index = index,
        .scoring = by,
        .size = request->size,
        .from = request->from,
        .filter = filter,
    };
    Ranking *ranking = recommender_ask(recommender, &what, error);
    if (ranking != NULL)
        ranking->measure = similar_measure(by);
    return ranking;
}

Ranking *similar_ask(Recommender *recommender, const SimilarRequest *request, GError **error)
{
    if (request->movie == NULL || request->movie[0] == '\0') {
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "like which movie?");
        return NULL;
    }
    g_autoptr(Filter) others = filter_copy(request->filter);
    filter_exclude(others, request->movie);
    for (guint i = 1;; i++) {
        g_autoptr(GError) failure = NULL;
        Ranking *ranking = attempt(recommender, request, others, &failure);
        if (ranking != NULL)
            return ranking;
        if (i == MOST_ATTEMPTS ||
            !g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
    }
}
