#include "train.h"

#include <math.h>

#include "interrupt.h"
#include "recsys_error.h"
#include "rng.h"
#include "stepper.h"

/* Independent random streams, so that one option does not change what another one draws. */
enum { STREAM_SPLIT, STREAM_INITIAL, STREAM_SHUFFLE };

typedef struct {
    const Dataset *data;
    TrainOptions options;
    Stepper *stepper;
    guint32 *order; /* [N] dataset rows: training rows first, then validation rows */
    guint train_rows, valid_rows;
} Trainer;

static void trainer_clear(Trainer *t)
{
    stepper_free(t->stepper);
    g_free(t->order);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Trainer, trainer_clear)

static gboolean split_rows(Trainer *t, GError **error)
{
    t->order = g_new(guint32, t->data->rows);
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

static FmModel *initial_model(const Trainer *t)
{
    g_autoptr(GRand) random = rng_new(t->options.seed, STREAM_INITIAL);
    FmModel *model = fm_model_new(feature_table_size(t->data->table), t->options.factors);
    fm_model_randomize(model, t->options.initial_sigma, random);
    return model;
}

/* ---- epochs ---- */

static Adam adam_of(const Trainer *t, double learning_rate)
{
    return (Adam){
        .learning_rate = learning_rate,
        .weight_decay = t->options.weight_decay,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .eps = 1e-8,
    };
}

static double step(Trainer *t, guint start, const Adam *adam)
{
    const guint size = t->options.batch_size;
    const guint count = MIN(size, t->train_rows - start);
    const guint next = start + count;
    const guint32 *rows = t->order + start;
    return stepper_step(t->stepper, rows, count, next < t->train_rows ? t->order + next : NULL,
                        MIN(size, t->train_rows - next), adam);
}

static gboolean fit_epoch(Trainer *t, EpochFigures *figures, const TrainObserver *observer,
                          GError **error)
{
    const Adam adam = adam_of(t, figures->learning_rate);
    double sum = 0;
    for (guint done = 0; done < t->train_rows;) {
        if (interrupt_requested(error))
            return FALSE;
        double loss = step(t, done, &adam);
        if (!isfinite(loss)) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "the loss is not finite at step %u with learning rate %g: lower "
                        "--learning-rate",
                        stepper_steps(t->stepper) + 1, figures->learning_rate);
            return FALSE;
        }
        sum += loss;
        done += MIN(t->options.batch_size, t->train_rows - done);
        observer->batch(figures->epoch, done, t->train_rows, sqrt(sum / done), observer->data);
    }
    figures->train_rmse = sqrt(sum / t->train_rows);
    return TRUE;
}

static double validate(Trainer *t)
{
    if (t->valid_rows == 0)
        return NAN;
    double sum = stepper_evaluate(t->stepper, t->order + t->train_rows, t->valid_rows);
    return sqrt(sum / t->valid_rows);
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
    g_auto(Trainer) trainer = {.data = dataset, .options = *options};
    Trainer *t = &trainer;
    if (!split_rows(t, error))
        return NULL;
    training->train_rows = t->train_rows;
    training->valid_rows = t->valid_rows;
    g_autoptr(FmModel) model = initial_model(t);
    g_autoptr(GRand) shuffling = rng_new(options->seed, STREAM_SHUFFLE);
    t->stepper = stepper_new(dataset, model, options->batch_size, options->threads, error);
    if (t->stepper == NULL)
        return NULL;

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
    stepper_copy_to(t->stepper, model);
    return g_steal_pointer(&model);
}
