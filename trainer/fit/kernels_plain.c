/* One float at a time: the oracle for the other variants, and what runs where there is none. */
#include <math.h>

#include "kernels_variants.h"

#define NAME plain
#define VECTOR float
#define WIDTH 1
#define SQRT(x) sqrtf(x)
#define SPLAT(x) (x)
#include "kernels_template.h"
