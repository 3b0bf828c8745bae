/* Compiled with -mavx512f -mfma; called only where the CPU has both. */
#include <immintrin.h>

#include "solver_kernels_variants.h"

#define NAME avx512
#define VECTOR __m512
#define WIDTH 16
#define TILE_ROWS 8
#define TILE_VECTORS 3
#define SPLAT(x) _mm512_set1_ps(x)
#define FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define FNMA(a, b, c) _mm512_fnmadd_ps(a, b, c)
#include "solver_kernels_template.h"
