#include "ials_step.h"

#include <math.h>
#include <string.h>

#include "gram.h"
#include "interrupt.h"
#include "recsys_error.h"

#define LINES_A_TASK 16
#define WORK_A_ROUND 400000 /* in ratings: how much is done between two words on progress */
#define WORK_A_LINE 64      /* what factorizing costs, in ratings */

/* A line of few ratings is solved in as many unknowns as it has ratings. */
#define FEW(k) ((k)*3 / 4)

/* What one thread works in. */
typedef struct {
    float *matrix;         /* [stride, stride] */
    float *workspace;      /* of the kernels */
    const float **rows;    /* [most ratings of a line] */
    float *turned;         /* [k, stride of FEW(k)] */
    const float **columns; /* [k] into `turned` */
    float *unknowns;       /* [stride] */
    float *scales;         /* [k] */
} Desk;

typedef struct {
    const IalsStep *step;
    gsize stride;
    guint most;         /* ratings of a line */
    double *gram;       /* [k] */
    guint first;        /* line of this round */
    GAsyncQueue *desks; /* Desk, those nobody works at */
    gint failed;        /* atomic */
} Half;

static float *floats_new(gsize count)
{
    return g_aligned_alloc0(MAX(count, 1), sizeof(float), SOLVER_ALIGNMENT);
}

static Desk *desk_new(const Half *h)
{
    const gsize k = h->step->k;
    Desk *desk = g_new(Desk, 1);
    *desk = (Desk){
        .matrix = floats_new(h->stride * h->stride),
        .workspace = floats_new(solver_workspace_floats(k)),
        .rows = g_new(const float *, h->most),
        .turned = floats_new(k * solver_stride(FEW(k))),
        .columns = g_new(const float *, k),
        .unknowns = floats_new(h->stride),
        .scales = floats_new(k),
    };
    return desk;
}

static void desk_free(gpointer data)
{
    Desk *desk = data;
    g_aligned_free(desk->matrix);
    g_aligned_free(desk->workspace);
    g_free(desk->rows);
    g_aligned_free(desk->turned);
    g_free(desk->columns);
    g_aligned_free(desk->unknowns);
    g_aligned_free(desk->scales);
    g_free(desk);
}

static gboolean half_init(Half *h, const IalsStep *step, GError **error)
{
    const gsize k = step->k;
    const RatingLines *lines = step->lines;
    *h = (Half){.step = step,
                .stride = solver_stride(k),
                .gram = g_new(double, k),
                .desks = g_async_queue_new_full(desk_free)};
    for (guint i = 0; i < lines->lines; i++)
        h->most = MAX(h->most, lines->begin[i + 1] - lines->begin[i]);
    g_autofree double *gram = g_new(double, k *k);
    g_autofree double *vectors = g_new(double, k *k);
    gram_of_table(gram, step->others, lines->others, k, step->kernels, step->team);
    if (!gram_diagonalize(vectors, h->gram, gram, k, error))
        return FALSE;
    gram_rotate(step->others, lines->others, vectors, k, step->kernels, step->team);
    return TRUE;
}

static void half_clear(Half *h)
{
    g_free(h->gram);
    g_async_queue_unref(h->desks);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Half, half_clear)

/* The line's ratings, its vectors being in desk->rows. */
typedef struct {
    const float *targets;
    guint count;
    double ridge; /* ρ */
} Line;

/* (D + Σ y yᵀ) x = Σ t y, D the diagonal of α G + ρ I. */
static gboolean solve_many(const Half *h, const Desk *desk, const Line *line, float *x)
{
    const IalsStep *s = h->step;
    memset(desk->matrix, 0, h->stride * h->stride * sizeof *desk->matrix);
    for (gsize f = 0; f < s->k; f++)
        desk->matrix[f * h->stride + f] = (float)(s->alpha * h->gram[f] + line->ridge);
    s->kernels->accumulate(desk->matrix, x, desk->rows, NULL, line->targets, line->count, s->k,
                           desk->workspace);
    if (!s->kernels->factorize(desk->matrix, s->k))
        return FALSE;
    s->kernels->solve_forward(desk->matrix, x, s->k);
    s->kernels->solve_backward(desk->matrix, x, s->k);
    return TRUE;
}

/* The rows y of the line as k columns, each divided by the root of its element of D. */
static void turn_rows(const Half *h, const Desk *desk, const Line *line)
{
    const gsize stride = solver_stride(line->count);
    memset(desk->turned, 0, h->step->k * stride * sizeof *desk->turned);
    for (gsize f = 0; f < h->step->k; f++) {
        desk->scales[f] = 1.0f / sqrtf((float)(h->step->alpha * h->gram[f] + line->ridge));
        desk->columns[f] = desk->turned + f * stride;
    }
    for (guint i = 0; i < line->count; i++)
        for (gsize f = 0; f < h->step->k; f++)
            desk->turned[f * stride + i] = desk->scales[f] * desk->rows[i][f];
}

/* The same system by Woodbury's identity, Y having the rows y:
 * x = D⁻¹ Yᵀ z, (I + Y D⁻¹ Yᵀ) z = t. */
static gboolean solve_few(const Half *h, const Desk *desk, const Line *line, float *x)
{
    const IalsStep *s = h->step;
    const gsize n = line->count, stride = solver_stride(n);
    turn_rows(h, desk, line);
    memset(desk->matrix, 0, stride * stride * sizeof *desk->matrix);
    memset(desk->unknowns, 0, stride * sizeof *desk->unknowns);
    memcpy(desk->unknowns, line->targets, n * sizeof *desk->unknowns);
    for (gsize i = 0; i < n; i++)
        desk->matrix[i * stride + i] = 1;
    s->kernels->accumulate(desk->matrix, NULL, desk->columns, NULL, NULL, (guint)s->k, n,
                           desk->workspace);
    if (!s->kernels->factorize(desk->matrix, n))
        return FALSE;
    s->kernels->solve_forward(desk->matrix, desk->unknowns, n);
    s->kernels->solve_backward(desk->matrix, desk->unknowns, n);
    s->kernels->accumulate(NULL, x, desk->rows, NULL, desk->unknowns, line->count, s->k, NULL);
    for (gsize f = 0; f < s->k; f++)
        x[f] *= desk->scales[f] * desk->scales[f];
    return TRUE;
}

static gboolean solve_line(const Half *h, const Desk *desk, guint number, float *x)
{
    const IalsStep *s = h->step;
    const guint begin = s->lines->begin[number], count = s->lines->begin[number + 1] - begin;
    const Line line = {
        .targets = s->targets + begin,
        .count = count,
        .ridge = s->lambda * (count + s->alpha * s->lines->others),
    };
    memset(x, 0, h->stride * sizeof *x);
    if (count == 0)
        return TRUE;
    for (guint i = 0; i < count; i++)
        desk->rows[i] = s->others + s->lines->other[begin + i] * h->stride;
    gboolean solved =
        count <= FEW(s->k) ? solve_few(h, desk, &line, x) : solve_many(h, desk, &line, x);
    for (gsize f = 0; f < s->k; f++)
        solved = solved && isfinite(x[f]);
    return solved;
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

gboolean ials_step(const IalsStep *step, double *gram, GError **error)
{
    const RatingLines *lines = step->lines;
    g_auto(Half) h = {0};
    if (!half_init(&h, step, error))
        return FALSE;
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
    if (gram != NULL)
        memcpy(gram, h.gram, step->k * sizeof *gram);
    return TRUE;
}
