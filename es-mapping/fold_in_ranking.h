/* Fold-in by ranking: a vector for a person the model has never seen, from movies they have rated
 * or seen, for a model whose lists were learned from what is watched and what is not (Hu, Koren &
 * Volinsky, ICDM 2008).
 *
 * Symbols: M movies of the model, n of them shown; v_m a movie's vector, in the dimensions for
 * lists alone: R..k-1 with OBJECTIVE_BOTH, otherwise all; G = Σ_m v_m v_m' over all movies; S the
 * sum of the vectors of what is known of the person besides who they are. The person is
 * x = mean + S + θ, and θ is to minimise
 *
 *   Σ_shown (c · target − <x, v_m>)² + a x'Gx + l (n + a M) ‖θ‖²
 *
 * so that, with nothing else known, they are the average person. The learner turns its vectors such
 * that G is diagonal; then with b = mean + S, p_d = a G_d + l (n + a M) and π_d = −a G_d b_d / p_d
 * it is, but for a constant, a ridge regression (ridge.h) of p_d^½ (θ_d − π_d):
 *
 *   Σ_shown (c · target − <b, v_m> − <θ, v_m>)² + Σ_d p_d (θ_d − π_d)² */
#pragma once

#include "fold_in.h"

typedef struct {
    guint k;
    guint first;            /* R, or 0 */
    guint movies;           /* M */
    double alpha;           /* a ≥ 0, the weight of what is not shown */
    double lambda;          /* l > 0 */
    double target_scale;    /* c */
    double lowest, highest; /* ratings that the model was trained with */
    float *mean;            /* [k], 0 before `first`: the average person */
    float *gram;            /* [k], 0 before `first`: the diagonal of G */
} FoldInRanking;

void fold_in_ranking_free(FoldInRanking *ranking);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FoldInRanking, fold_in_ranking_free)

/* The target of a rating (rating_target.h); 1 if there is none (NAN). */
double fold_in_ranking_target(const FoldInRanking *ranking, double rating);

/* Solves for θ: person [k], of which the dimensions from `first` on are set. known: [k] S. Errors:
 * RECSYS_ERROR_DATA for numbers that are not finite. */
gboolean fold_in_ranking_solve(double *person, const FoldInRanking *about, const double *known,
                               const FoldInRating *shown, guint count,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
