#include "ials.h"

#include <math.h>
#include <string.h>

#include "ials_checkpoint.h"
#include "ials_step.h"
#include "interrupt.h"
#include "rating_target.h"
#include "recsys_error.h"
#include "rng.h"

#define STREAM_INITIAL 1
#define INITIAL_SIGMA 0.1 /* of a vector's length */

typedef struct {
    const RatingMatrix *ratings;
    const IalsOptions *options;
    const IalsRun *run;
    const SolverKernels *kernels;
    Team *team;
    gsize k, stride;
    double lowest, highest;
    float *targets_by_user, *targets_by_movie; /* [N] */
    float *users, *movies;                     /* [U, stride], [M, stride] */
    float *movies_before;                      /* [M, stride] before this sweep, for a checkpoint */
    double *movie_gram;                        /* [k] */
    guint sweeps_done;
    guint64 ratings_done;  /* in all sweeps */
    char *fingerprint;     /* of data and options, computed when first needed */
    double seconds_before; /* the run was stopped */
    gint64 started, last_checkpoint;
} Ials;

static void ials_clear(Ials *s)
{
    team_free(s->team);
    g_free(s->targets_by_user);
    g_free(s->targets_by_movie);
    g_aligned_free(s->users);
    g_aligned_free(s->movies);
    g_aligned_free(s->movies_before);
    g_free(s->movie_gram);
    g_free(s->fingerprint);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ials, ials_clear)

void ials_model_free(IalsModel *model)
{
    if (model == NULL)
        return;
    g_free(model->user_vectors);
    g_free(model->movie_vectors);
    g_free(model->movie_gram);
    g_free(model);
}

static double seconds_since(gint64 moment)
{
    return (double)(g_get_monotonic_time() - moment) / G_USEC_PER_SEC;
}

/* ---- targets ---- */

gboolean ials_is_liked(double rating, double lowest, double highest)
{
    return !(highest > lowest) || rating - lowest >= .75 * (highest - lowest);
}

void ials_rating_range(const RatingLines *lines, double *lowest, double *highest)
{
    const guint count = lines->begin[lines->lines];
    *lowest = *highest = count > 0 ? (double)lines->rating[0] : 0;
    for (guint i = 1; i < count; i++) {
        *lowest = MIN(*lowest, (double)lines->rating[i]);
        *highest = MAX(*highest, (double)lines->rating[i]);
    }
}

static float *targets_of(const Ials *s, const RatingLines *lines)
{
    const guint count = lines->begin[lines->lines];
    float *targets = g_new(float, count);
    for (guint i = 0; i < count; i++)
        targets[i] = (float)rating_target((double)lines->rating[i], s->lowest, s->highest);
    return targets;
}

/* ---- the start ---- */

static gboolean check_options(const RatingMatrix *ratings, const IalsOptions *o, GError **error)
{
    const char *wrong = NULL;
    if (ratings->rows == 0)
        wrong = "there are no ratings to train with";
    else if (o->factors == 0 || o->sweeps == 0)
        wrong = "factors and sweeps must be at least 1";
    else if (!isfinite(o->lambda) || o->lambda <= 0)
        wrong = "--lambda must be above 0";
    else if (!isfinite(o->alpha) || o->alpha < 0)
        wrong = "--alpha must be 0 or more";
    if (wrong != NULL)
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_DATA, wrong);
    return wrong == NULL;
}

static void start(Ials *s)
{
    const RatingMatrix *r = s->ratings;
    ials_rating_range(&r->by_user, &s->lowest, &s->highest);
    s->targets_by_user = targets_of(s, &r->by_user);
    s->targets_by_movie = targets_of(s, &r->by_movie);
    s->users = g_aligned_alloc0(r->by_user.lines * s->stride, sizeof(float), SOLVER_ALIGNMENT);
    s->movies = g_aligned_alloc0(r->by_movie.lines * s->stride, sizeof(float), SOLVER_ALIGNMENT);
    s->movies_before =
        g_aligned_alloc0(r->by_movie.lines * s->stride, sizeof(float), SOLVER_ALIGNMENT);
    s->movie_gram = g_new0(double, s->k);
    g_autoptr(GRand) random = rng_new(s->options->seed, STREAM_INITIAL);
    const double sigma = INITIAL_SIGMA / sqrt((double)s->k);
    for (guint m = 0; m < r->by_movie.lines; m++)
        for (gsize f = 0; f < s->k; f++)
            s->movies[m * s->stride + f] = (float)(sigma * rng_normal(random));
}

/* ---- checkpoints ---- */

static void add_to_checksum(GChecksum *sum, gconstpointer data, gsize size)
{
    const guchar *bytes = data;
    for (gsize at = 0; at < size; at += G_MAXINT / 2)
        g_checksum_update(sum, bytes + at, (gssize)MIN(size - at, G_MAXINT / 2));
}

/* What must be the same for a run to go on: the data and all options but the number of threads. */
static const char *fingerprint(Ials *s)
{
    if (s->fingerprint != NULL)
        return s->fingerprint;
    const IalsOptions *o = s->options;
    const RatingLines *lines = &s->ratings->by_user;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    const double numbers[] = {o->factors, o->sweeps,    o->alpha,
                              o->lambda,  lines->lines, lines->others};
    add_to_checksum(sum, numbers, sizeof numbers);
    add_to_checksum(sum, &o->seed, sizeof o->seed);
    add_to_checksum(sum, lines->begin, sizeof *lines->begin * (lines->lines + (gsize)1));
    add_to_checksum(sum, lines->other, sizeof *lines->other * s->ratings->rows);
    add_to_checksum(sum, lines->rating, sizeof *lines->rating * s->ratings->rows);
    s->fingerprint = g_strdup(g_checksum_get_string(sum));
    return s->fingerprint;
}

static float *without_padding(const Ials *s, const float *table, guint rows)
{
    float *vectors = g_new(float, rows * s->k);
    for (guint i = 0; i < rows; i++)
        memcpy(vectors + i * s->k, table + i * s->stride, s->k * sizeof *vectors);
    return vectors;
}

/* `movies`: as they were after sweeps_done sweeps. */
static gboolean write_checkpoint(Ials *s, const float *movies, GError **error)
{
    g_autoptr(IalsCheckpoint) c = g_new0(IalsCheckpoint, 1);
    c->fingerprint = g_strdup(fingerprint(s));
    c->sweeps_done = s->sweeps_done;
    c->seconds = s->seconds_before + seconds_since(s->started);
    c->movies = s->ratings->by_movie.lines;
    c->k = (guint)s->k;
    c->movie_vectors = without_padding(s, movies, c->movies);
    s->last_checkpoint = g_get_monotonic_time();
    return ials_checkpoint_write(c, s->run->checkpoint, error);
}

static gboolean checkpoint_now_and_then(Ials *s, GError **error)
{
    if (s->run->checkpoint == NULL ||
        seconds_since(s->last_checkpoint) < s->run->checkpoint_seconds)
        return TRUE;
    return write_checkpoint(s, s->movies, error);
}

static gboolean resume(Ials *s, GError **error)
{
    g_autoptr(IalsCheckpoint) c = ials_checkpoint_read(s->run->checkpoint, error);
    if (c == NULL)
        return FALSE;
    if (g_strcmp0(c->fingerprint, fingerprint(s)) != 0 || c->k != s->k ||
        c->movies != s->ratings->by_movie.lines || c->sweeps_done > s->options->sweeps) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s is of other data or other options: give the same ones, or remove it "
                    "to start over",
                    s->run->checkpoint);
        return FALSE;
    }
    for (guint m = 0; m < c->movies; m++)
        memcpy(s->movies + m * s->stride, c->movie_vectors + m * s->k, s->k * sizeof(float));
    s->sweeps_done = c->sweeps_done;
    s->ratings_done = (guint64)2 * s->ratings->rows * s->sweeps_done;
    s->seconds_before = c->seconds;
    return TRUE;
}

/* Says in the error what became of the work so far. */
static void keep_work(Ials *s, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (s->run->checkpoint == NULL ||
        !g_error_matches(*error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED))
        return;
    if (write_checkpoint(s, s->movies_before, &failure))
        g_prefix_error(error, "%s has %u sweeps, --resume goes on: ", s->run->checkpoint,
                       s->sweeps_done);
    else
        g_prefix_error(error, "%s: ", failure->message);
}

/* ---- sweeps ---- */

static void count_ratings(guint ratings, gpointer data)
{
    Ials *s = data;
    const guint64 total = (guint64)s->ratings->rows * (2 * (guint64)s->options->sweeps + 1);
    s->ratings_done += ratings;
    if (s->run->progress != NULL)
        s->run->progress(s->sweeps_done + 1, s->ratings_done, total, s->run->data);
}

static gboolean solve(Ials *s, gboolean users, GError **error)
{
    const IalsStep step = {
        .kernels = s->kernels,
        .team = s->team,
        .lines = users ? &s->ratings->by_user : &s->ratings->by_movie,
        .targets = users ? s->targets_by_user : s->targets_by_movie,
        .others = users ? s->movies : s->users,
        .solved = users ? s->users : s->movies,
        .k = s->k,
        .alpha = s->options->alpha,
        .lambda = s->options->lambda,
        .progress = count_ratings,
        .data = s,
    };
    return ials_step(&step, users ? s->movie_gram : NULL, error);
}

static gboolean sweep_all(Ials *s, GError **error)
{
    const gsize size = s->ratings->by_movie.lines * s->stride * sizeof *s->movies;
    for (;;) {
        memcpy(s->movies_before, s->movies, size);
        if (!solve(s, TRUE, error))
            return FALSE;
        if (s->sweeps_done == s->options->sweeps)
            return TRUE;
        if (!solve(s, FALSE, error))
            return FALSE;
        s->sweeps_done++;
        if (!checkpoint_now_and_then(s, error))
            return FALSE;
    }
}

/* The users' last solution has turned the movies. */
static IalsModel *finish(Ials *s)
{
    const guint users = s->ratings->by_user.lines, movies = s->ratings->by_movie.lines;
    IalsModel *model = g_new(IalsModel, 1);
    *model = (IalsModel){
        .users = users,
        .movies = movies,
        .k = (guint)s->k,
        .alpha = s->options->alpha,
        .lambda = s->options->lambda,
        .lowest = s->lowest,
        .highest = s->highest,
        .user_vectors = without_padding(s, s->users, users),
        .movie_vectors = without_padding(s, s->movies, movies),
        .movie_gram = g_steal_pointer(&s->movie_gram),
    };
    return model;
}

IalsModel *ials_train(const RatingMatrix *ratings, const IalsOptions *options, const IalsRun *run,
                      GError **error)
{
    if (!check_options(ratings, options, error))
        return NULL;
    const SolverKernels *kernels = solver_kernels_choose(error);
    if (kernels == NULL)
        return NULL;
    const gint64 now = g_get_monotonic_time();
    g_auto(Ials) s = {
        .ratings = ratings,
        .options = options,
        .run = run,
        .kernels = kernels,
        .team = team_new(options->threads),
        .k = options->factors,
        .stride = solver_stride(options->factors),
        .started = now,
        .last_checkpoint = now,
    };
    start(&s);
    if (run->resume && run->checkpoint != NULL &&
        g_file_test(run->checkpoint, G_FILE_TEST_EXISTS) && !resume(&s, error))
        return NULL;
    if (!sweep_all(&s, error)) {
        keep_work(&s, error);
        return NULL;
    }
    return finish(&s);
}
