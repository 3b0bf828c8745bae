/* A list with less of the same: maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998).
 *
 * From the first n answers movies are taken one by one, each time the one with the greatest
 *
 *   (1 − L) · relevance − L · max over those taken (similarity)
 *
 * Relevance is the score, brought linearly to 0 for the last of the n and 1 for the first;
 * similarity is (1 + cosine of the two vectors) / 2, so both go from 0 to 1. A vector of zeros has
 * a cosine of 0 with all. With L = 0 the order is that of the scores, with L = 1 only difference
 * counts, once the best movie is taken. Of equals the one with the better rank is taken, so the
 * result is the same every time. */
#pragma once

#include "ranking.h"

/* How many answers are looked at for a list of `size`: ten times as many, at least 100. */
guint diversify_candidates(guint size);

/* order [size]: the positions, below n, of the movies taken. scores: [n], best first; vectors: n
 * pointers to [k]; size ≤ n. O(size · n · k), which is many seconds for the longest lists:
 * RECSYS_ERROR_INTERRUPTED after a signal. */
gboolean diversify(guint *order, guint size, const double *scores, const float *const *vectors,
                   guint n, guint k, double l, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Leaves of a ranking, whose movies have their vectors [k], the `size` (or all) that are taken, in
 * that order; where vectors have two halves (model_form.h), by the one for lists. The same error;
 * the ranking is as it was then. */
gboolean diversify_ranking(Ranking *ranking, guint k, guint size, double l,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
