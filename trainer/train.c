#include "train.h"

#include <math.h>
#include <string.h>

#include "adam.h"
#include "interrupt.h"
#include "recsys_error.h"
#include "rng.h"
#include "team.h"

/* Items a thread takes at a time. */
#define PREDICT_CHUNK 64
#define UPDATE_CHUNK 64

/* Independent random streams, so that one option does not change what another one draws. */
enum { STREAM_SPLIT, STREAM_INITIAL, STREAM_SHUFFLE };

typedef struct {
    const Dataset *data;
    TrainOptions options;
    guint fields; /* F */
    Team *team;

    FmModel *model;
    FmModel *first, *second; /* Adam's moments, shaped like the model */
    guint64 steps;

    guint32 *order; /* [N] dataset rows: training rows first, then validation rows */
    guint train_rows, valid_rows;

    /* One batch of B rows. */
    float *sums;       /* [B, k] Σ_i v_i of each example */
    float *slopes;     /* [B] dLoss/dz of each example */
    double *errors;    /* [B] squared errors */
    guint *touched;    /* [n + 1] where a feature's examples begin in `examples` */
    guint *next;       /* [n] scratch for the counting sort */
    guint32 *examples; /* [B, F] examples grouped by feature, in batch order */
} Trainer;

static void trainer_free(Trainer *t)
{
    team_free(t->team);
    fm_model_free(t->model);
    fm_model_free(t->first);
    fm_model_free(t->second);
    g_free(t->order);
    g_free(t->sums);
    g_free(t->slopes);
    g_free(t->errors);
    g_free(t->touched);
    g_free(t->next);
    g_free(t->examples);
    g_free(t);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trainer, trainer_free)

static Trainer *trainer_new(const Dataset *data, const TrainOptions *options)
{
    const guint n = feature_table_size(data->table), k = options->factors;
    const gsize batch = options->batch_size;
    Trainer *t = g_new0(Trainer, 1);
    t->data = data;
    t->options = *options;
    t->fields = data->fields;
    t->team = team_new(options->threads);
    t->model = fm_model_new(n, k);
    t->first = fm_model_new(n, k);
    t->second = fm_model_new(n, k);
    t->order = g_new(guint32, data->rows);
    t->sums = g_new(float, batch *k);
    t->slopes = g_new(float, batch);
    t->errors = g_new(double, batch);
    t->touched = g_new(guint, (gsize)n + 1);
    t->next = g_new(guint, n);
    t->examples = g_new(guint32, batch * data->fields);
    return t;
}

static const guint32 *features_of(const Trainer *t, guint32 row)
{
    return t->data->features + (gsize)row * t->fields;
}

static gboolean split_rows(Trainer *t, GError **error)
{
    for (guint32 i = 0; i < t->data->rows; i++)
        t->order[i] = i;
    g_autoptr(GRand) random = rng_new(t->options.seed, STREAM_SPLIT);
    rng_shuffle(t->order, t->data->rows, random);
    t->train_rows = (guint)((double)t->data->rows * (1.0 - t->options.valid));
    t->valid_rows = t->data->rows - t->train_rows;
    if (t->train_rows > 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "%u ratings are too few to hold out a fraction of %g for validation", t->data->rows,
                t->options.valid);
    return FALSE;
}

/* ---- one batch ---- */

typedef struct {
    Trainer *trainer;
    const guint32 *rows; /* [count] */
    guint count;
} Batch;

static void predict_some(gpointer data, guint begin, guint end)
{
    const Batch *batch = data;
    const Trainer *t = batch->trainer;
    const float scale = (float)FM_RATING_SCALE;
    const float two_over_count = 2.0f / (float)batch->count;
    for (guint b = begin; b < end; b++) {
        const guint32 row = batch->rows[b];
        float *sum = t->sums + (gsize)b * t->model->k;
        float s = fm_sigmoid(fm_forward(sum, t->model, features_of(t, row), t->fields));
        float difference = scale * s - t->data->ratings[row];
        t->errors[b] = (double)difference * difference;
        t->slopes[b] = two_over_count * difference * scale * s * (1.0f - s);
    }
}

/* Predicts `count` rows: squared errors to `errors`, dLoss/dz to `slopes`, Σ v to `sums`. */
static void predict(Trainer *t, const guint32 *rows, guint count)
{
    Batch batch = {t, rows, count};
    team_run(t->team, predict_some, &batch, count, PREDICT_CHUNK);
}

static double sum_errors(const Trainer *t, guint count)
{
    double sum = 0;
    for (guint b = 0; b < count; b++)
        sum += t->errors[b];
    return sum;
}

/* Groups the batch's examples by feature (a counting sort, so they stay in batch order). */
static void group_by_feature(Trainer *t, const guint32 *rows, guint count)
{
    const guint n = t->model->n;
    memset(t->touched, 0, ((gsize)n + 1) * sizeof *t->touched);
    for (guint b = 0; b < count; b++)
        for (guint f = 0; f < t->fields; f++)
            t->touched[features_of(t, rows[b])[f] + 1]++;
    for (guint i = 0; i < n; i++)
        t->touched[i + 1] += t->touched[i];
    memcpy(t->next, t->touched, n * sizeof *t->next);
    for (guint b = 0; b < count; b++)
        for (guint f = 0; f < t->fields; f++)
            t->examples[t->next[features_of(t, rows[b])[f]]++] = b;
}

/* gradient [k] = Σ_b slope_b · (sum_b − v); returns Σ_b slope_b, the bias's gradient. */
static float row_gradient(float *restrict gradient, const Trainer *t, guint index)
{
    const guint k = t->model->k;
    const float *v = fm_vector(t->model, index);
    float slopes = 0;
    memset(gradient, 0, k * sizeof *gradient);
    for (guint at = t->touched[index]; at < t->touched[index + 1]; at++) {
        const float slope = t->slopes[t->examples[at]];
        const float *restrict sum = t->sums + (gsize)t->examples[at] * k;
        slopes += slope;
        for (guint f = 0; f < k; f++)
            gradient[f] += slope * (sum[f] - v[f]);
    }
    return slopes;
}

static void update_row(Trainer *t, guint index, float *gradient, const AdamStep *step)
{
    const guint k = t->model->k;
    const gsize at = (gsize)index * k;
    float bias_gradient = row_gradient(gradient, t, index);
    adam_update(t->model->embeddings + at, t->first->embeddings + at, t->second->embeddings + at,
                gradient, k, step);
    adam_update(t->model->bias + index, t->first->bias + index, t->second->bias + index,
                &bias_gradient, 1, step);
}

typedef struct {
    Trainer *trainer;
    AdamStep step;
} Update;

static void update_some(gpointer data, guint begin, guint end)
{
    const Update *update = data;
    const guint n = update->trainer->model->n;
    g_autofree float *gradient = g_new(float, update->trainer->model->k);
    /* From the last row down: the few rows that most examples touch, gender and age, come last in
     * the table, and would keep one thread busy after the others are done. */
    for (guint i = begin; i < end; i++)
        update_row(update->trainer, n - 1 - i, gradient, &update->step);
}

static void update(Trainer *t, guint count, double learning_rate)
{
    const Adam adam = {
        .learning_rate = learning_rate,
        .weight_decay = t->options.weight_decay,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .eps = 1e-8,
    };
    Update job = {t, adam_step(&adam, ++t->steps)};
    team_run(t->team, update_some, &job, t->model->n, UPDATE_CHUNK);

    float gradient = 0;
    for (guint b = 0; b < count; b++)
        gradient += t->slopes[b];
    adam_update(&t->model->w0, &t->first->w0, &t->second->w0, &gradient, 1, &job.step);
}

/* ---- epochs ---- */

static gboolean fit_epoch(Trainer *t, EpochFigures *figures, const TrainObserver *observer,
                          GError **error)
{
    double sum = 0;
    for (guint start = 0; start < t->train_rows; start += t->options.batch_size) {
        if (interrupt_requested(error))
            return FALSE;
        const guint32 *rows = t->order + start;
        const guint count = MIN(t->options.batch_size, t->train_rows - start);
        predict(t, rows, count);
        double loss = sum_errors(t, count);
        if (!isfinite(loss)) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "the loss is not finite at step %" G_GUINT64_FORMAT
                        " with learning rate %g: lower --learning-rate",
                        t->steps + 1, figures->learning_rate);
            return FALSE;
        }
        sum += loss;
        group_by_feature(t, rows, count);
        update(t, count, figures->learning_rate);
        observer->batch(figures->epoch, start + count, t->train_rows, sqrt(sum / (start + count)),
                        observer->data);
    }
    figures->train_rmse = sqrt(sum / t->train_rows);
    return TRUE;
}

static double validate(Trainer *t)
{
    double sum = 0;
    for (guint start = 0; start < t->valid_rows; start += t->options.batch_size) {
        const guint count = MIN(t->options.batch_size, t->valid_rows - start);
        predict(t, t->order + t->train_rows + start, count);
        sum += sum_errors(t, count);
    }
    return t->valid_rows > 0 ? sqrt(sum / t->valid_rows) : NAN;
}

static double learning_rate_of(const TrainOptions *options, guint epochs_done)
{
    gboolean decayed = epochs_done >= options->decay_epoch;
    return options->learning_rate * (decayed ? options->decay_factor : 1.0);
}

static double seconds_since(gint64 started)
{
    return (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
}

FmModel *train(Training *training, const Dataset *dataset, const TrainObserver *observer,
               GError **error)
{
    const gint64 started = g_get_monotonic_time();
    const TrainOptions *options = &training->options;
    g_autoptr(Trainer) t = trainer_new(dataset, options);
    g_autoptr(GRand) initial = rng_new(options->seed, STREAM_INITIAL);
    g_autoptr(GRand) shuffling = rng_new(options->seed, STREAM_SHUFFLE);
    if (!split_rows(t, error))
        return NULL;
    training->train_rows = t->train_rows;
    training->valid_rows = t->valid_rows;
    fm_model_randomize(t->model, options->initial_sigma, initial);

    for (guint done = 0; done < options->epochs; done++) {
        const gint64 epoch_started = g_get_monotonic_time();
        EpochFigures figures = {
            .epoch = done + 1,
            .learning_rate = learning_rate_of(options, done),
        };
        rng_shuffle(t->order, t->train_rows, shuffling);
        if (!fit_epoch(t, &figures, observer, error))
            return NULL;
        figures.valid_rmse = validate(t);
        figures.seconds = seconds_since(epoch_started);
        g_array_append_val(training->curve, figures);
        observer->epoch(&figures, observer->data);
    }
    training->wall_seconds = seconds_since(started);
    return g_steal_pointer(&t->model);
}
