/* The body of every variant. The including file defines NAME (the variant's), VECTOR (a type that
 * has + *), WIDTH (floats in it), SPLAT(x), FMA(a, b, c) = a b + c and FNMA(a, b, c) = c - a b,
 * both rounded once, and the tile of a matrix that its registers hold while products are added to
 * it: TILE_ROWS (4 or 8) rows of TILE_VECTORS vectors.
 *
 * Elements do not depend on the shape of the tile: each is summed by itself, in the order of the
 * products. */

#include <math.h>

#include "solver_kernels.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

typedef VECTOR AnywhereVector __attribute__((aligned(4), may_alias));

static ALWAYS_INLINE VECTOR load(const float *from)
{
    return *(const AnywhereVector *)(gconstpointer)from;
}

static ALWAYS_INLINE void store(float *to, VECTOR value)
{
    *(AnywhereVector *)(gpointer)to = value;
}

#define MOST_COLUMNS 8 /* vectors of b that are summed at a time */

typedef enum { ADD, SUBTRACT } Sign;

/* A tile of a, `vectors` wide: a_ij ± Σ_r left_r,i · right_r,j over `count` rows of both. Sums to
 * be added begin at 0, so that many rows in several calls are summed pair-wise, as it were; those
 * to be subtracted begin at a_ij. */
static ALWAYS_INLINE void tile(float *a, const float *left, const float *right, guint count,
                               gsize stride, const guint vectors, const Sign sign)
{
    VECTOR sum[TILE_ROWS][TILE_VECTORS];
    for (guint i = 0; i < TILE_ROWS; i++)
        for (guint v = 0; v < vectors; v++)
            sum[i][v] = sign == ADD ? SPLAT(0.0f) : load(a + i * stride + v * WIDTH);
    for (; count > 0; count--, left += stride, right += stride) {
        VECTOR x[TILE_VECTORS];
        for (guint v = 0; v < vectors; v++)
            x[v] = load(right + v * WIDTH);
        for (guint i = 0; i < TILE_ROWS; i++) {
            const VECTOR y = SPLAT(left[i]);
            for (guint v = 0; v < vectors; v++)
                sum[i][v] = sign == ADD ? FMA(y, x[v], sum[i][v]) : FNMA(y, x[v], sum[i][v]);
        }
    }
    for (guint i = 0; i < TILE_ROWS; i++)
        for (guint v = 0; v < vectors; v++) {
            float *at = a + i * stride + v * WIDTH;
            if (sign == ADD)
                sum[i][v] = load(at) + sum[i][v];
            store(at, sum[i][v]);
        }
}

/* TILE_ROWS rows of A from row i on, in the columns i .. k - 1. Vectors begin where the diagonal
 * does, aligned or not, if that saves one: to begin where vectors are aligned costs a tenth more.
 */
static ALWAYS_INLINE void tile_row(float *a, gsize i, const float *left, const float *right,
                                   guint count, gsize k, gsize stride, const Sign sign)
{
    gsize vectors = (k - i + WIDTH - 1) / WIDTH;
    gsize at = MIN(i, stride - vectors * WIDTH);
    for (; vectors >= TILE_VECTORS; vectors -= TILE_VECTORS, at += TILE_VECTORS * WIDTH)
        tile(a + i * stride + at, left + i, right + at, count, stride, TILE_VECTORS, sign);
    if (TILE_VECTORS > 3 && vectors == 3)
        /* NOLINTNEXTLINE(bugprone-branch-clone): MIN is for tiles that are less wide than 3 */
        tile(a + i * stride + at, left + i, right + at, count, stride, MIN(3, TILE_VECTORS), sign);
    else if (vectors == 2)
        tile(a + i * stride + at, left + i, right + at, count, stride, 2, sign);
    else if (vectors == 1)
        tile(a + i * stride + at, left + i, right + at, count, stride, 1, sign);
}

/* ---- accumulate ---- */

/* Copies rows side by side: each element of the product is read many times, and from wherever the
 * rows are only once. With weights, their multiples go behind them. */
static void pack(float *packed, float *weighted, const float *const *rows, const float *weights,
                 guint count, gsize stride)
{
    for (guint r = 0; r < count; r++)
        for (gsize at = r * stride, f = 0; f < stride; f += WIDTH) {
            const VECTOR x = load(rows[r] + f);
            store(packed + at + f, x);
            if (weights != NULL)
                store(weighted + at + f, SPLAT(weights[r]) * x);
        }
}

/* One chunk's share of b in `vectors` vectors from f on: as many sums that do not wait for each
 * other. */
static ALWAYS_INLINE void add_columns(float *b, const float *const *rows, const float *targets,
                                      guint count, gsize f, const guint vectors)
{
    VECTOR sum[MOST_COLUMNS];
    for (guint v = 0; v < vectors; v++)
        sum[v] = SPLAT(0.0f);
    for (guint r = 0; r < count; r++)
        for (guint v = 0; v < vectors; v++)
            sum[v] = FMA(SPLAT(targets[r]), load(rows[r] + f + v * WIDTH), sum[v]);
    for (guint v = 0; v < vectors; v++)
        store(b + f + v * WIDTH, load(b + f + v * WIDTH) + sum[v]);
}

static void add_targets(float *b, const float *const *rows, const float *targets, guint count,
                        gsize stride)
{
    gsize f = 0;
    for (; f + MOST_COLUMNS * WIDTH <= stride; f += MOST_COLUMNS * WIDTH)
        add_columns(b, rows, targets, count, f, MOST_COLUMNS);
    for (; f + MOST_COLUMNS / 4 * WIDTH <= stride; f += MOST_COLUMNS / 4 * WIDTH)
        add_columns(b, rows, targets, count, f, MOST_COLUMNS / 4);
    for (; f < stride; f += WIDTH)
        add_columns(b, rows, targets, count, f, 1);
}

static void accumulate(float *a, float *b, const float *const *rows, const float *weights,
                       const float *targets, guint count, gsize k, float *workspace)
{
    const gsize stride = solver_stride(k);
    float *weighted = weights == NULL ? workspace : workspace + SOLVER_CHUNK * stride;
    for (guint begin = 0; begin < count; begin += SOLVER_CHUNK) {
        const guint part = MIN(SOLVER_CHUNK, count - begin);
        if (a != NULL)
            pack(workspace, weighted, rows + begin, weights == NULL ? NULL : weights + begin, part,
                 stride);
        for (gsize i = 0; a != NULL && i < k; i += TILE_ROWS)
            tile_row(a, i, weighted, workspace, part, k, stride, ADD);
        if (b != NULL)
            add_targets(b, rows + begin, targets + begin, part, stride);
    }
}

/* ---- factorize ---- */

/* Row i of R, but for the rows between the panel's first and itself, all before being subtracted.
 */
static gboolean finish_row(float *a, gsize first, gsize i, gsize stride)
{
    float *row = a + i * stride;
    const gsize begin = i / WIDTH * WIDTH;
    for (gsize q = first; q < i; q++) {
        const float *earlier = a + q * stride;
        const VECTOR factor = SPLAT(earlier[i]);
        for (gsize f = begin; f < stride; f += WIDTH)
            store(row + f, FNMA(factor, load(earlier + f), load(row + f)));
    }
    const float pivot = row[i];
    if (!(pivot > 0 && pivot <= G_MAXFLOAT))
        return FALSE;
    const float inverse = 1.0f / sqrtf(pivot);
    for (gsize f = begin; f < stride; f += WIDTH)
        store(row + f, SPLAT(inverse) * load(row + f));
    row[i] = inverse;
    return TRUE;
}

static gboolean factorize(float *a, gsize k)
{
    const gsize stride = solver_stride(k);
    for (gsize first = 0; first < k; first += TILE_ROWS) {
        tile_row(a, first, a, a, (guint)first, k, stride, SUBTRACT);
        for (gsize i = first; i < MIN(first + TILE_ROWS, k); i++)
            if (!finish_row(a, first, i, stride))
                return FALSE;
    }
    return TRUE;
}

/* ---- solve ---- */

static void solve_forward(const float *r, float *b, gsize k)
{
    const gsize stride = solver_stride(k);
    for (gsize first = 0; first < k; first += SOLVER_LANES) {
        const gsize end = MIN(first + SOLVER_LANES, k);
        for (gsize i = first; i < end; i++) {
            const float *row = r + i * stride;
            b[i] *= row[i];
            for (gsize j = i + 1; j < end; j++)
                b[j] = fmaf(-row[j], b[i], b[j]);
        }
        for (gsize f = first + SOLVER_LANES; f < stride; f += WIDTH) {
            VECTOR rest = load(b + f);
            for (gsize i = first; i < end; i++)
                rest = FNMA(SPLAT(b[i]), load(r + i * stride + f), rest);
            store(b + f, rest);
        }
    }
}

/* Σ_j row_j y_j over whole groups of lanes, begin .. stride - 1. */
static float dot_from(const float *row, const float *y, gsize begin, gsize stride)
{
    VECTOR sums[SOLVER_LANES / WIDTH];
    for (guint v = 0; v < SOLVER_LANES / WIDTH; v++)
        sums[v] = SPLAT(0.0f);
    for (gsize f = begin; f < stride; f += SOLVER_LANES)
        for (guint v = 0; v < SOLVER_LANES / WIDTH; v++)
            sums[v] = FMA(load(row + f + v * WIDTH), load(y + f + v * WIDTH), sums[v]);
    float lanes[SOLVER_LANES] __attribute__((aligned(SOLVER_ALIGNMENT)));
    for (guint v = 0; v < SOLVER_LANES / WIDTH; v++)
        store(lanes + v * WIDTH, sums[v]);
    for (guint half = SOLVER_LANES / 2; half > 0; half /= 2)
        for (guint lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return lanes[0];
}

static void solve_backward(const float *r, float *y, gsize k)
{
    const gsize stride = solver_stride(k);
    for (gsize end = k; end > 0; end = (end - 1) / SOLVER_LANES * SOLVER_LANES) {
        const gsize first = (end - 1) / SOLVER_LANES * SOLVER_LANES;
        for (gsize i = first; i < end; i++)
            y[i] -= dot_from(r + i * stride, y, first + SOLVER_LANES, stride);
        for (gsize i = end; i-- > first;) {
            const float *row = r + i * stride;
            for (gsize j = end; --j > i;)
                y[i] = fmaf(-row[j], y[j], y[i]);
            y[i] *= row[i];
        }
    }
}

const SolverKernels SOLVER_KERNELS(NAME) = {G_STRINGIFY(NAME), accumulate, factorize, solve_forward,
                                            solve_backward};
