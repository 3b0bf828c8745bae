/* The verdict on one returned order: the arithmetic of parity, with no cluster in sight.
 *
 * With S_a and B_a the exact score and bound of movie a (exact_score.h):
 *   a score is right if it is within B of S;
 *   an adjacent pair a, b is proved if S_a − S_b > B_a + B_b, violated if S_b − S_a > B_a + B_b,
 * and within rounding otherwise: either order is right then; the set is right if no movie left out
 * has S − B above the S + B of one that was returned. */
#pragma once

#include "exact_score.h"

typedef enum { PAIR_PROVED, PAIR_WITHIN_ROUNDING, PAIR_VIOLATED } PairVerdict;

PairVerdict order_pair(ExactScore above, ExactScore below);

/* The error of a returned score, |answer − S|. */
double order_error(ExactScore exact, float answer);

/* FALSE if a movie left out beats one that was returned; then *left_out and *returned are such two.
 * scores: [movies]; is_returned: [movies]. */
gboolean order_cut_is_right(const ExactScore *scores, const gboolean *is_returned, guint movies,
                            guint *left_out, guint *returned);
