#include "random_matrices.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "lapack_threads.h"
#include "rng.h"

double random_gamma(double shape, GRand *random)
{
    const double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        const double x = rng_normal(random), v = pow(1.0 + c * x, 3.0);
        const double u = 1.0 - g_rand_double(random);
        if (v > 0 && log(u) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v;
    }
}

/* Lower triangular A, row-major: A·Aᵀ ~ Wishart(I, freedom). */
static void bartlett(double *a, double freedom, guint k, GRand *random)
{
    memset(a, 0, (gsize)k * k * sizeof *a);
    for (guint i = 0; i < k; i++) {
        a[(gsize)i * k + i] = sqrt(2.0 * random_gamma(0.5 * (freedom - i), random));
        for (guint j = 0; j < i; j++)
            a[(gsize)i * k + j] = rng_normal(random);
    }
}

/* With scatter = C·Cᵀ: precision = T·Tᵀ for T = C⁻ᵀ·A, whose inverse's transpose is C·A⁻ᵀ. */
void random_wishart(double *precision, double *root, double *scatter, double freedom, guint k,
                    GRand *random)
{
    const lapack_int size = (lapack_int)k;
    g_autofree double *a = g_new(double, (gsize)k *k);
    g_autofree double *t = g_new(double, (gsize)k *k);
    lapack_in_one_thread();
    bartlett(a, freedom, k, random);
    memcpy(t, a, (gsize)k * k * sizeof *t);
    LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', size, scatter, size);
    LAPACKE_dtrtrs(LAPACK_ROW_MAJOR, 'L', 'T', 'N', size, size, scatter, size, t, size);
    for (guint i = 0; i < k; i++) {
        for (guint j = 0; j < k; j++) {
            double sum = 0;
            for (guint f = 0; f < k; f++)
                sum += t[(gsize)i * k + f] * t[(gsize)j * k + f];
            precision[(gsize)i * k + j] = sum;
        }
    }
    /* a · rootᵀ = Cᵀ. */
    g_autofree double *ct = g_new0(double, (gsize)k *k);
    for (guint i = 0; i < k; i++)
        for (guint j = i; j < k; j++)
            ct[(gsize)i * k + j] = scatter[(gsize)j * k + i];
    LAPACKE_dtrtrs(LAPACK_ROW_MAJOR, 'L', 'N', 'N', size, size, a, size, ct, size);
    for (guint i = 0; i < k; i++)
        for (guint j = 0; j < k; j++)
            root[(gsize)i * k + j] = ct[(gsize)j * k + i];
}
