/* The body of every variant. The including file defines NAME (the variant's), VECTOR (a type of
 * WIDTH floats that has + and *), LOAD, STORE, SPLAT, MULTIPLY_ADD(a, b, c) = a · b + c, and
 * TILE_ROWS: so many times 2 vectors of sums, 2 of B and 1 of A have to fit in the unit's
 * registers. */

#include "dense_kernels_variants.h"

#define TILE_VECTORS 2

/* Independent sums that hide the latency of an addition. */
#define SUM_VECTORS 8

/* So many rows of B are gone through for all tiles before the next ones: they stay in the cache. */
#define INNER_BLOCK 256

static inline __attribute__((always_inline)) void tile(float *out, const float *a, gsize row_step,
                                                       gsize inner_step, const float *b,
                                                       gsize inner, gsize width, const guint rows,
                                                       const guint vectors)
{
    VECTOR sums[TILE_ROWS][TILE_VECTORS];
    for (guint i = 0; i < rows; i++)
        for (guint v = 0; v < vectors; v++)
            sums[i][v] = LOAD(out + i * width + v * WIDTH);
    for (gsize p = 0; p < inner; p++) {
        VECTOR right[TILE_VECTORS];
        for (guint v = 0; v < vectors; v++)
            right[v] = LOAD(b + p * width + v * WIDTH);
        for (guint i = 0; i < rows; i++) {
            const VECTOR left = SPLAT(a[i * row_step + p * inner_step]);
            for (guint v = 0; v < vectors; v++)
                sums[i][v] = MULTIPLY_ADD(left, right[v], sums[i][v]);
        }
    }
    for (guint i = 0; i < rows; i++)
        for (guint v = 0; v < vectors; v++)
            STORE(out + i * width + v * WIDTH, sums[i][v]);
}

static void strip(float *out, const float *a, gsize row_step, gsize inner_step, const float *b,
                  gsize inner, gsize width, guint rows)
{
    gsize f = 0;
    if (rows == TILE_ROWS) {
        for (; f + TILE_VECTORS * WIDTH <= width; f += TILE_VECTORS * WIDTH)
            tile(out + f, a, row_step, inner_step, b + f, inner, width, TILE_ROWS, TILE_VECTORS);
        for (; f < width; f += WIDTH)
            tile(out + f, a, row_step, inner_step, b + f, inner, width, TILE_ROWS, 1);
        return;
    }
    for (guint i = 0; i < rows; i++) {
        for (f = 0; f + TILE_VECTORS * WIDTH <= width; f += TILE_VECTORS * WIDTH)
            tile(out + i * width + f, a + i * row_step, row_step, inner_step, b + f, inner, width,
                 1, TILE_VECTORS);
        for (; f < width; f += WIDTH)
            tile(out + i * width + f, a + i * row_step, row_step, inner_step, b + f, inner, width,
                 1, 1);
    }
}

static void multiply_add(float *out, const float *a, gsize row_step, gsize inner_step,
                         const float *b, gsize rows, gsize inner, gsize width)
{
    for (gsize p = 0; p < inner; p += INNER_BLOCK) {
        const gsize depth = MIN(INNER_BLOCK, inner - p);
        for (gsize i = 0; i < rows; i += TILE_ROWS)
            strip(out + i * width, a + i * row_step + p * inner_step, row_step, inner_step,
                  b + p * width, depth, width, (guint)MIN(TILE_ROWS, rows - i));
    }
}

static inline __attribute__((always_inline)) void sum_columns(float *out, const float *rows,
                                                              const guint32 *indices, gsize count,
                                                              gsize width, const guint vectors)
{
    VECTOR sums[SUM_VECTORS];
    for (guint v = 0; v < vectors; v++)
        sums[v] = LOAD(out + v * WIDTH);
    for (gsize i = 0; i < count; i++)
        for (guint v = 0; v < vectors; v++)
            sums[v] = sums[v] + LOAD(rows + indices[i] * width + v * WIDTH);
    for (guint v = 0; v < vectors; v++)
        STORE(out + v * WIDTH, sums[v]);
}

static void sum_rows(float *out, const float *rows, const guint32 *indices, gsize count,
                     gsize width)
{
    gsize f = 0;
    for (; f + SUM_VECTORS * WIDTH <= width; f += SUM_VECTORS * WIDTH)
        sum_columns(out + f, rows + f, indices, count, width, SUM_VECTORS);
    for (; f < width; f += WIDTH)
        sum_columns(out + f, rows + f, indices, count, width, 1);
}

#define TEXT(x) TEXT_OF(x)
#define TEXT_OF(x) #x
const DenseKernels DENSE_KERNELS(NAME) = {TEXT(NAME), multiply_add, sum_rows};
