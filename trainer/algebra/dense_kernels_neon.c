#include <arm_neon.h>

#define NAME neon
#define VECTOR float32x4_t
#define WIDTH 4
#define LOAD(from) vld1q_f32(from)
#define STORE(to, value) vst1q_f32(to, value)
#define SPLAT(x) vdupq_n_f32(x)
#define MULTIPLY_ADD(a, b, c) vfmaq_f32(c, a, b)
#define TILE_ROWS 8
#include "dense_kernels_template.h"
