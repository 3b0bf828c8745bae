#include "evaluation.h"

#include <string.h>

#include "interrupt.h"
#include "matched_rows.h"
#include "metrics.h"
#include "predict.h"
#include "recsys_error.h"
#include "team.h"

#define LANES 16

/* What the threads share; M movies, U users to rank for. */
typedef struct {
    const FmModel *model;
    const ModelForm *form;
    const GArray *movies; /* [M] guint feature indices */
    guint *position;      /* [n] a movie's position in `movies` */
    const MatchedRows *rows;
    const RowsByUser *by_user;
    const MatchedRows *seen; /* nullable, as the next */
    const RowsByUser *seen_by_user;
    float *predicted;                        /* [N'] */
    guint32 *users;                          /* [U] feature indices */
    guint offset;                            /* of the items of this call of team_run() */
    guint *relevant, *seen_relevant, *shown; /* [U] */
    double *ndcg, *recall;                   /* [U] */
    guint32 *lists;                          /* [U, EVALUATION_TOP] positions in `movies` */
} Job;

/* ---- predictions ---- */

static void predict(gpointer data, guint begin, guint end)
{
    Job *job = data;
    g_autofree float *sum = g_new(float, job->model->k);
    for (guint r = job->offset + begin; r < job->offset + end; r++) {
        job->predicted[r] = (float)predict_rating(
            job->model, job->form, matched_rows_get(job->rows, r), job->rows->fields, sum);
    }
}

/* ---- rankings ---- */

/* The lanes are for the compiler to make vectors of. */
static float dot(const float *a, const float *b, guint k)
{
    float lanes[LANES] = {0.0f}, sum = 0.0f;
    guint f = 0;
    for (; f + LANES <= k; f += LANES)
        for (guint l = 0; l < LANES; l++)
            lanes[l] += a[f + l] * b[f + l];
    for (; f < k; f++)
        sum += a[f] * b[f];
    for (guint l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum;
}

/* excluded [M]: the movies the user has seen. */
static void mark_seen(guint8 *excluded, const Job *job, guint user)
{
    memset(excluded, 0, job->movies->len);
    if (job->seen == NULL)
        return;
    for (guint i = job->seen_by_user->begin[user]; i < job->seen_by_user->begin[user + 1]; i++)
        excluded[job->position[matched_rows_get(job->seen, job->seen_by_user->order[i])[1]]] = 1;
}

/* wanted [M]: the relevant movies; counts them, and those that only `excluded` keeps out. */
static void mark_relevant(guint8 *wanted, Job *job, guint u, const guint8 *excluded)
{
    guint user = job->users[u];
    memset(wanted, 0, job->movies->len);
    for (guint i = job->by_user->begin[user]; i < job->by_user->begin[user + 1]; i++) {
        guint row = job->by_user->order[i];
        guint movie = job->position[matched_rows_get(job->rows, row)[1]];
        if (!(job->rows->ratings[row] >= EVALUATION_RELEVANT) || wanted[movie])
            continue;
        wanted[movie] = 1;
        if (excluded[movie])
            job->seen_relevant[u]++;
        else
            job->relevant[u]++;
    }
}

static void rank_for_user(Job *job, guint u, float *query, float *scores, guint8 *marks)
{
    const FmModel *model = job->model;
    guint movies = job->movies->len;
    guint8 *excluded = marks, *wanted = marks + movies;
    guint first_row = job->by_user->order[job->by_user->begin[job->users[u]]];
    mark_seen(excluded, job, job->users[u]);
    mark_relevant(wanted, job, u, excluded);
    if (job->relevant[u] == 0)
        return;

    predict_list_query(query, model, job->form, matched_rows_get(job->rows, first_row),
                       job->rows->fields);
    for (guint m = 0; m < movies; m++) {
        guint feature = g_array_index(job->movies, guint, m);
        scores[m] = dot(query, fm_vector(model, feature), model->k) + model->bias[feature];
    }
    guint32 *list = job->lists + (gsize)u * EVALUATION_TOP;
    guint8 hits[EVALUATION_TOP];
    job->shown[u] = metrics_top(list, EVALUATION_TOP, scores, excluded, movies);
    for (guint i = 0; i < job->shown[u]; i++)
        hits[i] = wanted[list[i]];
    job->ndcg[u] = metrics_ndcg(hits, job->shown[u], EVALUATION_TOP, job->relevant[u]);
    job->recall[u] = metrics_recall(hits, job->shown[u], job->relevant[u]);
}

static void rank(gpointer data, guint begin, guint end)
{
    Job *job = data;
    g_autofree float *query = g_new(float, job->model->k);
    g_autofree float *scores = g_new(float, job->movies->len);
    g_autofree guint8 *marks = g_new(guint8, 2 * (gsize)job->movies->len);
    for (guint u = job->offset + begin; u < job->offset + end; u++)
        rank_for_user(job, u, query, scores, marks);
}

/* ---- running ---- */

/* In portions, between which progress is shown and an interrupt seen. */
static gboolean run(Team *team, TeamTask task, Job *job, guint count, guint portion,
                    const char *label, const char *unit, const EvaluationObserver *observer,
                    GError **error)
{
    for (guint done = 0; done < count;) {
        guint items = MIN(portion, count - done);
        job->offset = done;
        team_run(team, task, job, items, MAX(portion / 32, 1));
        done += items;
        if (observer != NULL && observer->progress != NULL)
            observer->progress(label, unit, done, count, observer->data);
        if (interrupt_requested(error))
            return FALSE;
    }
    return TRUE;
}

static void job_init(Job *job, const Bundle *bundle, const MatchedRows *rows,
                     const RowsByUser *by_user, guint *users)
{
    guint n = bundle->model->n;
    job->model = bundle->model;
    job->form = &bundle->form;
    job->movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    job->position = g_new0(guint, n);
    for (guint m = 0; m < job->movies->len; m++)
        job->position[g_array_index(job->movies, guint, m)] = m;
    job->rows = rows;
    job->by_user = by_user;
    job->predicted = g_new(float, rows->rows);
    job->users = g_new(guint32, n);
    *users = 0;
    for (guint u = 0; u < n; u++)
        if (by_user->begin[u + 1] > by_user->begin[u])
            job->users[(*users)++] = u;
    job->relevant = g_new0(guint, *users);
    job->seen_relevant = g_new0(guint, *users);
    job->shown = g_new0(guint, *users);
    job->ndcg = g_new0(double, *users);
    job->recall = g_new0(double, *users);
    job->lists = g_new0(guint32, (gsize)*users * EVALUATION_TOP);
}

static void job_clear(Job *job)
{
    g_free(job->position);
    g_free(job->predicted);
    g_free(job->users);
    g_free(job->relevant);
    g_free(job->seen_relevant);
    g_free(job->shown);
    g_free(job->ndcg);
    g_free(job->recall);
    g_free(job->lists);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

/* ---- the result ---- */

static void add_up(Evaluation *result, const Job *job, guint users)
{
    g_autofree guint8 *covered = g_new0(guint8, job->movies->len);
    for (guint u = 0; u < users; u++) {
        result->seen_relevant += job->seen_relevant[u];
        result->relevant += job->relevant[u];
        result->ranked_users += job->relevant[u] > 0;
        result->ndcg += job->ndcg[u];
        result->recall += job->recall[u];
        for (guint i = 0; i < job->shown[u]; i++)
            covered[job->lists[(gsize)u * EVALUATION_TOP + i]] = 1;
    }
    for (guint m = 0; m < job->movies->len; m++)
        result->covered += covered[m];
    result->ndcg /= MAX(result->ranked_users, 1);
    result->recall /= MAX(result->ranked_users, 1);
}

static void describe_match(Evaluation *result, const Bundle *bundle, const Dataset *data,
                           const MatchedRows *rows)
{
    const GPtrArray *types = feature_table_types(data->table);
    for (guint t = 0; t < types->len; t++) {
        EvaluationGap gap = {g_ptr_array_index(types, t), rows->missing[t]};
        if (gap.rows > 0)
            g_array_append_val(result->gaps, gap);
    }
    const GPtrArray *known = feature_table_types(bundle->features);
    for (guint t = 0; t < known->len; t++)
        if (feature_table_of_type(data->table, g_ptr_array_index(known, t)) == NULL)
            g_ptr_array_add(result->unused, g_ptr_array_index(known, t));
}

static Evaluation *evaluation_new(const Bundle *bundle, const Dataset *data,
                                  const MatchedRows *rows)
{
    Evaluation *result = g_new0(Evaluation, 1);
    result->gaps = g_array_new(FALSE, FALSE, sizeof(EvaluationGap));
    result->unused = g_ptr_array_new();
    result->rows = data->rows;
    result->scored = rows->rows;
    result->movies = feature_table_of_type(bundle->features, FEATURE_MOVIE)->len;
    describe_match(result, bundle, data, rows);
    return result;
}

void evaluation_free(Evaluation *evaluation)
{
    if (evaluation == NULL)
        return;
    g_array_unref(evaluation->gaps);
    g_ptr_array_unref(evaluation->unused);
    g_free(evaluation);
}

Evaluation *evaluate(const Bundle *bundle, const Dataset *data, const Dataset *seen, guint threads,
                     const EvaluationObserver *observer, GError **error)
{
    guint n = bundle->model->n;
    g_autoptr(MatchedRows) rows = matched_rows_new(bundle, data);
    if (rows->rows == 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "none of the %u ratings can be predicted: the bundle has no %s, for example",
                    data->rows, rows->first_missing != NULL ? rows->first_missing : "such feature");
        return NULL;
    }
    g_autoptr(RowsByUser) by_user = rows_by_user_new(rows, n);
    g_autoptr(MatchedRows) seen_rows = seen != NULL ? matched_rows_new(bundle, seen) : NULL;
    g_autoptr(RowsByUser) seen_by_user = seen != NULL ? rows_by_user_new(seen_rows, n) : NULL;
    g_autoptr(Evaluation) result = evaluation_new(bundle, data, rows);

    g_auto(Job) job = {0};
    job_init(&job, bundle, rows, by_user, &result->users);
    if (seen != NULL) {
        result->seen_rows = seen->rows;
        result->seen_matched = seen_rows->rows;
    }
    job.seen = seen_rows;
    job.seen_by_user = seen_by_user;
    g_autoptr(Team) team = team_new(threads);
    if (!run(team, predict, &job, rows->rows, 1 << 17, "predicting", "ratings", observer, error) ||
        !run(team, rank, &job, result->users, 256, "ranking", "users", observer, error))
        return NULL;
    result->rmse = metrics_rmse(job.predicted, rows->ratings, rows->rows);
    result->mae = metrics_mae(job.predicted, rows->ratings, rows->rows);
    add_up(result, &job, result->users);
    return g_steal_pointer(&result);
}
