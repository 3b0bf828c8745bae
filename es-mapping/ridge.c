#include "ridge.h"

#include <lapacke.h>
#include <string.h>

static double dot(const double *a, const double *b, guint length)
{
    double sum = 0;
    for (guint i = 0; i < length; i++)
        sum += a[i] * b[i];
    return sum;
}

static gboolean solve_in_place(double *matrix, double *right, guint n)
{
    return LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', (lapack_int)n, 1, matrix, (lapack_int)n, right,
                         1) == 0;
}

/* x = (AᵀA + λI)⁻¹ Aᵀt */
static gboolean solve_primal(double *x, const double *a, const double *t, guint m, guint d,
                             double lambda)
{
    g_autofree double *matrix = g_new0(double, (gsize)d *d);
    memset(x, 0, sizeof *x * d);
    for (guint i = 0; i < m; i++) {
        const double *row = a + (gsize)i * d;
        for (guint j = 0; j < d; j++) {
            x[j] += row[j] * t[i];
            for (guint l = j; l < d; l++)
                matrix[(gsize)j * d + l] += row[j] * row[l];
        }
    }
    for (guint j = 0; j < d; j++)
        matrix[(gsize)j * d + j] += lambda;
    return solve_in_place(matrix, x, d);
}

/* x = Aᵀ (AAᵀ + λI)⁻¹ t */
static gboolean solve_dual(double *x, const double *a, const double *t, guint m, guint d,
                           double lambda)
{
    g_autofree double *matrix = g_new0(double, (gsize)m *m);
    g_autofree double *weights = g_memdup2(t, sizeof *t * m);
    for (guint i = 0; i < m; i++)
        for (guint j = i; j < m; j++)
            matrix[(gsize)i * m + j] =
                dot(a + (gsize)i * d, a + (gsize)j * d, d) + (i == j ? lambda : 0);
    if (!solve_in_place(matrix, weights, m))
        return FALSE;
    memset(x, 0, sizeof *x * d);
    for (guint i = 0; i < m; i++)
        for (guint j = 0; j < d; j++)
            x[j] += weights[i] * a[(gsize)i * d + j];
    return TRUE;
}

gboolean ridge_solve(double *x, const double *a, const double *t, guint m, guint d, double lambda)
{
    return m <= d ? solve_dual(x, a, t, m, d, lambda) : solve_primal(x, a, t, m, d, lambda);
}
