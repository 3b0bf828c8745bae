#include "fold_in.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "recsys_error.h"

#define MOST_STEPS 50
#define MOST_HALVINGS 30
#define ENOUGH 1e-12 /* a step that lowers the sum by less than this share of it is the last */

/* d = k + 1 unknowns, m ratings. */
typedef struct {
    const FoldInPerson *about;
    const FoldInRating *shown;
    guint m, d;
    double *rows;      /* [m, d] x_movie */
    double *fixed;     /* [m] the part of z without θ */
    double *slopes;    /* [m] dr/dz */
    double *residuals; /* [m] rating − predicted */
} Problem;

static void problem_clear(Problem *p)
{
    g_free(p->rows);
    g_free(p->fixed);
    g_free(p->slopes);
    g_free(p->residuals);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Problem, problem_clear)

static double dot(const double *a, const double *b, guint length)
{
    double sum = 0;
    for (guint i = 0; i < length; i++)
        sum += a[i] * b[i];
    return sum;
}

static void problem_init(Problem *p, const FoldInPerson *about, const FoldInRating *shown, guint m)
{
    const guint d = about->k + 1;
    *p = (Problem){
        .about = about,
        .shown = shown,
        .m = m,
        .d = d,
        .rows = g_new(double, (gsize)m *d),
        .fixed = g_new(double, m),
        .slopes = g_new(double, m),
        .residuals = g_new(double, m),
    };
    for (guint i = 0; i < m; i++) {
        double *row = p->rows + (gsize)i * d;
        p->fixed[i] = about->offset + shown[i].bias;
        for (guint f = 0; f < about->k; f++) {
            p->fixed[i] += about->known[f] * (double)shown[i].vector[f];
            row[f] = about->known[f] + (double)shown[i].vector[f];
        }
        row[about->k] = 1;
    }
}

/* Fills slopes and residuals at θ and returns the sum to be lowered. */
static double look(Problem *p, const double *theta)
{
    double sum = 0, ridge = 0;
    for (guint i = 0; i < p->m; i++) {
        const double z = p->fixed[i] + dot(p->rows + (gsize)i * p->d, theta, p->d);
        const double share = 1 / (1 + exp(-z));
        const gboolean identity = p->about->link == FOLD_IN_IDENTITY;
        p->slopes[i] = identity ? 1 : p->about->scale * share * (1 - share);
        p->residuals[i] = p->shown[i].rating - (identity ? z : p->about->scale * share);
        sum += p->residuals[i] * p->residuals[i];
    }
    for (guint j = 0; j < p->d; j++)
        ridge += (theta[j] - p->about->prior[j]) * (theta[j] - p->about->prior[j]);
    return sum + p->about->lambda * ridge;
}

/* ---- one ridge regression ----
 *
 * minimises ‖A x − t‖² + λ‖x‖² for x [d], A [m, d] row by row. */

static gboolean solve_in_place(double *matrix, double *right, guint n)
{
    return LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', (lapack_int)n, 1, matrix, (lapack_int)n, right,
                         1) == 0;
}

/* x = (AᵀA + λI)⁻¹ Aᵀt */
static gboolean ridge_primal(double *x, const double *a, const double *t, guint m, guint d,
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
static gboolean ridge_dual(double *x, const double *a, const double *t, guint m, guint d,
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

/* ---- Gauss and Newton ---- */

/* Where the tangents at θ put the minimum. */
static gboolean next_theta(double *next, const Problem *p, const double *theta)
{
    const double *prior = p->about->prior;
    g_autofree double *a = g_new(double, (gsize)p->m * p->d);
    g_autofree double *t = g_new(double, p->m);
    for (guint i = 0; i < p->m; i++) {
        t[i] = p->residuals[i];
        for (guint j = 0; j < p->d; j++) {
            const double slope = p->slopes[i] * p->rows[(gsize)i * p->d + j];
            a[(gsize)i * p->d + j] = slope;
            t[i] += slope * (theta[j] - prior[j]);
        }
    }
    const guint m = p->m, d = p->d;
    const double lambda = p->about->lambda;
    if (!(m <= d ? ridge_dual(next, a, t, m, d, lambda) : ridge_primal(next, a, t, m, d, lambda)))
        return FALSE;
    for (guint j = 0; j < d; j++)
        next[j] += prior[j];
    return TRUE;
}

/* Moves θ towards `target`, as far as the sum gets lower; returns the sum where it ends. */
static double move(Problem *p, double *theta, const double *target, double sum)
{
    g_autofree double *trial = g_new(double, p->d);
    double share = 1;
    for (guint i = 0; i < MOST_HALVINGS; i++, share /= 2) {
        for (guint j = 0; j < p->d; j++)
            trial[j] = theta[j] + share * (target[j] - theta[j]);
        const double lower = look(p, trial);
        if (lower < sum) {
            memcpy(theta, trial, sizeof *theta * p->d);
            return lower;
        }
    }
    return sum;
}

static gboolean fail(const char *what, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "a person cannot be folded in: %s; is the release whole?", what);
    return FALSE;
}

gboolean fold_in_solve(double *person, const FoldInPerson *about, const FoldInRating *shown,
                       guint count, GError **error)
{
    g_auto(Problem) problem = {0};
    g_autofree double *target = g_new0(double, about->k + 1);
    memcpy(person, about->prior, sizeof *person * (about->k + 1));
    if (count == 0)
        return TRUE;
    if (!(about->lambda > 0 && isfinite(about->lambda)))
        return fail("lambda is not a positive number", error);
    problem_init(&problem, about, shown, count);
    double sum = look(&problem, person);
    if (!isfinite(sum))
        return fail("there are numbers that are not finite", error);
    for (guint step = 0; step < MOST_STEPS; step++) {
        if (!next_theta(target, &problem, person))
            return fail("its equations have no solution", error);
        const double before = sum;
        sum = move(&problem, person, target, before);
        if (before - sum <= ENOUGH * before)
            break;
    }
    return TRUE;
}

ProfileSum *fold_in_sum(const FoldInPerson *about, const double *person)
{
    ProfileSum *sum = g_new0(ProfileSum, 1);
    sum->k = about->k;
    sum->query = g_new(float, about->k);
    for (guint f = 0; f < about->k; f++)
        sum->query[f] = (float)(about->known[f] + person[f]);
    sum->offset = about->offset + person[about->k] + dot(person, about->known, about->k);
    return sum;
}
