/* Adam (Kingma & Ba, 2015) as torch.optim.Adam has it: L2 weight decay is added to the gradient,
 * both moments are bias-corrected, eps is outside the root. */
#pragma once

#include <glib.h>

typedef struct {
    double learning_rate;
    double weight_decay;
    double beta1, beta2, eps; /* 0.9, 0.999, 1e-8 by custom */
} Adam;

/* The constants of one step, computed in double once. */
typedef struct {
    float weight_decay;
    float beta2;
    float one_minus_beta1, one_minus_beta2;
    float step_size;          /* learning_rate / (1 − beta1^t) */
    float root_of_correction; /* sqrt(1 − beta2^t) */
    float eps;
} AdamStep;

/* `t` counts steps from 1. */
AdamStep adam_step(const Adam *adam, guint64 t);

/* Updates parameters and both moments in place; all arrays are [count]. */
void adam_update(float *parameters, float *first, float *second, const float *gradient, gsize count,
                 const AdamStep *step);
