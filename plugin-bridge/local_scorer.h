/* Ranks a bundle's movies with no cluster at all.
 *
 * The plain way is the exact score (exact_score.h) of every movie, and a sort: local_score_all().
 * It is what the rest is tested against. The fast way gives the same answers, to the last bit and
 * place, from one pass in float32 over all vectors and exact scores of those that matter.
 *
 * Symbols: q [k] the query, d_m [k] the vector of movie m and w_m its bias, c the shift,
 * Q ≥ ‖q‖, M ≥ max ‖d_m‖, W = max |w_m|, u = 2^-24, S_m the exact score. With f_m the float32 dot
 * product, in whatever order it is summed (exact_score.h: Higham §3.1), and Cauchy–Schwarz,
 *
 *   |f_m − <q, d_m>| ≤ γ_k Σ |q_i d_mi| + k·2^-149 ≤ γ_k Q M + k·2^-149,   γ_k = k·u / (1 − k·u).
 *
 * The fast score s_m = (c + w_m) + f_m is added in double, which errs by at most
 * 2^-52 (|c| + W + (1 + γ_k) Q M). The sum of both, rounded up, is E: |s_m − S_m| ≤ E for every
 * movie. (If Q M is beyond 2^100, where a float32 could overflow, or is not a number, there is no
 * fast way: E is infinite and every movie matters.)
 *
 * The best d. Let t be the d-th largest s. The d movies with s ≥ t have S ≥ t − E, so a movie with
 * s < t − 2E has S < t − E, less than that of d others: it is neither among the best d nor tied
 * with one of them. The rest, s ≥ t − 2E, get exact scores and are sorted: the same d movies in the
 * same order as by the plain way.
 *
 * A cut (order_proof.h). With the bounds B, a movie that was left out violates it if
 * S_m − B_m > H, H = min (S_r + B_r) over the returned movies r. If s_m + E ≤ H then S_m − B_m ≤
 * S_m ≤ H, and it cannot: exact scores are needed of the returned movies and of those with
 * s_m + E > H alone.
 *
 * Memory: a float a movie, beside the bundle's own 4·(k + 1) bytes a feature. */
#pragma once

#include "bundle.h"
#include "exact_score.h"
#include "profile.h"
#include "ranking.h"

/* The sum of a profile's vectors from the bundle; RECSYS_ERROR_USAGE naming the known values for
 * one the bundle does not have. */
ProfileSum *local_profile_sum(const Bundle *bundle, const Profile *profile,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The exact score of every movie, in the order of feature_table_of_type (FEATURE_MOVIE), to
 * scores [movies]. `query` is [k]. */
void local_score_all(ExactScore *scores, const Bundle *bundle, const float *query, double shift);

/* The best `size` movies; equal scores by feature index. */
Ranking *local_rank(const Bundle *bundle, const Profile *profile, guint size,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- many queries on one bundle ---- */

/* Positions are those in feature_table_of_type (FEATURE_MOVIE). */
typedef struct LocalScorer LocalScorer;

/* The bundle must outlive the scorer. RECSYS_ERROR_USAGE for RECSYS_KERNELS (kernels.h). */
LocalScorer *local_scorer_new(const Bundle *bundle, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void local_scorer_free(LocalScorer *scorer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LocalScorer, local_scorer_free)

guint local_scorer_movies(const LocalScorer *scorer);

/* The exact score of the movie at `position`. */
ExactScore local_scorer_exact(const LocalScorer *scorer, const float *query, guint position,
                              double shift);

/* The fast scores for a query: what the functions below answer from, until the next call. */
void local_scorer_score(LocalScorer *scorer, const float *query, double shift);

/* s_m and E, for tests. */
double local_scorer_fast(const LocalScorer *scorer, guint position);
double local_scorer_error(const LocalScorer *scorer);

/* The positions (guint) of the best `size` movies, best first; equal scores by feature index. */
GArray *local_scorer_best(LocalScorer *scorer, guint size);

/* The positions (guint), in order, of the movies that may have an exact score above `high`. */
GArray *local_scorer_above(const LocalScorer *scorer, double high);
