/* Compiled with -mavx2 -mfma; called only where the CPU has both. */
#include <immintrin.h>

#define NAME avx2
#define VECTOR __m256
#define WIDTH 8
#define LOAD(from) _mm256_loadu_ps(from)
#define STORE(to, value) _mm256_storeu_ps(to, value)
#define SPLAT(x) _mm256_set1_ps(x)
#define MULTIPLY_ADD(a, b, c) _mm256_fmadd_ps(a, b, c)
#define TILE_ROWS 6
#include "dense_kernels_template.h"
