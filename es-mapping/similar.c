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

/* As `filter`, but without the movie; what it shares it does not own. */
typedef struct {
    Filter filter;
    Filter *base; /* owned, if there was none to share */
} Others;

static void others_init(Others *others, const Filter *filter, const char *movie)
{
    others->base = filter == NULL ? filter_new() : NULL;
    others->filter = filter == NULL ? *others->base : *filter;
    const GPtrArray *excluded = others->filter.excluded;
    others->filter.excluded = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < excluded->len; i++)
        filter_exclude(&others->filter, g_ptr_array_index(excluded, i));
    filter_exclude(&others->filter, movie);
}

static void others_clear(Others *others)
{
    g_ptr_array_unref(others->filter.excluded);
    filter_free(others->base);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Others, others_clear)

static gboolean is_zero(const ProfileSum *sum)
{
    for (guint f = 0; f < sum->k; f++)
        if (sum->query[f] != 0)
            return FALSE;
    return TRUE;
}

static Ranking *attempt(Recommender *recommender, const SimilarRequest *request,
                        const Filter *filter, GError **error)
{
    g_autoptr(Profile) movie = profile_new();
    profile_add(movie, FEATURE_MOVIE, request->movie);
    g_autoptr(FeatureVectors) vectors = recommender_fetch(recommender, movie, NULL, error);
    if (vectors == NULL)
        return NULL;
    g_autoptr(ProfileSum) sum = feature_vectors_sum(vectors, 0);
    g_autofree char *index = g_strdup(recommender_release(recommender)->index);
    if (request->by == QUERY_COSINE && is_zero(sum)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "the vector of movie %s is zero: it has no direction, so no movie is like it",
                    request->movie);
        return NULL;
    }
    const RecommendRequest what = {
        .sum = sum,
        .index = index,
        .scoring = request->by,
        .size = request->size,
        .from = request->from,
        .filter = filter,
    };
    Ranking *ranking = recommender_ask(recommender, &what, error);
    if (ranking != NULL)
        ranking->measure = similar_measure(request->by);
    return ranking;
}

Ranking *similar_ask(Recommender *recommender, const SimilarRequest *request, GError **error)
{
    g_auto(Others) others = {0};
    others_init(&others, request->filter, request->movie);
    for (guint i = 1;; i++) {
        g_autoptr(GError) failure = NULL;
        Ranking *ranking = attempt(recommender, request, &others.filter, &failure);
        if (ranking != NULL)
            return ranking;
        if (i == MOST_ATTEMPTS ||
            !g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
    }
}
