#include "adam.h"

#include <math.h>

AdamStep adam_step(const Adam *adam, guint64 t)
{
    return (AdamStep){
        .weight_decay = (float)adam->weight_decay,
        .beta2 = (float)adam->beta2,
        .one_minus_beta1 = (float)(1.0 - adam->beta1),
        .one_minus_beta2 = (float)(1.0 - adam->beta2),
        .step_size = (float)(adam->learning_rate / (1.0 - pow(adam->beta1, (double)t))),
        .root_of_correction = (float)sqrt(1.0 - pow(adam->beta2, (double)t)),
        .eps = (float)adam->eps,
    };
}

void adam_update(float *restrict parameters, float *restrict first, float *restrict second,
                 const float *restrict gradient, gsize count, const AdamStep *step)
{
    const AdamStep s = *step;
    for (gsize i = 0; i < count; i++) {
        float g = gradient[i] + s.weight_decay * parameters[i];
        float m = first[i] + s.one_minus_beta1 * (g - first[i]);
        float v = s.beta2 * second[i] + s.one_minus_beta2 * (g * g);
        first[i] = m;
        second[i] = v;
        parameters[i] -= s.step_size * (m / (sqrtf(v) / s.root_of_correction + s.eps));
    }
}
