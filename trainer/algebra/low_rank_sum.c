#include "low_rank_sum.h"

#include <math.h>
#include <string.h>

#include "counter_rng.h"
#include "tall_matrix.h"

#define PURPOSE 0x4c5253 /* of random numbers */
#define FIRST_STEPS 3    /* of subspace iteration, from a random start */
#define LAST_STEPS 2
#define STEPS 1

LowRankSum *low_rank_sum_new(guint rows, guint columns, guint width, guint inner, guint64 seed)
{
    LowRankSum *s = g_new0(LowRankSum, 1);
    s->rows = rows;
    s->columns = columns;
    s->width = tall_width(width);
    s->inner = inner;
    s->seed = seed;
    s->total = s->width + LOW_RANK_PENDING * inner;
    s->left = g_new0(float, (gsize)rows * s->total);
    s->right = g_new0(float, (gsize)columns * s->total);
    return s;
}

void low_rank_sum_free(LowRankSum *sum)
{
    if (sum == NULL)
        return;
    g_free(sum->left);
    g_free(sum->right);
    g_free(sum);
}

/* Columns at.. of to [rows, to_width] = columns 0..count-1 of from [rows, from_width]. */
static void put_columns(float *to, guint to_width, guint at, const float *from, guint from_width,
                        guint count, guint rows)
{
    for (gsize i = 0; i < rows; i++)
        memcpy(to + i * to_width + at, from + i * from_width, count * sizeof *to);
}

/* to [to_rows, width] = (a · bᵀ) · from for a [to_rows, total], b [from_rows, total]. */
static void multiply(const LowRankSum *s, float *to, const float *a, guint to_rows, const float *b,
                     const float *from, guint from_rows, Team *team)
{
    g_autofree float *between = g_new(float, (gsize)s->total * s->width);
    tall_multiply_transposed(between, b, from, from_rows, s->total, s->width, team);
    tall_multiply(to, a, between, to_rows, s->total, s->width, team);
}

/* Puts an orthonormal basis in p [rows, width] and Gᵀ·p in q [columns, width]. */
static void decompose(const LowRankSum *s, guint steps, float *p, float *q, Team *team)
{
    if (s->products <= LOW_RANK_PENDING)
        for (guint j = 0; j < s->columns; j++)
            counter_rng_normals(q + (gsize)j * s->width, s->width, s->seed, PURPOSE, j, 0);
    else
        put_columns(q, s->width, 0, s->right, s->total, s->width, s->columns);
    for (guint i = 0; i < steps; i++) {
        tall_orthonormalize(q, s->columns, s->width, team);
        multiply(s, p, s->left, s->rows, s->right, q, s->columns, team);
        tall_orthonormalize(p, s->rows, s->width, team);
        multiply(s, q, s->right, s->columns, s->left, p, s->rows, team);
    }
}

static void compress(LowRankSum *s, Team *team)
{
    g_autofree float *p = g_new(float, (gsize)s->rows * s->width);
    g_autofree float *q = g_new(float, (gsize)s->columns * s->width);
    decompose(s, s->products <= LOW_RANK_PENDING ? FIRST_STEPS : STEPS, p, q, team);
    memset(s->left, 0, (gsize)s->rows * s->total * sizeof *s->left);
    memset(s->right, 0, (gsize)s->columns * s->total * sizeof *s->right);
    put_columns(s->left, s->total, 0, p, s->width, s->width, s->rows);
    put_columns(s->right, s->total, 0, q, s->width, s->width, s->columns);
}

void low_rank_sum_add(LowRankSum *s, const float *x, const float *z, Team *team)
{
    const guint at = s->width + s->products % LOW_RANK_PENDING * s->inner;
    put_columns(s->left, s->total, at, x, s->inner, s->inner, s->rows);
    put_columns(s->right, s->total, at, z, s->inner, s->inner, s->columns);
    s->products++;
    if (s->products % LOW_RANK_PENDING == 0)
        compress(s, team);
}

/* The first k columns of from [rows, width], times gain[column]. */
static void put_factor(float *to, guint rows, guint k, const float *from, guint width,
                       const double *gain)
{
    for (gsize i = 0; i < rows; i++)
        for (gsize j = 0; j < k; j++)
            to[i * k + j] = j < width ? (float)(gain[j] * from[i * width + j]) : 0.0f;
}

/* G ≈ P·Qᵀ, and Q = U·S·Vᵀ, so G ≈ (P·V)·S·Uᵀ. */
void low_rank_sum_finish(LowRankSum *s, double scale, guint k, float *left, float *right,
                         Team *team)
{
    const guint width = s->width;
    g_autofree float *p = g_new(float, (gsize)s->rows *width);
    g_autofree float *q = g_new(float, (gsize)s->columns *width);
    g_autofree float *pv = g_new(float, (gsize)s->rows *width);
    g_autofree float *v = g_new(float, (gsize)width *width);
    g_autofree float *sigma = g_new(float, width);
    g_autofree double *gain = g_new(double, width);
    decompose(s, s->products <= LOW_RANK_PENDING ? FIRST_STEPS : LAST_STEPS, p, q, team);
    tall_principal(q, s->columns, width, sigma, v, team);
    tall_multiply(pv, p, v, s->rows, width, width, team);
    for (guint j = 0; j < width; j++)
        gain[j] = sqrt(scale * sigma[j]);
    put_factor(left, s->rows, k, pv, width, gain);
    for (guint j = 0; j < width; j++)
        gain[j] = sigma[j] > 0 ? scale / gain[j] : 0;
    put_factor(right, s->columns, k, q, width, gain);
}
