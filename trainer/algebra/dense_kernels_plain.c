/* For every CPU: four lanes, which compilers have a vector unit for nearly everywhere. */
#include <string.h>

typedef float Four __attribute__((vector_size(16)));

static inline Four load(const float *from)
{
    Four value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline void store(float *to, Four value)
{
    memcpy(to, &value, sizeof value);
}

#define NAME plain
#define VECTOR Four
#define WIDTH 4
#define LOAD(from) load(from)
#define STORE(to, value) store(to, value)
#define SPLAT(x) ((Four){x, x, x, x})
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#define TILE_ROWS 6
#include "dense_kernels_template.h"
