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

/* "proved", "within rounding" or "violated". */
const char *order_pair_name(PairVerdict verdict);

/* The error of a returned score, |answer − S|. */
double order_error(ExactScore exact, float answer);

/* FALSE if it is further than B from S, infinite, or not a number. */
gboolean order_score_is_right(ExactScore exact, float answer);

/* What no rounding excuses: an answer is sorted by its own scores, equal ones by feature index. */
gboolean order_is_sorted(float above, guint above_index, float below, guint below_index);

/* FALSE if a movie left out beats one that was returned; then *left_out and *returned are such two.
 * scores: [movies]; is_returned: [movies]. */
gboolean order_cut_is_right(const ExactScore *scores, const gboolean *is_returned, guint movies,
                            guint *left_out, guint *returned);
