/* Every 64-bit ARM CPU has NEON. */
#include <arm_neon.h>

#include "kernels_variants.h"

#define NAME neon
#define VECTOR float32x4_t
#define WIDTH 4
#define SQRT(x) vsqrtq_f32(x)
#define SPLAT(x) vdupq_n_f32(x)
#include "kernels_template.h"
