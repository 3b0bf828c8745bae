/* Every 64-bit ARM CPU has NEON. */
#include <arm_neon.h>

#include "kernels_variants.h"

static inline float sum_of_four(float32x4_t x)
{
    const float32x2_t sum = vadd_f32(vget_low_f32(x), vget_high_f32(x));
    return vget_lane_f32(sum, 0) + vget_lane_f32(sum, 1);
}

#define NAME neon
#define VECTOR float32x4_t
#define WIDTH 4
#define SQRT(x) vsqrtq_f32(x)
#define SPLAT(x) vdupq_n_f32(x)
#define SUM(x) sum_of_four(x)
#include "kernels_template.h"
