/* Why a movie stands where it stands: its score taken apart.
 *
 *   score(m) = w_m + <Σ_f v_f, v_m> = w_m + Σ_f <v_f, v_m>
 *
 * so that each feature of the profile has a share, <v_f, v_m>, and the movie itself has one, w_m:
 * how well it is liked by everyone. Where vectors have two halves (model_form.h), the products are
 * those of the half for lists, as the score is. */
#pragma once

#include "feature_vectors.h"
#include "ranking.h"

/* Fills the ranking's terms and each movie's shares, in double. The movies need their vectors. */
void ranking_explain(Ranking *ranking, const FeatureVectors *profile);
