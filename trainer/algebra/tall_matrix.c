#include "tall_matrix.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "lapack_threads.h"

#define ROWS_IN_CHUNK 48 /* a multiple of the kernels' tiles */

#define SHIFT 1e-6 /* of the largest square, in Cholesky QR: some roundings of float32 */

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

/* ---- what goes through LAPACK ---- */

/* gram [l, l] = yᵀ·y. */
static double *gram(const float *y, guint n, guint l, Team *team)
{
    const gsize size = (gsize)l * l;
    g_autofree float *products = g_new(float, size);
    double *gram = g_new(double, size);
    tall_multiply_transposed(products, y, y, n, l, l, team);
    for (gsize i = 0; i < size; i++)
        gram[i] = products[i];
    return gram;
}

/* y = y · factor, factor [l, l]. */
static void multiply_from_right(float *y, const float *factor, guint n, guint l, Team *team)
{
    const gsize size = (gsize)n * l;
    g_autofree float *product = g_new(float, size);
    tall_multiply(product, y, factor, n, l, l, team);
    memcpy(y, product, size * sizeof *y);
}

/* y = y · R⁻¹ with RᵀR = yᵀ·y + a shift above the rounding of yᵀ·y, without which there might be no
 * such R. Row-major upper triangles are column-major lower ones. */
static void cholesky_qr(float *y, guint n, guint l, Team *team)
{
    const lapack_int size = (lapack_int)l;
    g_autofree double *r = gram(y, n, l, team);
    g_autofree float *inverse = g_new0(float, (gsize)l *l);
    double largest = 0;
    for (gsize i = 0; i < l; i++)
        largest = MAX(largest, r[i * l + i]);
    for (gsize i = 0; i < l; i++)
        r[i * l + i] += SHIFT * largest + G_MINFLOAT;
    LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', size, r, size);
    LAPACKE_dtrtri(LAPACK_COL_MAJOR, 'L', 'N', size, r, size);
    for (gsize i = 0; i < l; i++)
        for (gsize j = i; j < l; j++)
            inverse[i * l + j] = (float)r[i * l + j];
    multiply_from_right(y, inverse, n, l, team);
}

void tall_orthonormalize(float *y, guint n, guint l, Team *team)
{
    lapack_in_one_thread();
    cholesky_qr(y, n, l, team);
    cholesky_qr(y, n, l, team);
}

void tall_principal(float *y, guint n, guint l, float *sigma, float *v, Team *team)
{
    const lapack_int size = (lapack_int)l;
    g_autofree double *vectors = gram(y, n, l, team);
    g_autofree double *values = g_new(double, l);
    g_autofree float *descending = g_new(float, (gsize)l *l);
    lapack_in_one_thread();
    LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', size, vectors, size, values);
    for (guint j = 0; j < l; j++) {
        const guint from = l - 1 - j;
        sigma[j] = (float)sqrt(MAX(values[from], 0.0));
        for (guint i = 0; i < l; i++)
            descending[(gsize)i * l + j] = (float)vectors[(gsize)from * l + i];
    }
    multiply_from_right(y, descending, n, l, team);
    if (v != NULL)
        memcpy(v, descending, (gsize)l * l * sizeof *v);
}
