/* Recommendations from a cluster, as an application asks for them: one Recommender for an alias,
 * kept as long as the program runs, and a request for each question.
 *
 *     g_autoptr(EsClient) client = es_options_connect(&options, &error);
 *     g_autoptr(Recommender) recommender = recommender_new(client, "recsys");
 *     g_autoptr(Profile) profile = profile_new();
 *     profile_add(profile, "gender", "M");
 *     RecommendRequest request = {.profile = profile, .size = 10};
 *     g_autoptr(Ranking) ranking = recommender_ask(recommender, &request, &error);
 *
 * It takes two requests: mget fetches the profile's documents through the alias, and their vectors
 * are summed; script_score ranks the movies by it (feature_vectors.h, query_body.h, hits.h). A user
 * is the whole person (profile.h): a second mget, of the index that the first one answered from,
 * fetches those of their attributes that the recommender has not seen yet (feature_cache.h).
 *
 * Torn-read guard: step 2 searches the concrete index that step 1 answered from, and all documents
 * must carry that release's model_id. If the alias moves between the steps, or the index that step
 * 1 answered from has been deleted since, the flow starts over, up to five times in all: an answer
 * is of one release, and a release that was replaced is no error.
 *
 * A Recommender is for one thread at a time. */
#pragma once

#include "es_client.h"
#include "feature_vectors.h"
#include "filter.h"
#include "profile.h"
#include "query_body.h"
#include "ranking.h"
#include "release_meta.h"

#define RECOMMEND_MOST QUERY_MOST /* movies in one answer */
#define RECOMMEND_USUAL 10        /* movies, if a request does not say how many */

/* How many candidates are the usual number for an answer of this size. */
guint recommend_usual_candidates(guint size);

/* FALSE with RECSYS_ERROR_USAGE if the release cannot be asked with so many candidates. */
gboolean recommend_check_knn(const ReleaseMeta *release, guint candidates,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Who asks, and for what. Zeroed members mean the usual. Nothing in it is owned by the request; all
 * must be valid during the call. */
typedef struct {
    /* For whom: a profile, of one value of each type, or anyone … */
    const Profile *profile;

    /* … or, if `profile` is NULL, a sum computed elsewhere (fold-in, similar movies) from the
     * vectors of the release whose concrete index is `index`: see recommender_fetch(). If that
     * release is gone by now, or the recommender has meanwhile seen another one, the request ends
     * with RECSYS_ERROR_INCONCLUSIVE; start over then. `parts` are its summands, for `explain`. */
    const ProfileSum *sum;
    const char *index;
    const FeatureVectors *parts; /* nullable without explain */
    gboolean user_only;          /* as if `profile` were user_only */
    gboolean cold_start;         /* leave a user out of `profile` whom the release does not have,
                                    instead of an error */
    QueryScoring scoring;        /* other than QUERY_MODEL there are no ratings (NAN) */

    /* What: */
    guint size;            /* movies, RECOMMEND_MOST at most; 0: RECOMMEND_USUAL */
    guint from;            /* skip so many first, by search_after on a point in time */
    guint candidates;      /* 0: exact. Otherwise approximate, through the graph of a release that
                              has one: QueryBody; RECSYS_ERROR_USAGE for one that has none */
    const Filter *filter;  /* nullable: every movie. filter_check() applies. A genre that no movie
                              has is an empty list and no error: release_check_genres() of
                              release_names.h tells them apart, and so does
                              release_unknown_movies() for ids */
    gboolean with_vectors; /* fill each RankedMovie's vector and bias */
    gboolean explain;      /* fill terms and shares too (ranking_shares.h) */
} RecommendRequest;

/* A flow against one alias; remembers the release's _meta from one call to the next, and looks
 * again before it refuses something that a newer release may have. */
typedef struct Recommender Recommender;

/* `client` must outlive the recommender. */
Recommender *recommender_new(EsClient *client, const char *alias);
void recommender_free(Recommender *recommender);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recommender, recommender_free)

EsClient *recommender_client(const Recommender *recommender);
const char *recommender_alias(const Recommender *recommender);

/* The answer. It has fewer movies than `size` only if no more pass the filter; that may be none.
 * Errors: RECSYS_ERROR_USAGE (an empty profile that is not `anyone`, anyone of a model without an
 * average person, two values of a type, text that is not UTF-8, a
 * value the release does not have: the known ones are named), RECSYS_ERROR_INCONCLUSIVE (partial
 * answer; releases kept changing), RECSYS_ERROR_GATE (documents of another model),
 * RECSYS_ERROR_REFUSED (not a release; an answer that makes no sense), ES_ERROR, transport. */
Ranking *recommender_ask(Recommender *recommender, const RecommendRequest *request,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The best `size` movies for a profile: recommender_ask() with nothing else. */
Ranking *recommender_rank(Recommender *recommender, const Profile *profile, guint size,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- in parts ---- */

/* Step 1 alone: release, vectors and sum of the request are then those below. The same errors. */
gboolean recommender_prepare(Recommender *recommender, const RecommendRequest *request,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the last step 1 found; owned by the recommender, valid until its next call; NULL before. The
 * vectors are NULL after a request by sum. The user that was left out by `cold_start` (else NULL)
 * is not among them. */
const ReleaseMeta *recommender_release(const Recommender *recommender);
const FeatureVectors *recommender_last_vectors(const Recommender *recommender);
const ProfileSum *recommender_last_sum(const Recommender *recommender);

/* Whose sum it is, in the order of the vectors: the request's profile with what came in by itself,
 * without who was left out; NULL after a request by sum. */
const Profile *recommender_last_profile(const Recommender *recommender);
const char *recommender_left_out(const Recommender *recommender);

/* The vectors of any features of the live release, all of one release, which is
 * recommender_release() then. `missing` as in feature_vectors_fetch(). The same errors. */
FeatureVectors *recommender_fetch(Recommender *recommender, const Profile *features,
                                  gboolean *missing, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The body of step 2, after step 1; it refers to what the request and the recommender own. Of
 * `from`, which is left to the caller, it takes nothing. */
QueryBody recommender_query(const Recommender *recommender, const RecommendRequest *request);

/* Where step 2 is sent: POST to this path; free with g_free. */
char *recommend_search_path(const char *index);

/* ---- for callers that build their own search ---- */

/* query_shift() of query_body.h. */
double recommend_shift(const float *query, guint k, double max_movie_norm, double min_movie_bias);

/* The body of step 2 without filters. */
char *recommend_search_body(const float *query, guint k, double shift, guint size);

/* The same search for a program that wants the ids alone: each hit has `_id`, `_score`, and `sort`
 * with the values that a page ends with, [score, feature index]; `after` is such an array, as text,
 * where the page begins, or NULL. */
char *recommend_ids_body(const float *query, guint k, double shift, guint size, const char *after);
