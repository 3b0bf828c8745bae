#include "fold_in_ranking.h"

#include <math.h>

#include "rating_target.h"
#include "recsys_error.h"
#include "ridge.h"

/* d = k − first dimensions, m movies. What is solved for is φ_j = p_j^½ (θ_j − π_j), whose ridge is
 * 1 in all of them. */
typedef struct {
    guint d, m;
    double *scales;  /* [d] p_j^−½ */
    double *centre;  /* [d] π_j */
    double *rows;    /* [m, d] v_m, times the scales */
    double *targets; /* [m] what is left at π */
} Problem;

static void problem_clear(Problem *p)
{
    g_free(p->scales);
    g_free(p->centre);
    g_free(p->rows);
    g_free(p->targets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Problem, problem_clear)

void fold_in_ranking_free(FoldInRanking *ranking)
{
    if (ranking == NULL)
        return;
    g_free(ranking->mean);
    g_free(ranking->gram);
    g_free(ranking);
}

double fold_in_ranking_target(const FoldInRanking *ranking, double rating)
{
    return isnan(rating) ? 1 : rating_target(rating, ranking->lowest, ranking->highest);
}

static void problem_init(Problem *p, const FoldInRanking *about, const double *known,
                         const FoldInRating *shown, guint m)
{
    const guint d = about->k - about->first;
    const double everywhere = about->lambda * (m + about->alpha * about->movies);
    *p = (Problem){
        .d = d,
        .m = m,
        .scales = g_new(double, d),
        .centre = g_new(double, d),
        .rows = g_new(double, (gsize)m *d),
        .targets = g_new(double, m),
    };
    for (guint j = 0; j < d; j++) {
        const guint f = about->first + j;
        const double pull = about->alpha * (double)about->gram[f], precision = pull + everywhere;
        p->scales[j] = 1 / sqrt(precision);
        p->centre[j] = -pull * ((double)about->mean[f] + known[f]) / precision;
    }
    for (guint i = 0; i < m; i++) {
        p->targets[i] = about->target_scale * fold_in_ranking_target(about, shown[i].rating);
        for (guint j = 0; j < d; j++) {
            const guint f = about->first + j;
            const double value = shown[i].vector[f];
            p->targets[i] -= ((double)about->mean[f] + known[f] + p->centre[j]) * value;
            p->rows[(gsize)i * d + j] = p->scales[j] * value;
        }
    }
}

static gboolean all_finite(const double *values, gsize count)
{
    for (gsize i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return FALSE;
    return TRUE;
}

static gboolean is_finite(const Problem *p)
{
    return all_finite(p->scales, p->d) && all_finite(p->centre, p->d) &&
           all_finite(p->rows, (gsize)p->m * p->d) && all_finite(p->targets, p->m);
}

gboolean fold_in_ranking_solve(double *person, const FoldInRanking *about, const double *known,
                               const FoldInRating *shown, guint count, GError **error)
{
    g_auto(Problem) problem = {0};
    problem_init(&problem, about, known, shown, count);
    g_autofree double *phi = g_new0(double, problem.d);
    if (!is_finite(&problem) ||
        (count > 0 && !ridge_solve(phi, problem.rows, problem.targets, count, problem.d, 1))) {
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                            "a person cannot be folded in: there are numbers that are not finite; "
                            "is the release whole?");
        return FALSE;
    }
    for (guint j = 0; j < problem.d; j++)
        person[about->first + j] = problem.centre[j] + problem.scales[j] * phi[j];
    return TRUE;
}
