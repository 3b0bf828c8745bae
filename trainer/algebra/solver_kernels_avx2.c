/* Compiled with -mavx2 -mfma; called only where the CPU has both. */
#include <immintrin.h>

#include "solver_kernels_variants.h"

#define NAME avx2
#define VECTOR __m256
#define WIDTH 8
#define TILE_ROWS 4
#define TILE_VECTORS 3
#define SPLAT(x) _mm256_set1_ps(x)
#define FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#define FNMA(a, b, c) _mm256_fnmadd_ps(a, b, c)
#include "solver_kernels_template.h"
