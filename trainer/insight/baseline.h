/* What a model has to beat: predictions that know nothing of the person.
 *
 *   rating of movie m     μ + Σ_r (y_r − μ) / (n_m + 5)   over its n_m training ratings y_r, where
 * μ is the mean of all training ratings: its mean, damped, so that one rating of 5 makes no best
 * movie place of m in a list  "most popular": how many training ratings of m are relevant */
#pragma once

#include "training_rows.h"

#define BASELINE_DAMPING 5

typedef struct {
    float
        *rating; /* [M] by number of the movie; NULL: what the model was trained on is not known */
    float *popularity; /* [M] */
} Baseline;

/* `rows` is nullable: popularity is then how many ratings of any kind the table says a movie has.
 * Ratings of `relevant` or more are relevant. */
Baseline *baseline_new(const FeatureTable *table, const TrainingRows *rows, float relevant);
void baseline_free(Baseline *baseline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Baseline, baseline_free)
