#include "ials_step.h"

#include <math.h>
#include <string.h>

#include "gram.h"
#include "interrupt.h"
#include "recsys_error.h"

#define LINES_A_TASK 16
#define WORK_A_ROUND 400000 /* in ratings: how much is done between two words on progress */
#define WORK_A_LINE 64      /* what factorizing costs, in ratings */

/* What one thread works in. */
typedef struct {
    float *matrix;      /* [stride, stride] */
    float *workspace;   /* of the kernels */
    const float **rows; /* [most ratings of a line] */
} Desk;

typedef struct {
    const IalsStep *step;
    gsize stride;
    guint most;         /* ratings of a line */
    float *base;        /* [stride, stride] α G */
    guint first;        /* line of this round */
    GAsyncQueue *desks; /* Desk, those nobody works at */
    gint failed;        /* atomic */
} Half;

static Desk *desk_new(const Half *h)
{
    Desk *desk = g_new(Desk, 1);
    desk->matrix = g_aligned_alloc(h->stride * h->stride, sizeof(float), SOLVER_ALIGNMENT);
    desk->workspace =
        g_aligned_alloc(solver_workspace_floats(h->step->k), sizeof(float), SOLVER_ALIGNMENT);
    desk->rows = g_new(const float *, h->most);
    return desk;
}

static void desk_free(gpointer data)
{
    Desk *desk = data;
    g_aligned_free(desk->matrix);
    g_aligned_free(desk->workspace);
    g_free(desk->rows);
    g_free(desk);
}

static void half_init(Half *h, const IalsStep *step)
{
    const gsize k = step->k, stride = solver_stride(k);
    const RatingLines *lines = step->lines;
    *h = (Half){.step = step, .stride = stride, .desks = g_async_queue_new_full(desk_free)};
    for (guint i = 0; i < lines->lines; i++)
        h->most = MAX(h->most, lines->begin[i + 1] - lines->begin[i]);
    g_autofree double *gram = g_new(double, k *k);
    gram_of_table(gram, step->others, lines->others, k, step->kernels, step->team);
    h->base = g_aligned_alloc0(stride * stride, sizeof(float), SOLVER_ALIGNMENT);
    for (gsize i = 0; i < k; i++)
        for (gsize j = 0; j < k; j++)
            h->base[i * stride + j] = (float)(step->alpha * gram[i * k + j]);
}

static void half_clear(Half *h)
{
    g_aligned_free(h->base);
    g_async_queue_unref(h->desks);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Half, half_clear)

static gboolean solve_line(const Half *h, const Desk *desk, guint line, float *solved)
{
    const IalsStep *s = h->step;
    const guint begin = s->lines->begin[line], count = s->lines->begin[line + 1] - begin;
    const double ridge = s->lambda * (count + s->alpha * s->lines->others);
    memset(solved, 0, h->stride * sizeof *solved);
    if (count == 0)
        return TRUE;
    for (guint i = 0; i < count; i++)
        desk->rows[i] = s->others + s->lines->other[begin + i] * h->stride;
    memcpy(desk->matrix, h->base, h->stride * h->stride * sizeof *desk->matrix);
    for (gsize f = 0; f < s->k; f++)
        desk->matrix[f * h->stride + f] += (float)ridge;
    s->kernels->accumulate(desk->matrix, solved, desk->rows, NULL, s->targets + begin, count, s->k,
                           desk->workspace);
    if (!s->kernels->factorize(desk->matrix, s->k))
        return FALSE;
    s->kernels->solve_forward(desk->matrix, solved, s->k);
    s->kernels->solve_backward(desk->matrix, solved, s->k);
    gboolean finite = TRUE;
    for (gsize f = 0; f < s->k; f++)
        finite = finite && isfinite(solved[f]);
    return finite;
}

static void solve_lines(gpointer data, guint begin, guint end)
{
    Half *h = data;
    if (g_atomic_int_get(&h->failed) || interrupt_requested(NULL))
        return;
    Desk *desk = g_async_queue_try_pop(h->desks);
    if (desk == NULL)
        desk = desk_new(h);
    for (guint i = begin; i < end; i++) {
        const guint line = h->first + i;
        if (!solve_line(h, desk, line, h->step->solved + line * h->stride))
            g_atomic_int_set(&h->failed, TRUE);
    }
    g_async_queue_push(h->desks, desk);
}

/* The end of a round that begins with line h->first. */
static guint end_of_round(const Half *h)
{
    const RatingLines *lines = h->step->lines;
    guint line = h->first;
    for (guint64 work = 0; line < lines->lines && work < WORK_A_ROUND; line++)
        work += lines->begin[line + 1] - lines->begin[line] + WORK_A_LINE;
    return line;
}

gboolean ials_step(const IalsStep *step, GError **error)
{
    const RatingLines *lines = step->lines;
    g_auto(Half) h;
    half_init(&h, step);
    while (h.first < lines->lines) {
        const guint end = end_of_round(&h);
        team_run(step->team, solve_lines, &h, end - h.first, LINES_A_TASK);
        if (interrupt_requested(error))
            return FALSE;
        if (h.failed) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "with lambda %g and alpha %g the least squares have no solution in "
                        "float32: give a greater --lambda",
                        step->lambda, step->alpha);
            return FALSE;
        }
        step->progress(lines->begin[end] - lines->begin[h.first], step->data);
        h.first = end;
    }
    return TRUE;
}
