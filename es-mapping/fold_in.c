#include "fold_in.h"

#include <math.h>
#include <string.h>

#include "recsys_error.h"
#include "ridge.h"

#define MOST_STEPS 50
#define MOST_HALVINGS 30
#define ENOUGH 1e-12 /* a step that lowers the sum by less than this share of it is the last */

/* d = k + 1 unknowns, m ratings. What is solved for is φ, φ_j = θ_j / scale_j: its ridge is the
 * same in all dimensions. */
typedef struct {
    const FoldInPerson *about;
    const FoldInRating *shown;
    guint m, d;
    double *prior;     /* [d] of φ */
    double *rows;      /* [m, d] x_movie, times the scales */
    double *fixed;     /* [m] the part of z without θ */
    double *slopes;    /* [m] dr/dz */
    double *residuals; /* [m] rating − predicted */
} Problem;

static void problem_clear(Problem *p)
{
    g_free(p->prior);
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

static double scale_of(const FoldInPerson *about, guint j)
{
    return about->scales != NULL ? about->scales[j] : 1;
}

/* Fills a movie's row [d], which is 0, and returns the fixed part. */
static double look_at_movie(double *row, const FoldInPerson *about, const FoldInRating *movie)
{
    const ModelForm *form = about->form;
    const gboolean has_halves = form->objective == OBJECTIVE_BOTH;
    const gboolean all_interact = form->interactions == INTERACTIONS_ALL;
    const guint end = has_halves ? form->rating_dims : about->k;
    double fixed = about->offset + (has_halves ? (double)movie->vector[0] : movie->bias);
    for (guint f = has_halves ? 1 : 0; f < end; f++) {
        const double value = movie->vector[f];
        fixed += about->known[f] * value;
        row[f] = scale_of(about, f) * (all_interact ? about->known[f] + value : value);
    }
    row[about->k] = scale_of(about, about->k);
    return fixed;
}

static void problem_init(Problem *p, const FoldInPerson *about, const FoldInRating *shown, guint m)
{
    const guint d = about->k + 1;
    *p = (Problem){
        .about = about,
        .shown = shown,
        .m = m,
        .d = d,
        .prior = g_new0(double, d),
        .rows = g_new0(double, (gsize)m *d),
        .fixed = g_new(double, m),
        .slopes = g_new(double, m),
        .residuals = g_new(double, m),
    };
    for (guint i = 0; i < m; i++)
        p->fixed[i] = look_at_movie(p->rows + (gsize)i * d, about, &shown[i]);
    for (guint j = 0; j < d; j++)
        if (scale_of(about, j) > 0)
            p->prior[j] = about->prior[j] / scale_of(about, j);
}

/* Fills slopes and residuals at φ and returns the sum to be lowered. */
static double look(Problem *p, const double *phi)
{
    const double scale = p->about->form->scale;
    const gboolean identity = p->about->form->link == LINK_IDENTITY;
    double sum = 0, ridge = 0;
    for (guint i = 0; i < p->m; i++) {
        const double z = p->fixed[i] + dot(p->rows + (gsize)i * p->d, phi, p->d);
        const double share = 1 / (1 + exp(-z));
        p->slopes[i] = identity ? 1 : scale * share * (1 - share);
        p->residuals[i] = p->shown[i].rating - (identity ? z : scale * share);
        sum += p->residuals[i] * p->residuals[i];
    }
    for (guint j = 0; j < p->d; j++)
        ridge += (phi[j] - p->prior[j]) * (phi[j] - p->prior[j]);
    return sum + p->about->lambda * ridge;
}

/* ---- Gauss and Newton ---- */

/* Where the tangents at φ put the minimum. */
static gboolean next_phi(double *next, const Problem *p, const double *phi)
{
    g_autofree double *a = g_new(double, (gsize)p->m * p->d);
    g_autofree double *t = g_new(double, p->m);
    for (guint i = 0; i < p->m; i++) {
        t[i] = p->residuals[i];
        for (guint j = 0; j < p->d; j++) {
            const double slope = p->slopes[i] * p->rows[(gsize)i * p->d + j];
            a[(gsize)i * p->d + j] = slope;
            t[i] += slope * (phi[j] - p->prior[j]);
        }
    }
    if (!ridge_solve(next, a, t, p->m, p->d, p->about->lambda))
        return FALSE;
    for (guint j = 0; j < p->d; j++)
        next[j] += p->prior[j];
    return TRUE;
}

/* Moves φ towards `target`, as far as the sum gets lower; returns the sum where it ends. */
static double move(Problem *p, double *phi, const double *target, double sum)
{
    g_autofree double *trial = g_new(double, p->d);
    double share = 1;
    for (guint i = 0; i < MOST_HALVINGS; i++, share /= 2) {
        for (guint j = 0; j < p->d; j++)
            trial[j] = phi[j] + share * (target[j] - phi[j]);
        const double lower = look(p, trial);
        if (lower < sum) {
            memcpy(phi, trial, sizeof *phi * p->d);
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

/* From the prior on. */
static gboolean descend(Problem *p, double *phi, GError **error)
{
    g_autofree double *target = g_new0(double, p->d);
    double sum = look(p, phi);
    if (!isfinite(sum))
        return fail("there are numbers that are not finite", error);
    for (guint step = 0; step < MOST_STEPS; step++) {
        if (!next_phi(target, p, phi))
            return fail("its equations have no solution", error);
        const double before = sum;
        sum = move(p, phi, target, before);
        if (before - sum <= ENOUGH * before)
            break;
    }
    return TRUE;
}

gboolean fold_in_solve(double *person, const FoldInPerson *about, const FoldInRating *shown,
                       guint count, GError **error)
{
    g_auto(Problem) problem = {0};
    if (count > 0 && !(about->lambda > 0 && isfinite(about->lambda)))
        return fail("lambda is not a positive number", error);
    problem_init(&problem, about, shown, count);
    g_autofree double *phi = g_memdup2(problem.prior, sizeof *phi * problem.d);
    if (count > 0 && !descend(&problem, phi, error))
        return FALSE;
    for (guint j = 0; j < problem.d; j++)
        person[j] = phi[j] * scale_of(about, j);
    return TRUE;
}

ProfileSum *fold_in_sum(const FoldInPerson *about, const double *person)
{
    ProfileSum *sum = g_new0(ProfileSum, 1);
    sum->k = about->k;
    sum->query = g_new(float, about->k);
    for (guint f = 0; f < about->k; f++)
        sum->query[f] = (float)(about->known[f] + person[f]);
    sum->offset = about->offset + person[about->k];
    if (about->form->interactions == INTERACTIONS_ALL)
        sum->offset += dot(person, about->known, about->k);
    profile_sum_split(sum, about->form);
    return sum;
}
