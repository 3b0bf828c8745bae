#include "stepper.h"

#include <math.h>

#include "batch.h"
#include "parameters.h"
#include "team.h"

/* Items a thread takes at a time. */
#define PREDICT_CHUNK 64
#define UPDATE_CHUNK 32
#define CATCH_UP_CHUNK 64

struct Stepper {
    const Dataset *data;
    Parameters *parameters;
    Team *team;
    guint batch_size; /* B */
    Batch *batch;     /* the current one, grouped, its rows caught up; NULL rows: none */
    Batch *next_batch;
    const guint32 *ready; /* the rows that `batch` was made from, or NULL */
    float *sums;          /* [B, stride] Σ_i v_i of each example; 1 in the bias's place */
    float *slopes;        /* [B] dLoss/dz of each example */
    double *errors;       /* [B] squared errors */
};

Stepper *stepper_new(const Dataset *data, const FmModel *initial, guint batch_size, guint threads,
                     GError **error)
{
    g_assert(data->fields <= DATASET_MOST_FIELDS);
    const Kernels *kernels = kernels_choose(error);
    if (kernels == NULL)
        return NULL;
    Stepper *s = g_new0(Stepper, 1);
    s->data = data;
    s->parameters = parameters_new(initial, kernels);
    s->team = team_new(threads);
    s->batch_size = batch_size;
    s->batch = batch_new(batch_size, data->fields, initial->n);
    s->next_batch = batch_new(batch_size, data->fields, initial->n);
    s->sums = g_aligned_alloc0(batch_size, s->parameters->stride * sizeof(float), KERNEL_ALIGNMENT);
    s->slopes = g_new(float, batch_size);
    s->errors = g_new(double, batch_size);
    return s;
}

void stepper_free(Stepper *s)
{
    if (s == NULL)
        return;
    team_free(s->team);
    parameters_free(s->parameters);
    batch_free(s->batch);
    batch_free(s->next_batch);
    g_aligned_free(s->sums);
    g_free(s->slopes);
    g_free(s->errors);
    g_free(s);
}

guint stepper_steps(const Stepper *s)
{
    return s->parameters->schedule->len;
}

/* ---- predicting ---- */

typedef struct {
    Stepper *stepper;
    const guint32 *next; /* nullable, [next_count]: to be made ready meanwhile */
    guint next_count;
} Prediction;

static void predict(Stepper *s, guint b)
{
    const float *vectors[DATASET_MOST_FIELDS];
    const Parameters *p = s->parameters;
    const guint fields = s->batch->fields;
    const guint32 *features = s->batch->features + (gsize)b * fields;
    const float two_over_count = 2.0f / (float)s->batch->count;
    const float scale = (float)s->data->scale;
    float *sum = s->sums + b * p->stride;
    for (guint i = 0; i < fields; i++)
        vectors[i] = parameters_row(p, features[i]);

    float pairs = p->kernels->forward(sum, vectors, fields, p->mask, p->stride);
    float rating = fm_sigmoid(p->w0[0] + sum[p->k] + pairs);
    float difference = scale * rating - s->batch->ratings[b];
    s->errors[b] = (double)difference * difference;
    s->slopes[b] = two_over_count * difference * scale * rating * (1.0f - rating);
    sum[p->k] = 1; /* what the bias is multiplied with in z(x), as Σ v is for a factor */
}

static void make_next_ready(const Prediction *job)
{
    Stepper *s = job->stepper;
    if (job->next == NULL)
        return;
    batch_gather(s->next_batch, s->data, job->next, job->next_count);
    batch_group(s->next_batch);
}

/* Item 0 is making the next batch ready, the others are chunks of examples. */
static void predict_item(gpointer data, guint begin, guint end)
{
    const Prediction *job = data;
    const guint count = job->stepper->batch->count;
    for (guint item = begin; item < end; item++) {
        if (item == 0) {
            make_next_ready(job);
            continue;
        }
        const guint first = (item - 1) * PREDICT_CHUNK;
        for (guint b = first; b < MIN(first + PREDICT_CHUNK, count); b++)
            predict(job->stepper, b);
    }
}

/* Predicts the current batch; returns the sum of squared errors. */
static double predict_all(Stepper *s, const guint32 *next, guint next_count)
{
    Prediction job = {s, next, next_count};
    const guint count = s->batch->count;
    team_run(s->team, predict_item, &job, (count + PREDICT_CHUNK - 1) / PREDICT_CHUNK + 1, 1);
    double sum = 0;
    for (guint b = 0; b < count; b++)
        sum += s->errors[b];
    return sum;
}

/* ---- updating ---- */

/* Items are the features the batch touches, then those that the next batch touches: the first get
 * their gradient, the others catch up, so that all of the next batch is ready. */
static void update_some(gpointer data, guint begin, guint end)
{
    Stepper *s = data;
    Parameters *p = s->parameters;
    const Batch *batch = s->batch;
    float *gradient = g_aligned_alloc(p->stride, sizeof(float), KERNEL_ALIGNMENT);
    for (guint i = begin; i < MIN(end, batch->touched); i++) {
        const guint row = batch->touched_features[i];
        const guint32 *examples = batch->examples + batch->begin[i];
        p->kernels->gradient(gradient, s->sums, s->slopes, examples,
                             batch->begin[i + 1] - batch->begin[i], parameters_row(p, row), p->mask,
                             p->stride);
        parameters_apply(p, row, gradient);
    }
    g_aligned_free(gradient);
    for (guint i = MAX(begin, batch->touched); i < end; i++) {
        const guint row = s->next_batch->touched_features[i - batch->touched];
        if (!batch_touches(batch, row))
            parameters_catch_up(p, row);
    }
}

static void update(Stepper *s, const Adam *adam)
{
    parameters_begin_step(s->parameters, adam);
    team_run(s->team, update_some, s, s->batch->touched + s->next_batch->touched, UPDATE_CHUNK);
    float gradient = 0;
    for (guint b = 0; b < s->batch->count; b++)
        gradient += s->slopes[b];
    parameters_apply_w0(s->parameters, gradient);
}

static void catch_up_batch(gpointer data, guint begin, guint end)
{
    Stepper *s = data;
    for (guint i = begin; i < end; i++)
        parameters_catch_up(s->parameters, s->batch->touched_features[i]);
}

static void catch_up_rows(gpointer data, guint begin, guint end)
{
    Stepper *s = data;
    for (guint row = begin; row < end; row++)
        parameters_catch_up(s->parameters, row);
}

static void catch_up_all(Stepper *s)
{
    team_run(s->team, catch_up_rows, s, s->parameters->n, CATCH_UP_CHUNK);
}

double stepper_step(Stepper *s, const guint32 *rows, guint count, const guint32 *next,
                    guint next_count, const Adam *adam)
{
    g_assert(count <= s->batch_size && next_count <= s->batch_size);
    if (s->ready != rows) {
        batch_gather(s->batch, s->data, rows, count);
        batch_group(s->batch);
        team_run(s->team, catch_up_batch, s, s->batch->touched, CATCH_UP_CHUNK);
    }
    if (next == NULL)
        batch_clear(s->next_batch);
    double sum = predict_all(s, next, next_count);
    if (!isfinite(sum))
        return sum;
    update(s, adam);
    Batch *done = s->batch;
    s->batch = s->next_batch;
    s->next_batch = done;
    s->ready = next;
    return sum;
}

double stepper_evaluate(Stepper *s, const guint32 *rows, guint count)
{
    double sum = 0;
    catch_up_all(s);
    s->ready = NULL;
    for (guint start = 0; start < count; start += s->batch_size) {
        batch_gather(s->batch, s->data, rows + start, MIN(s->batch_size, count - start));
        sum += predict_all(s, NULL, 0);
    }
    return sum;
}

void stepper_save(Stepper *s, FmModel *model, FmModel *first, FmModel *second)
{
    catch_up_all(s);
    parameters_save(s->parameters, PARAMETER, model);
    if (first != NULL)
        parameters_save(s->parameters, FIRST_MOMENT, first);
    if (second != NULL)
        parameters_save(s->parameters, SECOND_MOMENT, second);
}

void stepper_restore(Stepper *s, const FmModel *model, const FmModel *first, const FmModel *second,
                     guint steps)
{
    s->ready = NULL;
    parameters_restore(s->parameters, PARAMETER, model);
    parameters_restore(s->parameters, FIRST_MOMENT, first);
    parameters_restore(s->parameters, SECOND_MOMENT, second);
    parameters_set_steps(s->parameters, steps);
}
