/* One float at a time: the oracle for the other variants, and what runs where there is none. */
#include <math.h>

#include "solver_kernels_variants.h"

#define NAME plain
#define VECTOR float
#define WIDTH 1
#define TILE_ROWS 4
#define TILE_VECTORS 4
#define SPLAT(x) (x)
#define FMA(a, b, c) fmaf(a, b, c)
#define FNMA(a, b, c) fmaf(-(a), b, c)
#include "solver_kernels_template.h"
