#include "gibbs_side.h"

#include <math.h>
#include <string.h>

#include "counter_rng.h"
#include "dense_kernels.h"
#include "interrupt.h"
#include "recsys_error.h"
#include "solver_kernels.h"

#define LINES_IN_CHUNK 8
#define PURPOSE 0x534944 /* of the vectors' random numbers */

/* Everything is divided by α, so that the ratings need no weights: Λ/α and Λ m/α. */
typedef struct {
    const GibbsSide *side;
    const SolverKernels *kernels;
    GibbsVectors *vectors;
    float *others;    /* [others, K] with 1 for the bias */
    float *biases;    /* [others] + mean */
    float *precision; /* [K, K]: Λ/α */
    float *centre;    /* [K]: Λ μ/α */
    double *squares;  /* [n] */
    guint most;       /* ratings in a line */
    gint failed;
} Job;

/* One thread's memory. */
typedef struct {
    float *a;           /* [K, K] */
    float *b;           /* [K] */
    float *y;           /* [K] */
    float *prior;       /* [LINES_IN_CHUNK, K]: Λ m/α */
    float *workspace;   /* the kernels' */
    const float **rows; /* [most] */
    float *targets;     /* [most] */
} Scratch;

static float *aligned_new(gsize floats)
{
    return g_aligned_alloc0(MAX(floats, 1), sizeof(float), SOLVER_ALIGNMENT);
}

static void scratch_init(Scratch *s, guint factors, guint most)
{
    *s = (Scratch){
        .a = aligned_new((gsize)factors * factors),
        .b = aligned_new(factors),
        .y = aligned_new(factors),
        .prior = aligned_new((gsize)LINES_IN_CHUNK * factors),
        .workspace = aligned_new(solver_workspace_floats(factors)),
        .rows = g_new(const float *, MAX(most, 1)),
        .targets = g_new(float, MAX(most, 1)),
    };
}

static void scratch_clear(Scratch *s)
{
    float *const aligned[] = {s->a, s->b, s->y, s->prior, s->workspace};
    for (gsize i = 0; i < G_N_ELEMENTS(aligned); i++)
        g_aligned_free(aligned[i]);
    g_free(s->rows);
    g_free(s->targets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scratch, scratch_clear)

static double dot(const float *a, const float *b, guint count)
{
    double sum = 0;
    for (guint f = 0; f < count; f++)
        sum += (double)a[f] * b[f];
    return sum;
}

/* ---- one line ---- */

/* The line's ratings as the kernels want them; returns how many. */
static guint list_ratings(const Job *job, Scratch *s, guint line)
{
    const RatingLines *lines = job->side->lines;
    const guint begin = lines->begin[line], count = lines->begin[line + 1] - begin;
    const gsize factors = job->side->prior->factors;
    for (guint i = 0; i < count; i++) {
        const guint32 other = lines->other[begin + i];
        s->rows[i] = job->others + other * factors;
        s->targets[i] = lines->rating[begin + i] - job->biases[other];
    }
    return count;
}

/* Σ (target − <x, z'>)² = Σ target² − 2 xᵀ(Σ target z') + xᵀ(Σ z' z'ᵀ)x, of which b and A (as
 * |R x|², the norm) are known but for the prior's part: no need to go through the ratings. */
static double squared_errors(const Job *job, Scratch *s, const float *prior, const float *x,
                             double norm, guint count)
{
    const guint factors = job->side->prior->factors;
    float *product = s->y; /* Λ/α · x */
    double sum = norm;
    for (guint i = 0; i < count; i++)
        sum += (double)s->targets[i] * s->targets[i];
    memset(product, 0, factors * sizeof *product);
    dense_kernels()->multiply_add(product, x, factors, 1, job->precision, 1, factors, factors);
    for (guint f = 0; f < factors; f++)
        sum -= x[f] * (2.0 * ((double)s->b[f] - prior[f]) + product[f]);
    return MAX(sum, 0.0);
}

static gboolean sample_line(const Job *job, Scratch *s, const float *prior, guint line)
{
    const GibbsSide *side = job->side;
    const guint factors = side->prior->factors, count = list_ratings(job, s, line);
    const float spread = (float)(1.0 / sqrt(side->precision));
    float *x = job->vectors->drawn + (gsize)line * factors;
    memcpy(s->a, job->precision, (gsize)factors * factors * sizeof *s->a);
    memcpy(s->b, prior, factors * sizeof *s->b);
    job->kernels->accumulate(s->a, s->b, s->rows, NULL, s->targets, count, factors, s->workspace);
    if (!job->kernels->factorize(s->a, factors))
        return FALSE;
    counter_rng_normals(x, factors, side->seed, PURPOSE, side->stream, line);
    memcpy(s->y, s->b, factors * sizeof *s->y);
    job->kernels->solve_forward(s->a, s->y, factors);
    for (guint f = 0; f < factors; f++)
        x[f] = s->y[f] + spread * x[f];
    const double norm = dot(x, x, factors);
    job->kernels->solve_backward(s->a, x, factors);
    if (job->vectors->expected != NULL) {
        float *expected = job->vectors->expected + (gsize)line * factors;
        memcpy(expected, s->y, factors * sizeof *expected);
        job->kernels->solve_backward(s->a, expected, factors);
    }
    job->squares[line] = squared_errors(job, s, prior, x, norm, count);
    return TRUE;
}

/* ---- all lines ---- */

static void sample_lines(gpointer data, guint begin, guint end)
{
    Job *job = data;
    const GibbsPrior *prior = job->side->prior;
    const guint factors = prior->factors;
    if (interrupt_requested(NULL) || g_atomic_int_get(&job->failed))
        return;
    g_auto(Scratch) s;
    scratch_init(&s, factors, job->most);
    for (guint i = begin; i < end; i++)
        memcpy(s.prior + (gsize)(i - begin) * factors, job->centre, factors * sizeof *s.prior);
    dense_kernels()->multiply_add(s.prior, prior->explained + (gsize)begin * factors, factors, 1,
                                  job->precision, end - begin, factors, factors);
    for (guint i = begin; i < end; i++)
        if (!sample_line(job, &s, s.prior + (gsize)(i - begin) * factors, i))
            g_atomic_int_set(&job->failed, 1);
}

/* The other side with 1 in the bias's place, and its biases. */
static void job_set_others(Job *job)
{
    const GibbsSide *side = job->side;
    const gsize factors = side->prior->factors, others = side->lines->others;
    job->others = aligned_new(others * factors);
    job->biases = g_new(float, MAX(others, 1));
    memcpy(job->others, side->others, others * factors * sizeof *job->others);
    for (gsize i = 0; i < others; i++) {
        job->biases[i] = (float)(side->mean + side->others[(i + 1) * factors - 1]);
        job->others[(i + 1) * factors - 1] = 1.0f;
    }
}

static void job_set_prior(Job *job)
{
    const GibbsPrior *prior = job->side->prior;
    const guint factors = prior->factors;
    job->precision = g_new(float, (gsize)factors *factors);
    job->centre = g_new(float, factors);
    for (gsize i = 0; i < (gsize)factors * factors; i++)
        job->precision[i] = (float)(prior->precision[i] / job->side->precision);
    for (guint f = 0; f < factors; f++)
        job->centre[f] = (float)dot(job->precision + (gsize)f * factors, prior->mean, factors);
}

static void job_clear(Job *job)
{
    g_aligned_free(job->others);
    g_free(job->biases);
    g_free(job->precision);
    g_free(job->centre);
    g_free(job->squares);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

static guint longest_line(const RatingLines *lines)
{
    guint most = 0;
    for (guint i = 0; i < lines->lines; i++)
        most = MAX(most, lines->begin[i + 1] - lines->begin[i]);
    return most;
}

gboolean gibbs_side_sample(const GibbsSide *side, GibbsVectors *vectors, Team *team, GError **error)
{
    const guint n = side->lines->lines;
    g_auto(Job) job = {.side = side, .vectors = vectors, .most = longest_line(side->lines)};
    job.kernels = solver_kernels_choose(error);
    if (job.kernels == NULL)
        return FALSE;
    job_set_others(&job);
    job_set_prior(&job);
    job.squares = g_new0(double, MAX(n, 1));
    team_run(team, sample_lines, &job, n, LINES_IN_CHUNK);
    if (interrupt_requested(error))
        return FALSE;
    if (job.failed) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "the sampler's equations cannot be solved in single precision: the ratings "
                    "leave too much open; give fewer factors");
        return FALSE;
    }
    vectors->squares = 0;
    for (guint i = 0; i < n; i++)
        vectors->squares += job.squares[i];
    return TRUE;
}
