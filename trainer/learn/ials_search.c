#include "ials_search.h"

#include <math.h>
#include <string.h>

#include "recsys_error.h"
#include "rng.h"
#include "solver_kernels.h"
#include "team.h"

#define STREAM_HELD_OUT 2
#define HELD_OUT 0.1 /* of the rows */
#define MOST_PEOPLE 2000
#define LEAST_PEOPLE 10 /* whose lists say anything */
#define PEOPLE_A_TASK 16
#define BLOCK 64 /* movies scored at a time for the people of a task */
#define SHORT_SWEEPS 3
#define MOST_FACTORS 64
#define LIST 10

#define USUAL_ALPHA 0.25
#define USUAL_LAMBDA 0.008
#define FIRST_STEP 1.5
#define LAST_STEP 1.2
#define MOST_TRIALS 16

typedef struct {
    IalsSearch *result;
    const IalsOptions *options;
    const SolverKernels *kernels;
    Team *team;
    RatingMatrix *kept;
    RatingMatrix *judge; /* what is held out, relevant ones only */
    GArray *people;      /* guint: users with something in `judge`, at most MOST_PEOPLE */
    IalsTrialDone done;
    gpointer user_data;
} Search;

static void search_clear(Search *s)
{
    ials_search_free(s->result);
    team_free(s->team);
    rating_matrix_free(s->kept);
    rating_matrix_free(s->judge);
    if (s->people != NULL)
        g_array_unref(s->people);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

void ials_search_free(IalsSearch *search)
{
    if (search == NULL)
        return;
    g_array_unref(search->trials);
    g_free(search);
}

/* ---- what is held out ---- */

static void rating_range(const Dataset *data, const guint32 *rows, guint count, double *lowest,
                         double *highest)
{
    *lowest = *highest = count > 0 ? (double)data->ratings[rows[0]] : 0;
    for (guint i = 1; i < count; i++) {
        *lowest = MIN(*lowest, (double)data->ratings[rows[i]]);
        *highest = MAX(*highest, (double)data->ratings[rows[i]]);
    }
}

static void choose_people(Search *s, GRand *random)
{
    const RatingLines *lines = &s->judge->by_user;
    s->people = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint32 user = 0; user < lines->lines; user++)
        if (lines->begin[user + 1] > lines->begin[user])
            g_array_append_val(s->people, user);
    rng_shuffle((guint32 *)(gpointer)s->people->data, s->people->len, random);
    g_array_set_size(s->people, MIN(s->people->len, MOST_PEOPLE));
    s->result->people = s->people->len;
    for (guint i = 0; i < s->people->len; i++) {
        const guint32 user = g_array_index(s->people, guint32, i);
        s->result->held_out += lines->begin[user + 1] - lines->begin[user];
    }
}

static void split(Search *s, const Dataset *data, const guint32 *rows, guint count)
{
    g_autoptr(GRand) random = rng_new(s->options->seed, STREAM_HELD_OUT);
    g_autofree guint32 *kept = g_new(guint32, count);
    g_autofree guint32 *relevant = g_new(guint32, count);
    guint kept_rows = 0, relevant_rows = 0;
    double lowest, highest;
    rating_range(data, rows, count, &lowest, &highest);
    for (guint i = 0; i < count; i++)
        if (g_rand_double(random) >= HELD_OUT)
            kept[kept_rows++] = rows[i];
        else if (ials_is_liked((double)data->ratings[rows[i]], lowest, highest))
            relevant[relevant_rows++] = rows[i];
    s->kept = rating_matrix_new(data, kept, kept_rows);
    s->judge = rating_matrix_new(data, relevant, relevant_rows);
    choose_people(s, random);
}

/* ---- judging a model ---- */

typedef struct {
    const Search *search;
    const IalsModel *model;
    guint blocks;
    const float **columns; /* [blocks, k] factor f of a block's movies: [BLOCK] */
    double *ndcg;          /* [people] */
} Judging;

/* The movies of the LIST highest scores, the first one first; of equal ones the first movie. */
static guint best_movies(const float *scores, guint movies, guint *best)
{
    guint length = 0;
    for (guint m = 0; m < movies; m++) {
        guint at = length;
        if (length == LIST && !(scores[m] > scores[best[LIST - 1]]))
            continue;
        if (length < LIST)
            length++;
        else
            at = LIST - 1;
        for (; at > 0 && scores[m] > scores[best[at - 1]]; at--)
            best[at] = best[at - 1];
        best[at] = m;
    }
    return length;
}

static double ndcg_of(const RatingLines *relevant, guint user, const guint *list, guint length)
{
    const guint begin = relevant->begin[user], count = relevant->begin[user + 1] - begin;
    double gain = 0, ideal = 0;
    for (guint i = 0; i < MIN(count, LIST); i++)
        ideal += 1 / log2(i + 2.0);
    for (guint i = 0; i < length; i++)
        for (guint at = begin; at < begin + count; at++)
            if (relevant->other[at] == list[i])
                gain += 1 / log2(i + 2.0);
    return gain / ideal;
}

/* scores [people of a task, blocks · BLOCK] */
static void score(const Judging *j, const guint32 *people, guint count, float *scores)
{
    const guint k = j->model->k;
    memset(scores, 0, (gsize)count * j->blocks * BLOCK * sizeof *scores);
    for (gsize block = 0; block < j->blocks; block++)
        for (gsize i = 0; i < count; i++)
            j->search->kernels->accumulate(
                NULL, scores + (i * j->blocks + block) * BLOCK, j->columns + block * k, NULL,
                j->model->user_vectors + (gsize)people[i] * k, k, BLOCK, NULL);
}

static void judge_people(gpointer data, guint begin, guint end)
{
    const Judging *j = data;
    const Search *s = j->search;
    const RatingLines *seen = &s->kept->by_user;
    const guint32 *people = (const guint32 *)(gpointer)s->people->data + begin;
    const gsize length = (gsize)j->blocks * BLOCK;
    float *scores = g_aligned_alloc((end - begin) * length, sizeof(float), SOLVER_ALIGNMENT);
    score(j, people, end - begin, scores);
    for (guint i = 0; i < end - begin; i++) {
        guint list[LIST];
        for (guint at = seen->begin[people[i]]; at < seen->begin[people[i] + 1]; at++)
            scores[i * length + seen->other[at]] = -INFINITY;
        const guint found = best_movies(scores + i * length, j->model->movies, list);
        j->ndcg[begin + i] = ndcg_of(&s->judge->by_user, people[i], list, found);
    }
    g_aligned_free(scores);
}

static double judge(const Search *s, const IalsModel *model)
{
    const gsize k = model->k;
    const guint blocks = model->movies / BLOCK + (model->movies % BLOCK > 0);
    float *table = g_aligned_alloc0(blocks * k * BLOCK, sizeof(float), SOLVER_ALIGNMENT);
    g_autofree const float **columns = g_new(const float *, blocks *k);
    g_autofree double *ndcg = g_new(double, s->people->len);
    for (gsize i = 0; i < blocks * k; i++)
        columns[i] = table + i * BLOCK;
    for (gsize m = 0; m < model->movies; m++)
        for (gsize f = 0; f < k; f++)
            table[(m / BLOCK * k + f) * BLOCK + m % BLOCK] = model->movie_vectors[m * k + f];
    Judging j = {.search = s, .model = model, .blocks = blocks, .columns = columns, .ndcg = ndcg};
    team_run(s->team, judge_people, &j, s->people->len, PEOPLE_A_TASK);
    double sum = 0;
    for (guint i = 0; i < s->people->len; i++)
        sum += ndcg[i];
    g_aligned_free(table);
    return sum / s->people->len;
}

/* ---- trials ---- */

/* Tries a pair that has not been tried; FALSE on errors but that it has no solution. */
static gboolean try(Search *s, double alpha, double lambda, IalsTrial *trial, GError **error)
{
    const IalsRun run = {0};
    g_autoptr(GError) failure = NULL;
    IalsOptions options = *s->options;
    options.alpha = alpha;
    options.lambda = lambda;
    options.factors = s->result->factors;
    options.sweeps = s->result->sweeps;
    g_autoptr(IalsModel) model = ials_train(s->kept, &options, &run, &failure);
    if (model == NULL && !g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_DATA)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    *trial = (IalsTrial){alpha, lambda, model != NULL ? judge(s, model) : NAN};
    g_array_append_val(s->result->trials, *trial);
    if (s->done != NULL)
        s->done(trial, s->result->trials->len, s->user_data);
    return TRUE;
}

static gboolean is_known(const Search *s, double alpha, double lambda)
{
    for (guint i = 0; i < s->result->trials->len; i++) {
        const IalsTrial *t = &g_array_index(s->result->trials, IalsTrial, i);
        if (fabs(log(t->lambda / lambda)) < 1e-6 &&
            (t->alpha == alpha || fabs(log(t->alpha / alpha)) < 1e-6))
            return TRUE;
    }
    return FALSE;
}

/* Powers of the step that a neighbour's α and λ are multiplied by. The ridge of a line is mostly
 * λ α times the size of the other side, so that α moves with λ α kept. */
typedef struct {
    int alpha, lambda;
} Direction;

static guint directions_of(const IalsOptions *options, Direction *directions)
{
    guint count = 0;
    const gboolean alpha = isnan(options->alpha), lambda = isnan(options->lambda);
    for (int sign = 1; lambda && sign >= -1; sign -= 2)
        directions[count++] = (Direction){0, sign};
    for (int sign = 1; alpha && sign >= -1; sign -= 2)
        directions[count++] = (Direction){sign, lambda ? -sign : 0};
    return count;
}

/* One look around the best pair so far, going on in a direction that is better. */
static gboolean look_around(Search *s, IalsTrial *best, double step, GError **error)
{
    Direction directions[4];
    const guint count = directions_of(s->options, directions);
    for (guint i = 0; i < count; i++) {
        gboolean better = TRUE;
        while (better && s->result->trials->len < MOST_TRIALS) {
            const double alpha = best->alpha * pow(step, directions[i].alpha);
            const double lambda = best->lambda * pow(step, directions[i].lambda);
            IalsTrial trial;
            if (is_known(s, alpha, lambda))
                break;
            if (!try(s, alpha, lambda, &trial, error))
                return FALSE;
            better = trial.ndcg > best->ndcg || (isnan(best->ndcg) && !isnan(trial.ndcg));
            if (better)
                *best = trial;
        }
    }
    return TRUE;
}

static gboolean search(Search *s, GError **error)
{
    IalsTrial best;
    if (!try(s, s->result->alpha, s->result->lambda, &best, error))
        return FALSE;
    for (double step = FIRST_STEP; step > LAST_STEP; step = sqrt(step))
        if (!look_around(s, &best, step, error))
            return FALSE;
    s->result->alpha = best.alpha;
    s->result->lambda = best.lambda;
    return TRUE;
}

IalsSearch *ials_search(const Dataset *data, const guint32 *rows, guint count,
                        const IalsOptions *options, IalsTrialDone done, gpointer user_data,
                        GError **error)
{
    const gint64 started = g_get_monotonic_time();
    g_auto(Search) s = {.options = options, .done = done, .user_data = user_data};
    s.result = g_new(IalsSearch, 1);
    *s.result = (IalsSearch){
        .alpha = isnan(options->alpha) ? USUAL_ALPHA : options->alpha,
        .lambda = isnan(options->lambda) ? USUAL_LAMBDA : options->lambda,
        .trials = g_array_new(FALSE, FALSE, sizeof(IalsTrial)),
        .factors = MIN(options->factors, MOST_FACTORS),
        .sweeps = MIN(options->sweeps, SHORT_SWEEPS),
    };
    s.kernels = solver_kernels_choose(error);
    if (s.kernels == NULL)
        return NULL;
    if (isnan(options->alpha) || isnan(options->lambda)) {
        split(&s, data, rows, count);
        s.team = team_new(options->threads);
        if (s.people->len >= LEAST_PEOPLE && !search(&s, error))
            return NULL;
    }
    s.result->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    return g_steal_pointer(&s.result);
}
