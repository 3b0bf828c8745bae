#include "randomized_svd.h"

#include "counter_rng.h"
#include "interrupt.h"
#include "tall_matrix.h"

#define PURPOSE 0x535644 /* tells these random numbers from others of the same seed */

/* The span of (A·Aᵀ)^iterations · A · random, orthonormal after every product, or all columns
 * would turn into the first singular vector. */
static gboolean find_range(const ProductMatrix *a, guint l, guint iterations, guint64 seed,
                           float *q, float *across, Team *team, GError **error)
{
    for (guint j = 0; j < a->columns; j++)
        counter_rng_normals(across + (gsize)j * l, l, seed, PURPOSE, j, 0);
    a->multiply(a->data, across, l, q);
    tall_orthonormalize(q, a->rows, l, team);
    for (guint i = 0; i < iterations; i++) {
        if (interrupt_requested(error))
            return FALSE;
        a->multiply_transposed(a->data, q, l, across);
        tall_orthonormalize(across, a->columns, l, team);
        a->multiply(a->data, across, l, q);
        tall_orthonormalize(q, a->rows, l, team);
    }
    return !interrupt_requested(error);
}

gboolean randomized_svd(const ProductMatrix *a, guint l, guint iterations, guint64 seed, float *u,
                        float *sigma, Team *team, GError **error)
{
    g_autofree float *q = g_new(float, (gsize)a->rows *l);
    g_autofree float *across = g_new(float, (gsize)a->columns *l);
    g_autofree float *v = g_new(float, (gsize)l *l);
    if (!find_range(a, l, iterations, seed, q, across, team, error))
        return FALSE;
    /* A ≈ Q·(Aᵀ·Q)ᵀ, and Aᵀ·Q = W·S·Vᵀ, so A ≈ (Q·V)·S·Wᵀ. */
    a->multiply_transposed(a->data, q, l, across);
    tall_principal(across, a->columns, l, sigma, v, team);
    tall_multiply(u, q, v, a->rows, l, l, team);
    return TRUE;
}
