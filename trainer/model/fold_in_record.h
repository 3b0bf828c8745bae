/* How a person that the model does not know is found from ratings, given the documents of what is
 * known of them (their prior): "fold_in" in training.json.
 *
 * Symbols: k factors, R rating_dims (model_form.h), v_m a movie's vector. */
#pragma once

#include "json.h"

typedef struct {
    /* Ratings: θ = [v_person (k), w_person] minimises Σ (rating − predicted)² + Σ_d p_d θ_d²; a p_d
     * of 0 fixes θ_d at 0. NULL without ratings. */
    float *precisions; /* [k + 1] */

    /* Lists: x = mean + Σ known v + θ in the dimensions R..k-1 minimises
     * Σ_shown (target_scale · target − <x, v_m>)² + α xᵀGx + λ (shown + α·movies) ‖θ‖², G the sum
     * of v_m v_mᵀ over all movies; target is that of the learner (ials_target) for ratings from `lowest`
     * to `highest`. `mean` is NULL without lists of their own. */
    double alpha, lambda, target_scale, lowest, highest;
    float *mean; /* [k] */
} FoldInRecord;

void fold_in_record_clear(FoldInRecord *record);

/* Writes "fold_in" and its object, or nothing for a model without one. Vectors are big-endian
 * float32 in base64. */
void fold_in_record_put_member(yajl_gen json, const FoldInRecord *record, guint k);
