#include "tall_matrix.h"

#include <lapacke.h>
#include <string.h>

#include "lapack_threads.h"

#define ROWS_IN_CHUNK 48 /* a multiple of the kernels' tile */

guint tall_width(guint columns)
{
    return (columns + DENSE_LANES - 1) / DENSE_LANES * DENSE_LANES;
}

/* ---- products ---- */

typedef struct {
    float *out;
    const float *a, *b;
    gsize row_step, inner_step, inner, width;
} Product;

static void multiply_rows(gpointer data, guint begin, guint end)
{
    const Product *p = data;
    float *out = p->out + begin * p->width;
    memset(out, 0, (end - begin) * p->width * sizeof *out);
    dense_kernels()->multiply_add(out, p->a + begin * p->row_step, p->row_step, p->inner_step, p->b,
                                  end - begin, p->inner, p->width);
}

void tall_multiply(float *out, const float *a, const float *b, guint rows, guint inner, guint width,
                   Team *team)
{
    Product product = {out, a, b, inner, 1, inner, width};
    team_run(team, multiply_rows, &product, rows, ROWS_IN_CHUNK);
}

void tall_multiply_transposed(float *out, const float *a, const float *b, guint rows, guint inner,
                              guint width, Team *team)
{
    Product product = {out, a, b, 1, inner, rows, width};
    team_run(team, multiply_rows, &product, inner, ROWS_IN_CHUNK);
}

/* ---- LAPACK ---- */

/* Row-major y is column-major yᵀ, so that y's QR is yᵀ's LQ, and nothing needs to be transposed.
 * yᵀ = L · Q; Q takes y's place; L [l, l] is column-major, its upper triangle zero; NULL: not
 * wanted. */
static void factorize(float *y, guint n, guint l, float *lower)
{
    const lapack_int rows = (lapack_int)l, columns = (lapack_int)n;
    g_autofree float *tau = g_new(float, l);
    lapack_in_one_thread();
    LAPACKE_sgelqf(LAPACK_COL_MAJOR, rows, columns, y, rows, tau);
    for (guint column = 0; lower != NULL && column < l; column++)
        for (guint row = 0; row < l; row++)
            lower[column * l + row] = row >= column ? y[column * l + row] : 0.0f;
    LAPACKE_sorglq(LAPACK_COL_MAJOR, rows, columns, rows, y, rows, tau);
}

void tall_orthonormalize(float *y, guint n, guint l)
{
    factorize(y, n, l, NULL);
}

/* y = Qᵀ·Lᵀ with L = V·S·Wᵀ is (Qᵀ·W)·S·Vᵀ. Column-major Wᵀ is row-major W. */
static void svd(float *y, guint n, guint l, float *sigma, float *v, Team *team)
{
    const lapack_int size = (lapack_int)l;
    g_autofree float *lower = g_new(float, (gsize)l *l);
    g_autofree float *left = g_new(float, (gsize)l *l);
    g_autofree float *right = g_new(float, (gsize)l *l);
    g_autofree float *q = g_new(float, (gsize)n *l);
    factorize(y, n, l, lower);
    LAPACKE_sgesdd(LAPACK_COL_MAJOR, 'A', size, size, lower, size, sigma, left, size, right, size);
    memcpy(q, y, (gsize)n * l * sizeof *q);
    tall_multiply(y, q, right, n, l, l, team);
    for (guint i = 0; v != NULL && i < l; i++)
        for (guint j = 0; j < l; j++)
            v[i * l + j] = left[j * l + i];
}

void tall_svd(float *y, guint n, guint l, float *sigma, float *v, Team *team)
{
    if (n >= l) {
        svd(y, n, l, sigma, v, team);
        return;
    }
    /* With rows of zeros below it is tall enough. */
    g_autofree float *padded = g_new0(float, (gsize)l *l);
    memcpy(padded, y, (gsize)n * l * sizeof *y);
    svd(padded, l, l, sigma, v, team);
    memcpy(y, padded, (gsize)n * l * sizeof *y);
}
