/* The two-step flow: mget the profile's documents through the alias and sum their vectors, then
 * rank the movies with script_score.
 *
 * Torn-read guard: step 2 searches the concrete index that step 1 answered from, and all documents
 * must carry that release's model_id. If the alias moves between the steps, or the index that step
 * 1 answered from has been deleted since, the flow starts over, up to five times in all: an answer
 * is of one release, and a release that was replaced is no error. */
#pragma once

#include "es_client.h"
#include "profile.h"
#include "ranking.h"
#include "release_meta.h"

#define RECOMMEND_MOST 10000 /* the server's max_result_window */

/* A flow against one alias; remembers the release's _meta from one call to the next. */
typedef struct Recommender Recommender;

/* `client` must outlive the recommender. */
Recommender *recommender_new(EsClient *client, const char *alias);
void recommender_free(Recommender *recommender);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recommender, recommender_free)

/* What step 1 found, kept for callers that prove step 2: owned by the recommender, valid until the
 * next call. */
const ProfileSum *recommender_last_sum(const Recommender *recommender);

/* The best `size` movies for a profile. Errors: RECSYS_ERROR_USAGE (a value the release does not
 * have), RECSYS_ERROR_INCONCLUSIVE (partial answer; releases kept changing), RECSYS_ERROR_REFUSED
 * (an answer that makes no sense), ES_ERROR, transport. */
Ranking *recommender_rank(Recommender *recommender, const Profile *profile, guint size,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* From now on ranks these movies alone: their values in the data set, up to NULL; those the release
 * does not have are left out. NULL: all movies again. `movies` must outlive its use. */
void recommender_set_movies(Recommender *recommender, const char *const *movies);

/* A shift that keeps every score positive, by Cauchy–Schwarz: ‖query‖ · max ‖v_m‖ − min w_m, and
 * room for the float32 kernel's rounding. */
double recommend_shift(const float *query, guint k, double max_movie_norm, double min_movie_bias);

/* The body of step 2; `movies` as above, or NULL for all. */
char *recommend_search_body(const float *query, guint k, double shift, guint size,
                            const char *const *movies);

/* The same search for a program that wants the ids alone: each hit has `_id`, `_score`, and `sort`
 * with the values that a page ends with, [score, feature index]; `after` is such an array, as text,
 * where the page begins, or NULL. */
char *recommend_ids_body(const float *query, guint k, double shift, guint size, const char *after);
