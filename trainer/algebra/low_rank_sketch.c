#include "low_rank_sketch.h"

#include <math.h>
#include <string.h>

#include "counter_rng.h"
#include "tall_matrix.h"

#define SIGNS 8 /* in a row of the random matrices */

/* Purposes of random numbers. */
enum { RANGE = 0x4c5253, CORANGE };

LowRankSketch *low_rank_sketch_new(guint rows, guint columns, guint width, guint64 seed)
{
    LowRankSketch *s = g_new0(LowRankSketch, 1);
    s->rows = rows;
    s->columns = columns;
    s->width = MIN(tall_width(width), tall_width(MIN(rows, columns)));
    s->co_width = 2 * s->width;
    s->seed = seed;
    s->range = g_new0(float, low_rank_sketch_range_size(s));
    s->corange = g_new0(float, low_rank_sketch_corange_size(s));
    return s;
}

void low_rank_sketch_free(LowRankSketch *sketch)
{
    if (sketch == NULL)
        return;
    g_free(sketch->range);
    g_free(sketch->corange);
    g_free(sketch);
}

gsize low_rank_sketch_range_size(const LowRankSketch *sketch)
{
    return (gsize)MAX(sketch->rows, sketch->width) * sketch->width;
}

gsize low_rank_sketch_corange_size(const LowRankSketch *sketch)
{
    return (gsize)MAX(sketch->columns, sketch->width) * sketch->co_width;
}

/* ---- the random matrices ---- */

typedef struct {
    guint column[SIGNS];
    float sign[SIGNS];
    guint count;
} SparseRow;

static SparseRow random_row(guint64 seed, guint32 purpose, guint row, guint rows, guint width)
{
    SparseRow sparse = {.column = {row}, .sign = {1.0f}, .count = 1};
    if (rows <= width)
        return sparse;
    const guint32 key[2] = {(guint32)seed, (guint32)(seed >> 32)};
    for (guint i = 0; i < SIGNS; i += 4) {
        const guint32 counter[4] = {i, purpose, row, 0};
        guint32 words[4];
        philox(words, counter, key);
        for (guint j = 0; j < 4; j++) {
            sparse.column[i + j] = (guint)(((guint64)(words[j] >> 1) * width) >> 31);
            sparse.sign[i + j] = (words[j] & 1) ? 1.0f : -1.0f;
        }
    }
    sparse.count = SIGNS;
    return sparse;
}

/* out [inner, width] = factorᵀ · random, factor [rows, inner]. */
static void sketch_factor(float *out, const float *factor, guint rows, guint inner, guint width,
                          guint64 seed, guint32 purpose)
{
    g_autofree float *transposed = g_new0(float, (gsize)width *inner);
    for (guint row = 0; row < rows; row++) {
        const SparseRow sparse = random_row(seed, purpose, row, rows, width);
        const float *from = factor + (gsize)row * inner;
        for (guint i = 0; i < sparse.count; i++) {
            float *to = transposed + (gsize)sparse.column[i] * inner;
            for (guint f = 0; f < inner; f++)
                to[f] += sparse.sign[i] * from[f];
        }
    }
    for (guint f = 0; f < inner; f++)
        for (guint j = 0; j < width; j++)
            out[(gsize)f * width + j] = transposed[(gsize)j * inner + f];
}

/* ---- the sum ---- */

typedef struct {
    float *out;
    const float *factor, *sketched;
    guint inner, width;
} Addition;

static void add_rows(gpointer data, guint begin, guint end)
{
    const Addition *a = data;
    dense_kernels()->multiply_add(a->out + (gsize)begin * a->width,
                                  a->factor + (gsize)begin * a->inner, a->inner, 1, a->sketched,
                                  end - begin, a->inner, a->width);
}

void low_rank_sketch_add(LowRankSketch *s, const float *x, const float *z, guint inner, Team *team)
{
    g_autofree float *sketched = g_new(float, (gsize)inner * s->co_width);
    Addition range = {s->range, x, sketched, inner, s->width};
    sketch_factor(sketched, z, s->columns, inner, s->width, s->seed, RANGE);
    team_run(team, add_rows, &range, s->rows, 48);
    Addition corange = {s->corange, z, sketched, inner, s->co_width};
    sketch_factor(sketched, x, s->rows, inner, s->co_width, s->seed, CORANGE);
    team_run(team, add_rows, &corange, s->columns, 48);
}

/* ---- the end ---- */

/* inverse [s, l] = ((Ψᵀ·q)⁺)ᵀ for q [rows, l]. Ψᵀ·q is well conditioned: s = 2·l. */
static void pseudo_inverse(float *inverse, const LowRankSketch *s, const float *q, Team *team)
{
    const guint l = s->width, height = s->co_width, rows = MAX(s->rows, l);
    g_autofree float *sketched = g_new0(float, (gsize)height *l);
    g_autofree float *sigma = g_new(float, l);
    g_autofree float *v = g_new(float, (gsize)l *l);
    g_autofree float *transposed = g_new(float, (gsize)l *l);
    for (guint row = 0; row < rows; row++) {
        const SparseRow sparse = random_row(s->seed, CORANGE, row, s->rows, height);
        for (guint i = 0; i < sparse.count; i++)
            for (guint j = 0; j < l; j++)
                sketched[(gsize)sparse.column[i] * l + j] += sparse.sign[i] * q[(gsize)row * l + j];
    }
    tall_svd(sketched, height, l, sigma, v, team);
    for (guint i = 0; i < l; i++)
        for (guint j = 0; j < l; j++)
            transposed[(gsize)i * l + j] = v[(gsize)j * l + i] / sigma[i];
    tall_multiply(inverse, sketched, transposed, height, l, l, team);
}

/* The first k columns of from [rows, l], each times the root of its sigma. */
static void put_factor(float *to, guint rows, guint k, const float *from, guint l,
                       const float *sigma, double scale)
{
    for (guint row = 0; row < rows; row++)
        for (guint j = 0; j < k; j++)
            to[(gsize)row * k + j] =
                j < l ? (float)sqrt(scale * sigma[j]) * from[(gsize)row * l + j] : 0.0f;
}

/* G ≈ Q·X with Q an orthonormal basis of G·Ω and X the least squares solution of Ψᵀ·Q·X = Ψᵀ·G;
 * then Xᵀ = V·S·Zᵀ gives (Q·Z)·S·Vᵀ. */
void low_rank_sketch_finish(LowRankSketch *s, double scale, guint k, float *left, float *right,
                            Team *team)
{
    const guint l = s->width, rows = MAX(s->rows, l), columns = MAX(s->columns, l);
    g_autofree float *inverse = g_new(float, (gsize)s->co_width *l);
    g_autofree float *xt = g_new(float, (gsize)columns *l);
    g_autofree float *sigma = g_new(float, l);
    g_autofree float *z = g_new(float, (gsize)l *l);
    tall_orthonormalize(s->range, rows, l);
    pseudo_inverse(inverse, s, s->range, team);
    tall_multiply(xt, s->corange, inverse, columns, s->co_width, l, team);
    tall_svd(xt, columns, l, sigma, z, team);
    g_autofree float *qz = g_new(float, (gsize)rows *l);
    tall_multiply(qz, s->range, z, rows, l, l, team);
    put_factor(left, s->rows, k, qz, l, sigma, scale);
    put_factor(right, s->columns, k, xt, l, sigma, scale);
}
