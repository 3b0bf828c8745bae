/* Compiled with -mavx2; called only where the CPU has it. */
#include <immintrin.h>

#include "kernels_variants.h"

#define NAME avx2
#define VECTOR __m256
#define WIDTH 8
#define SQRT(x) _mm256_sqrt_ps(x)
#define SPLAT(x) _mm256_set1_ps(x)
#include "kernels_template.h"
