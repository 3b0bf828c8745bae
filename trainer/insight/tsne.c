#include "tsne.h"

#include <float.h>
#include <math.h>

#include "interrupt.h"
#include "recsys_error.h"
#include "rng.h"

#define STREAM_START 0x74736e65 /* "tsne" */
#define START_SIGMA 1e-4
#define LEAST_GAIN 0.01
#define LEAST_LEARNING_RATE 10.0
#define BISECTIONS 200
#define ROWS_AT_A_TIME 16

TsneOptions tsne_options_default(void)
{
    return (TsneOptions){
        .perplexity = 30.0,
        .iterations = 1000,
        .exaggeration = 12.0,
        .exaggerated_for = 250,
    };
}

/* ---- affinities ---- */

typedef struct {
    double *p; /* [n, n] */
    const float *points;
    guint n, k;
    double entropy; /* the logarithm of the perplexity */
} Affinities;

static double squared_distance(const float *a, const float *b, guint k)
{
    double sum = 0.0;
    for (guint f = 0; f < k; f++) {
        double off = (double)a[f] - (double)b[f];
        sum += off * off;
    }
    return sum;
}

/* row [n] = p_j|i for this β from distances [n]; returns the entropy. Distances are taken from the
 * least, which cancels out, so that the nearest point never underflows. */
static double conditional(double *row, const double *distances, guint n, guint i, double least,
                          double beta)
{
    double sum = 0.0, weighted = 0.0;
    for (guint j = 0; j < n; j++) {
        double off = distances[j] - least;
        row[j] = j == i ? 0.0 : exp(-beta * off);
        sum += row[j];
        weighted += row[j] * off;
    }
    for (guint j = 0; j < n; j++)
        row[j] /= sum;
    return log(sum) + beta * weighted / sum;
}

/* Entropy falls as β rises: β is doubled until it is too high, then bisected. */
static void fit_row(Affinities *job, guint i, double *distances)
{
    double *row = job->p + (gsize)i * job->n;
    double least = DBL_MAX, sum = 0.0;
    for (guint j = 0; j < job->n; j++) {
        distances[j] = squared_distance(job->points + (gsize)i * job->k,
                                        job->points + (gsize)j * job->k, job->k);
        if (j != i)
            least = MIN(least, distances[j]);
        sum += distances[j];
    }
    double low = 0.0, high = INFINITY;
    double beta = sum > 0.0 ? job->n / sum : 1.0;
    for (guint step = 0; step < BISECTIONS && isfinite(beta); step++) {
        double off = conditional(row, distances, job->n, i, least, beta) - job->entropy;
        if (fabs(off) < 1e-8)
            break;
        if (off > 0.0)
            low = beta;
        else
            high = beta;
        beta = isinf(high) ? 2.0 * beta : (low + high) / 2.0;
    }
}

static void fit_rows(gpointer data, guint begin, guint end)
{
    Affinities *job = data;
    g_autofree double *distances = g_new(double, job->n);
    for (guint i = begin; i < end; i++)
        fit_row(job, i, distances);
}

void tsne_affinities(double *p, const float *points, guint n, guint k, double perplexity,
                     Team *team)
{
    double most = MAX((n - 1) / 3.0, 1.0);
    Affinities job = {p, points, n, k, log(MIN(perplexity, most))};
    if (n == 1) {
        p[0] = 0.0;
        return;
    }
    team_run(team, fit_rows, &job, n, ROWS_AT_A_TIME);
    for (gsize i = 0; i < n; i++)
        for (gsize j = 0; j < i; j++)
            p[i * n + j] = p[j * n + i] = (p[i * n + j] + p[j * n + i]) / (2.0 * n);
}

/* ---- the gradient ---- */

typedef struct {
    const double *p; /* [n, n] */
    const double *y; /* [n, 2] */
    guint n;
    double *attraction; /* [n, 2] Σ_j p_ij t_ij (y_i − y_j), t_ij = (1 + ‖y_i − y_j‖²)^-1 */
    double *repulsion;  /* [n, 2] Σ_j t_ij² (y_i − y_j) */
    double *normaliser; /* [n] Σ_{j≠i} t_ij */
} Forces;

static void sum_forces(gpointer data, guint begin, guint end)
{
    Forces *job = data;
    for (guint i = begin; i < end; i++) {
        const double *row = job->p + (gsize)i * job->n;
        double xi = job->y[2 * i], yi = job->y[2 * i + 1], total = 0.0;
        double pull_x = 0.0, pull_y = 0.0, push_x = 0.0, push_y = 0.0;
        for (guint j = 0; j < job->n; j++) {
            double dx = xi - job->y[2 * j], dy = yi - job->y[2 * j + 1];
            double t = 1.0 / (1.0 + dx * dx + dy * dy);
            double pull = row[j] * t, push = t * t;
            total += t;
            pull_x += pull * dx;
            pull_y += pull * dy;
            push_x += push * dx;
            push_y += push * dy;
        }
        job->normaliser[i] = total - 1.0; /* without j = i */
        job->attraction[2 * i] = pull_x;
        job->attraction[2 * i + 1] = pull_y;
        job->repulsion[2 * i] = push_x;
        job->repulsion[2 * i + 1] = push_y;
    }
}

void tsne_gradient(double *gradient, const double *p, const double *y, guint n, double exaggeration,
                   Team *team)
{
    g_autofree double *scratch = g_new(double, 3 * (gsize)n);
    Forces job = {p, y, n, gradient, scratch, scratch + 2 * (gsize)n};
    team_run(team, sum_forces, &job, n, ROWS_AT_A_TIME);
    double normaliser = 0.0;
    for (guint i = 0; i < n; i++)
        normaliser += job.normaliser[i];
    normaliser = MAX(normaliser, DBL_MIN); /* it is 0 for a single point, as all forces are */
    for (gsize i = 0; i < 2 * (gsize)n; i++)
        gradient[i] = 4.0 * (exaggeration * gradient[i] - job.repulsion[i] / normaliser);
}

double tsne_divergence(const double *p, const double *y, guint n)
{
    double normaliser = 0.0, sum = 0.0;
    for (guint pass = 0; pass < 2; pass++)
        for (gsize i = 0; i < n; i++)
            for (gsize j = 0; j < n; j++) {
                double dx = y[2 * i] - y[2 * j], dy = y[2 * i + 1] - y[2 * j + 1];
                double t = 1.0 / (1.0 + dx * dx + dy * dy);
                if (i == j)
                    continue;
                if (pass == 0)
                    normaliser += t;
                else if (p[i * n + j] > 0.0)
                    sum += p[i * n + j] * log(p[i * n + j] * normaliser / t);
            }
    return sum;
}

/* ---- descent ---- */

typedef struct {
    double *gradient, *velocity, *gains; /* [n, 2] */
} Descent;

static void descend(double *map, Descent *descent, guint n, double learning_rate, double momentum)
{
    for (gsize i = 0; i < 2 * (gsize)n; i++) {
        gboolean same = (descent->gradient[i] > 0.0) == (descent->velocity[i] > 0.0);
        descent->gains[i] = same ? descent->gains[i] * 0.8 : descent->gains[i] + 0.2;
        descent->gains[i] = MAX(descent->gains[i], LEAST_GAIN);
        descent->velocity[i] = momentum * descent->velocity[i] -
                               learning_rate * descent->gains[i] * descent->gradient[i];
        map[i] += descent->velocity[i];
    }
}

static void centre(double *map, guint n)
{
    for (guint d = 0; d < TSNE_DIMENSIONS; d++) {
        double mean = 0.0;
        for (gsize i = 0; i < n; i++)
            mean += map[2 * i + d] / n;
        for (gsize i = 0; i < n; i++)
            map[2 * i + d] -= mean;
    }
}

static void start(double *map, double *gains, guint n, guint64 seed)
{
    g_autoptr(GRand) random = rng_new(seed, STREAM_START);
    for (gsize i = 0; i < 2 * (gsize)n; i++) {
        map[i] = START_SIGMA * rng_normal(random);
        gains[i] = 1.0;
    }
}

gboolean tsne(double *map, const float *points, guint n, guint k, const TsneOptions *options,
              Team *team, TsneObserver observer, gpointer data, GError **error)
{
    if (n > TSNE_MOST_POINTS) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "%u points are too many for an exact t-SNE, which takes time and memory as "
                    "their square; the most is %d",
                    n, TSNE_MOST_POINTS);
        return FALSE;
    }
    if (n == 0)
        return TRUE;
    g_autofree double *p = g_new(double, (gsize)n *n);
    g_autofree double *scratch = g_new0(double, 6 * (gsize)n);
    Descent descent = {scratch, scratch + 2 * (gsize)n, scratch + 4 * (gsize)n};
    double learning_rate = options->learning_rate > 0.0
                               ? options->learning_rate
                               : MAX(n / options->exaggeration / 4.0, LEAST_LEARNING_RATE);
    tsne_affinities(p, points, n, k, options->perplexity, team);
    start(map, descent.gains, n, options->seed);
    for (guint t = 0; t < options->iterations; t++) {
        gboolean early = t < options->exaggerated_for;
        tsne_gradient(descent.gradient, p, map, n, early ? options->exaggeration : 1.0, team);
        descend(map, &descent, n, learning_rate, early ? 0.5 : 0.8);
        if (observer != NULL)
            observer(t + 1, options->iterations, data);
        if (interrupt_requested(error))
            return FALSE;
    }
    centre(map, n);
    return TRUE;
}
