/* Compiled with -mavx2; called only where the CPU has it. */
#include <immintrin.h>

#include "kernels_variants.h"

static inline float sum_of_eight(__m256 x)
{
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_shuffle_ps(sum, sum, 1)));
}

#define NAME avx2
#define VECTOR __m256
#define WIDTH 8
#define SQRT(x) _mm256_sqrt_ps(x)
#define SPLAT(x) _mm256_set1_ps(x)
#define SUM(x) sum_of_eight(x)
#include "kernels_template.h"
