#include "gram.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "recsys_error.h"

#define BLOCK 1024  /* rows summed in float32 */
#define AT_A_TIME 8 /* blocks under way, each with a matrix of its own */
#define ROWS_A_TASK 64

typedef struct {
    const SolverKernels *kernels;
    const float *table;
    guint rows, first; /* the first block of this round */
    gsize k, stride;
    float *sums; /* [AT_A_TIME, stride, stride] */
} Blocks;

static void sum_blocks(gpointer data, guint begin, guint end)
{
    const Blocks *b = data;
    const float *rows[BLOCK];
    float *workspace =
        g_aligned_alloc(solver_workspace_floats(b->k), sizeof(float), SOLVER_ALIGNMENT);
    for (guint i = begin; i < end; i++) {
        const guint from = (b->first + i) * BLOCK, count = MIN(BLOCK, b->rows - from);
        float *sum = b->sums + i * b->stride * b->stride;
        memset(sum, 0, b->stride * b->stride * sizeof *sum);
        for (guint r = 0; r < count; r++)
            rows[r] = b->table + (from + r) * b->stride;
        b->kernels->accumulate(sum, NULL, rows, NULL, NULL, count, b->k, workspace);
    }
    g_aligned_free(workspace);
}

void gram_of_table(double *gram, const float *table, guint rows, gsize k,
                   const SolverKernels *kernels, Team *team)
{
    const gsize stride = solver_stride(k);
    const guint blocks = rows / BLOCK + (rows % BLOCK > 0);
    const guint most = MAX(1, MIN(blocks, AT_A_TIME));
    Blocks b = {.kernels = kernels, .table = table, .rows = rows, .k = k, .stride = stride};
    b.sums = g_aligned_alloc(most * stride * stride, sizeof(float), SOLVER_ALIGNMENT);
    memset(gram, 0, k * k * sizeof *gram);
    for (; b.first < blocks; b.first += most) {
        const guint count = MIN(most, blocks - b.first);
        team_run(team, sum_blocks, &b, count, 1);
        for (guint block = 0; block < count; block++)
            for (gsize i = 0; i < k; i++)
                for (gsize j = i; j < k; j++)
                    gram[i * k + j] += (double)b.sums[(block * stride + i) * stride + j];
    }
    for (gsize i = 0; i < k; i++)
        for (gsize j = 0; j < i; j++)
            gram[i * k + j] = gram[j * k + i];
    g_aligned_free(b.sums);
}

/* An eigenvector's sign is nobody's; this makes it the same on every machine. */
static void fix_sign(double *vector, gsize k)
{
    gsize largest = 0;
    for (gsize j = 1; j < k; j++)
        if (fabs(vector[j]) > fabs(vector[largest]))
            largest = j;
    if (vector[largest] < 0)
        for (gsize j = 0; j < k; j++)
            vector[j] = -vector[j];
}

gboolean gram_diagonalize(double *vectors, double *values, const double *gram, gsize k,
                          GError **error)
{
    gboolean finite = TRUE;
    for (gsize i = 0; i < k * k; i++)
        finite = finite && isfinite(gram[i]);
    /* Column-major for LAPACK, so that each eigenvector is a row for us. */
    g_autofree double *ascending = g_memdup2(gram, k * k * sizeof *gram);
    g_autofree double *lengths = g_new(double, k);
    if (!finite || LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'U', (lapack_int)k, ascending,
                                  (lapack_int)k, lengths) != 0) {
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                            "the Gram matrix of the vectors has no eigenvectors");
        return FALSE;
    }
    for (gsize f = 0; f < k; f++) {
        values[f] = MAX(0, lengths[k - 1 - f]);
        memcpy(vectors + f * k, ascending + (k - 1 - f) * k, k * sizeof *vectors);
        fix_sign(vectors + f * k, k);
    }
    return TRUE;
}

typedef struct {
    const SolverKernels *kernels;
    float *table;
    const float **columns; /* [k] column j of the vectors, [stride] */
    gsize k, stride;
} Rotation;

static void rotate_rows(gpointer data, guint begin, guint end)
{
    const Rotation *r = data;
    float *rotated = g_aligned_alloc(r->stride, sizeof(float), SOLVER_ALIGNMENT);
    for (guint i = begin; i < end; i++) {
        float *row = r->table + i * r->stride;
        memset(rotated, 0, r->stride * sizeof *rotated);
        r->kernels->accumulate(NULL, rotated, r->columns, NULL, row, (guint)r->k, r->k, NULL);
        memcpy(row, rotated, r->stride * sizeof *rotated);
    }
    g_aligned_free(rotated);
}

void gram_rotate(float *table, guint rows, const double *vectors, gsize k,
                 const SolverKernels *kernels, Team *team)
{
    Rotation r = {.kernels = kernels, .table = table, .k = k, .stride = solver_stride(k)};
    float *columns = g_aligned_alloc0(k * r.stride, sizeof(float), SOLVER_ALIGNMENT);
    r.columns = g_new(const float *, k);
    for (gsize j = 0; j < k; j++) {
        r.columns[j] = columns + j * r.stride;
        for (gsize f = 0; f < k; f++)
            columns[j * r.stride + f] = (float)vectors[f * k + j];
    }
    team_run(team, rotate_rows, &r, rows, ROWS_A_TASK);
    g_free(r.columns);
    g_aligned_free(columns);
}
