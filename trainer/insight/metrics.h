/* How good a list is, by Herlocker et al., "Evaluating collaborative filtering recommender
 * systems", ACM TOIS 22(1), 2004, and Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR
 * techniques", ACM TOIS 20(4), 2002 (with gain 1 for a relevant movie and the discount log2(i + 1)
 * that is now customary).
 *
 * Of a user's top list of up to K movies, of which h_i ∈ {0, 1} says whether the one at rank i
 * (from 1) is relevant, and of R relevant movies in all, R ≥ 1:
 *
 *   precision@K = Σ_i h_i / K      recall@K = Σ_i h_i / R      hit rate@K = 1 if any h_i is 1
 *   MRR@K       = 1 / i of the first h_i that is 1, or 0
 *   NDCG@K      = DCG / IDCG,  DCG = Σ_i h_i / log2(i + 1),  IDCG = Σ_{i=1..min(R,K)} 1 / log2(i +
 * 1)
 */
#pragma once

#include <glib.h>

/* hits [shown]: 0 or 1 by rank, shown ≤ K; `size` is K; `relevant` is R. */
double metrics_precision(const guint8 *hits, guint shown, guint size);
double metrics_recall(const guint8 *hits, guint shown, guint relevant);
double metrics_hit_rate(const guint8 *hits, guint shown);
double metrics_reciprocal_rank(const guint8 *hits, guint shown);
double metrics_ndcg(const guint8 *hits, guint shown, guint size, guint relevant);

/* The positions of the up to `size` highest of scores [count], best first, equal ones by position,
 * to top [size]; those with excluded[i] != 0 are left out (`excluded` [count], nullable). Returns
 * how many there are. */
guint metrics_top(guint32 *top, guint size, const float *scores, const guint8 *excluded,
                  guint count);
