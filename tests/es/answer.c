#include "answer.h"

#include <string.h>

#include "order_proof.h"

/* FALSE if the model does not know the movie. */
static gboolean score_of(ExactScore *score, const Bundle *bundle, const ProfileSum *sum,
                         const RankedMovie *movie, double shift)
{
    guint index = 0;
    if (!feature_table_find(bundle->features, FEATURE_MOVIE, movie->value, &index))
        return FALSE;
    *score = exact_score(sum->query, fm_vector(bundle->model, index), bundle->model->k,
                         bundle->model->bias[index], shift);
    return TRUE;
}

gboolean answer_is_of(const Bundle *bundle, const Profile *profile, const Ranking *ranking,
                      guint size)
{
    g_autoptr(Ranking) local = local_rank(bundle, profile, size, NULL);
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
    if (local == NULL || sum == NULL || ranking->movies->len != size || local->movies->len != size)
        return FALSE;
    for (guint i = 0; i < size; i++) {
        const RankedMovie *found = &g_array_index(ranking->movies, RankedMovie, i);
        const RankedMovie *expected = &g_array_index(local->movies, RankedMovie, i);
        ExactScore score, rival;
        if (!score_of(&score, bundle, sum, found, ranking->shift) ||
            !score_of(&rival, bundle, sum, expected, ranking->shift) ||
            order_error(score, found->raw_score) > score.bound)
            return FALSE;
        if (strcmp(found->id, expected->id) != 0 &&
            order_pair(rival, score) != PAIR_WITHIN_ROUNDING)
            return FALSE;
    }
    return TRUE;
}
