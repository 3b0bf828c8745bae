/* How good predictions and rankings are.
 *
 * Of predictions p_r of ratings y_r, r = 1..N (Herlocker et al., "Evaluating collaborative
 * filtering recommender systems", ACM TOIS 22(1), 2004):
 *
 *   RMSE = sqrt(1/N Σ (p_r − y_r)²)        MAE = 1/N Σ |p_r − y_r|
 *
 * Of a user's top list of up to K movies, of which h_i ∈ {0, 1} says whether the one at rank i
 * (from 1) is relevant, and of R relevant movies in all, R ≥ 1:
 *
 *   recall@K = Σ_i h_i / R
 *   NDCG@K   = DCG / IDCG,  DCG = Σ_i h_i / log2(i + 1),  IDCG = Σ_{i=1..min(R,K)} 1 / log2(i + 1)
 *
 * (Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 2002,
 * with gain 1 for a relevant movie and the discount log2(i + 1) that is now customary.) */
#pragma once

#include <glib.h>

/* predicted [count], actual [count]; count ≥ 1. */
double metrics_rmse(const float *predicted, const float *actual, guint count);
double metrics_mae(const float *predicted, const float *actual, guint count);

/* hits [shown]: 0 or 1 by rank, shown ≤ K; `size` is K; `relevant` is R. */
double metrics_ndcg(const guint8 *hits, guint shown, guint size, guint relevant);
double metrics_recall(const guint8 *hits, guint shown, guint relevant);

/* The positions of the up to `size` highest of scores [count], best first, equal ones by position,
 * to top [size]; those with excluded[i] != 0 are left out (`excluded` [count], nullable). Returns
 * how many there are. */
guint metrics_top(guint32 *top, guint size, const float *scores, const guint8 *excluded,
                  guint count);
