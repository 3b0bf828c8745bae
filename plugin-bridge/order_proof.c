#include "order_proof.h"

#include <math.h>

PairVerdict order_pair(ExactScore above, ExactScore below)
{
    double lead = above.score - below.score;
    double bound = above.bound + below.bound;
    if (lead > bound)
        return PAIR_PROVED;
    return -lead > bound ? PAIR_VIOLATED : PAIR_WITHIN_ROUNDING;
}

const char *order_pair_name(PairVerdict verdict)
{
    static const char *const names[] = {"proved", "within rounding", "violated"};
    return names[verdict];
}

double order_error(ExactScore exact, float answer)
{
    return fabs((double)answer - exact.score);
}

gboolean order_score_is_right(ExactScore exact, float answer)
{
    return order_error(exact, answer) <= exact.bound; /* FALSE for NaN */
}

gboolean order_is_sorted(float above, guint above_index, float below, guint below_index)
{
    return above > below || (above == below && above_index < below_index);
}

gboolean order_cut_is_right(const ExactScore *scores, const gboolean *is_returned, guint movies,
                            guint *left_out, guint *returned)
{
    double best_left_out = -INFINITY, worst_returned = INFINITY;
    for (guint i = 0; i < movies; i++) {
        double low = scores[i].score - scores[i].bound, high = scores[i].score + scores[i].bound;
        if (is_returned[i] && high < worst_returned) {
            worst_returned = high;
            *returned = i;
        } else if (!is_returned[i] && low > best_left_out) {
            best_left_out = low;
            *left_out = i;
        }
    }
    return best_left_out <= worst_returned;
}
