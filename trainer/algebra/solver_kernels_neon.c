/* Every 64-bit ARM CPU has NEON. */
#include <arm_neon.h>

#include "solver_kernels_variants.h"

#define NAME neon
#define VECTOR float32x4_t
#define WIDTH 4
#define TILE_ROWS 4
#define TILE_VECTORS 4
#define SPLAT(x) vdupq_n_f32(x)
#define FMA(a, b, c) vfmaq_f32(c, a, b)
#define FNMA(a, b, c) vfmsq_f32(c, a, b)
#include "solver_kernels_template.h"
