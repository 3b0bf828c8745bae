/* Compiled with -mavx512f; called only where the CPU has it. */
#include <immintrin.h>

#include "kernels_variants.h"

#define NAME avx512
#define VECTOR __m512
#define WIDTH 16
#define SQRT(x) _mm512_sqrt_ps(x)
#define SPLAT(x) _mm512_set1_ps(x)
#include "kernels_template.h"
