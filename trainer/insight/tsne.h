/* Exact t-SNE (van der Maaten & Hinton, "Visualizing data using t-SNE", JMLR 9, 2008): points in k
 * dimensions as a map in two, such that near points stay near.
 *
 * Symbols: n points, x_i in k dimensions, y_i on the map.
 *
 *   p_j|i = exp(−β_i ‖x_i − x_j‖²) / Σ_{l≠i} exp(−β_i ‖x_i − x_l‖²),   p_i|i = 0,
 *   β_i such that the perplexity of p_·|i, exp(−Σ_j p_j|i ln p_j|i), is the one asked for
 *   p_ij  = (p_j|i + p_i|j) / 2n
 *   q_ij  = (1 + ‖y_i − y_j‖²)^-1 / Σ_{k≠l} (1 + ‖y_k − y_l‖²)^-1
 *   C     = KL(P ‖ Q) = Σ_ij p_ij ln(p_ij / q_ij)
 *   ∂C/∂y_i = 4 Σ_j (p_ij − q_ij) (y_i − y_j) (1 + ‖y_i − y_j‖²)^-1
 *
 * C is minimised from a small Gaussian by gradient descent with momentum, gains for each coordinate
 * (Jacobs, 1988) and early exaggeration of P, with the constants of the paper's implementation. */
#pragma once

#include <glib.h>

#include "team.h"

#define TSNE_DIMENSIONS 2
#define TSNE_MOST_POINTS 5000

typedef struct {
    double perplexity; /* > 1; taken down to (n − 1) / 3 where that is less */
    guint iterations;
    double learning_rate;  /* 0: n / (4 · exaggeration), but not below 10 */
    double exaggeration;   /* P is multiplied by it at first */
    guint exaggerated_for; /* iterations; momentum is 0.5 so long, then 0.8 */
    guint64 seed;          /* the same seed gives the same map, whatever the threads */
} TsneOptions;

/* Perplexity 30, 1000 iterations, exaggeration 12 for 250 iterations, as scikit-learn has them. The
 * learning rate follows the number of points (Belkina et al., "Automated optimized parameters for
 * t-SNE", Nature Communications 10, 2019; the 4 is the gradient's): a fixed 200 is too much for few
 * points, some of which then end up in the wrong place. */
TsneOptions tsne_options_default(void);

/* p [n, n], symmetric, its sum 1 if n > 1; points [n, k]. */
void tsne_affinities(double *p, const float *points, guint n, guint k, double perplexity,
                     Team *team);

/* gradient [n, 2] of C for exaggeration · P at y [n, 2]. */
void tsne_gradient(double *gradient, const double *p, const double *y, guint n, double exaggeration,
                   Team *team);

/* C at y [n, 2]. */
double tsne_divergence(const double *p, const double *y, guint n);

/* Called now and then; nullable. */
typedef void (*TsneObserver)(guint iteration, guint iterations, gpointer data);

/* map [n, 2], centred on 0; points [n, k], finite. Errors: RECSYS_ERROR_USAGE for more than
 * TSNE_MOST_POINTS, whose n² terms would take too long; RECSYS_ERROR_INTERRUPTED. */
gboolean tsne(double *map, const float *points, guint n, guint k, const TsneOptions *options,
              Team *team, TsneObserver observer, gpointer data,
              GError **error) G_GNUC_WARN_UNUSED_RESULT;
