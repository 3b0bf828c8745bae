/* Compiled with -mavx512f; called only where the CPU has it. */
#include <immintrin.h>

#define NAME avx512
#define VECTOR __m512
#define WIDTH 16
#define LOAD(from) _mm512_loadu_ps(from)
#define STORE(to, value) _mm512_storeu_ps(to, value)
#define SPLAT(x) _mm512_set1_ps(x)
#define MULTIPLY_ADD(a, b, c) _mm512_fmadd_ps(a, b, c)
#define TILE_ROWS 12
#include "dense_kernels_template.h"
