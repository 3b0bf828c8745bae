/* Exact scores, orders and cuts of many queries on one bundle, from an approximate score of every
 * movie and the exact score (exact_score.h) of those alone that matter. The answers are those of
 * the plain way (local_score_all() and a sort), to the last bit and place: the tests compare them.
 *
 * Each movie's vector is kept once more in bytes: d_m ≈ a_m C_m, a_m = max_i |d_mi| / 127 as a
 * float32, C_m whole numbers from −127 to 127; and so is a query, q ≈ b e. What a query reads of a
 * movie are k bytes instead of 4k. Symbols: c the shift, w_m a movie's bias, S_m its exact score,
 * u = 2^-24, and, each rounded up,
 *
 *   M ≥ max ‖d_m‖   R ≥ max ‖d_m − a_m C_m‖   W ≥ max |w_m|   Q ≥ ‖q‖   r ≥ ‖q − b e‖.
 *
 * With p_m = a_m b Σ C_mi e_i, whose sum is of whole numbers and exact, Cauchy–Schwarz gives
 *
 *   |<q, d_m> − p_m| = |<q, d_m − a_m C_m> + <q − b e, a_m C_m>| ≤ Q R + r (M + R).
 *
 * The fast score s_m = w_m + p_m is computed in float32 (code_dots.h): the sum, its products with
 * a_m and b, and the addition of w_m are rounded, each by u of at most P = W + (Q + r)(M + R), or
 * by 2^-150 below the normal range: less than 8 u P + 2^-140 in all. The shift is added where s_m
 * is compared, in double, and S_m itself is rounded: less than 8·2^-53 (|c| + P). The sum of these
 * is E: |c + s_m − S_m| ≤ E for every movie. (All this for steps a_m, b that are 0 or between 2^-80
 * and 2^80, and P < 2^100, so that nothing overflows and no partial product underflows. A smaller
 * step is made 0: the vector of a movie that nobody rated, which weight decay leaves next to
 * nothing of, is all residual. With larger ones E = ∞, and every movie matters.)
 *
 * The best d. Let t be the d-th largest s. The d movies with s ≥ t have S − c ≥ t − E, so a movie
 * with s < t − 2E has less than that of d others: it is neither among the best d nor tied with one
 * of them. The rest, s ≥ t − 2E, get exact scores and are sorted: the same d movies in the same
 * order as by the plain way.
 *
 * A cut (order_proof.h). With the bounds B, a movie that was left out violates it if
 * S_m − B_m > H, H = min (S_r + B_r) over the returned movies r. If c + s_m + E ≤ H then S_m − B_m
 * ≤ S_m ≤ H, and it cannot: exact scores are needed of the returned movies and of those with c +
 * s_m + E > H alone.
 *
 * Vectors with a few large components make E large and more movies matter: slower, never wrong.
 *
 * Memory: k bytes (rounded up to 64) and 12 more a movie, beside the bundle's own 4·(k + 1) a
 * feature: 140 MB beside 484 MB for a million movies of 120 dimensions. */
#pragma once

#include "bundle.h"
#include "code_dots.h"
#include "exact_score.h"

/* Positions of movies are those in feature_table_of_type (FEATURE_MOVIE). */
typedef struct FastScorer FastScorer;

/* The bundle must outlive the scorer. `kernel` is one that this CPU has. */
FastScorer *fast_scorer_new(const Bundle *bundle, const CodeKernel *kernel);
void fast_scorer_free(FastScorer *scorer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FastScorer, fast_scorer_free)

guint fast_scorer_movies(const FastScorer *scorer);

/* The fast scores for query [k], from which the functions below answer until the next call. */
void fast_scorer_score(FastScorer *scorer, const float *query, double shift);

/* S_m with its bound, c + s_m, and E, for that query. */
ExactScore fast_scorer_exact(const FastScorer *scorer, guint position);
double fast_scorer_fast(const FastScorer *scorer, guint position);
double fast_scorer_error(const FastScorer *scorer);

/* The positions (guint) of the best `size` movies, best first; equal scores by feature index. */
GArray *fast_scorer_best(const FastScorer *scorer, guint size);

/* The positions (guint), in order, of the movies that may have an exact score above `high`. */
GArray *fast_scorer_above(const FastScorer *scorer, double high);
