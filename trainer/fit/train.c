#include "train.h"

#include <math.h>

#include "checkpoint.h"
#include "interrupt.h"
#include "recsys_error.h"
#include "rng.h"
#include "row_split.h"
#include "stepper.h"

/* Independent random streams, so that one option does not change what another one draws. */
enum { STREAM_INITIAL = ROW_SPLIT_STREAM + 1, STREAM_SHUFFLE };

typedef struct {
    const Dataset *data;
    const TrainRun *run;
    TrainOptions options;
    Training *training;
    Stepper *stepper;
    GRand *shuffling;
    RowSplit split;        /* whose training rows are shuffled */
    guint rows_done;       /* of the current epoch */
    double error_sum;      /* of those rows */
    FmModel *best;         /* the best epoch's model, if it is to be kept */
    char *fingerprint;     /* of data and options, computed when first needed */
    double seconds_before; /* the run was stopped */
    gint64 started, last_checkpoint;
} Trainer;

static void trainer_clear(Trainer *t)
{
    stepper_free(t->stepper);
    g_clear_pointer(&t->shuffling, g_rand_free);
    row_split_clear(&t->split);
    fm_model_free(t->best);
    g_free(t->fingerprint);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Trainer, trainer_clear)

static double seconds_since(gint64 moment)
{
    return (double)(g_get_monotonic_time() - moment) / G_USEC_PER_SEC;
}

/* ---- the start ---- */

static gboolean split_rows(Trainer *t, GError **error)
{
    if (!row_split_init(&t->split, t->data, &t->options, error))
        return FALSE;
    t->training->train_rows = t->split.train_rows;
    t->training->valid_rows = t->split.valid_rows;
    if (t->split.valid_rows > 0 || (t->options.keep != KEEP_BEST && t->options.patience == 0))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--keep best and --patience need ratings to validate with: see --valid");
    return FALSE;
}

static FmModel *new_model(const Trainer *t)
{
    return fm_model_new(feature_table_size(t->data->table), t->options.factors);
}

static gboolean make_stepper(Trainer *t, GError **error)
{
    g_autoptr(GRand) random = rng_new(t->options.seed, STREAM_INITIAL);
    g_autoptr(FmModel) initial = new_model(t);
    fm_model_randomize(initial, t->options.initial_sigma, random);
    t->stepper = stepper_new(t->data, initial, t->options.batch_size, t->options.threads, error);
    return t->stepper != NULL;
}

/* ---- checkpoints ---- */

/* What must be the same for a run to go on: the data and all options but the number of threads. */
static const char *fingerprint(Trainer *t)
{
    if (t->fingerprint != NULL)
        return t->fingerprint;
    const Dataset *data = t->data;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    TrainOptions options = t->options;
    options.threads = 0;
    g_autofree char *text = training_options_to_json(&options);
    g_checksum_update(sum, (const guchar *)text, -1);
    g_checksum_update(sum, (const guchar *)data->features,
                      (gssize)((gsize)data->rows * data->fields * sizeof *data->features));
    g_checksum_update(sum, (const guchar *)data->ratings,
                      (gssize)(data->rows * sizeof *data->ratings));
    t->fingerprint = g_strdup(g_checksum_get_string(sum));
    return t->fingerprint;
}

static gboolean write_checkpoint(Trainer *t, GError **error)
{
    g_autoptr(Checkpoint) c = checkpoint_new();
    c->fingerprint = g_strdup(fingerprint(t));
    c->epochs_done = t->training->curve->len;
    c->rows_done = t->rows_done;
    c->error_sum = t->error_sum;
    c->steps = stepper_steps(t->stepper);
    c->seconds = t->seconds_before + seconds_since(t->started);
    c->best_epoch = curve_best_epoch(t->training->curve);
    c->model = new_model(t);
    c->first = new_model(t);
    c->second = new_model(t);
    stepper_save(t->stepper, c->model, c->first, c->second);
    g_array_append_vals(c->curve, t->training->curve->data, t->training->curve->len);
    c->best = t->best;
    gboolean written = checkpoint_write(c, t->run->checkpoint, error);
    c->best = NULL; /* the trainer's */
    t->last_checkpoint = g_get_monotonic_time();
    return written;
}

static gboolean checkpoint_now_and_then(Trainer *t, GError **error)
{
    if (t->run->checkpoint == NULL ||
        seconds_since(t->last_checkpoint) < t->run->checkpoint_seconds)
        return TRUE;
    return write_checkpoint(t, error);
}

/* How many steps a run has made that is so far. */
static guint64 steps_until(const Trainer *t, guint epochs_done, guint rows_done)
{
    const guint64 size = t->options.batch_size;
    const guint64 in_epoch = (t->split.train_rows + size - 1) / size;
    return epochs_done * in_epoch + (rows_done + size - 1) / size;
}

static gboolean is_usable(Trainer *t, const Checkpoint *c, GError **error)
{
    const guint n = feature_table_size(t->data->table), k = t->options.factors;
    const FmModel *const models[] = {c->model, c->first, c->second, c->best};
    gboolean same = g_strcmp0(c->fingerprint, fingerprint(t)) == 0 &&
                    c->rows_done <= t->split.train_rows && c->epochs_done <= t->options.epochs &&
                    c->steps == steps_until(t, c->epochs_done, c->rows_done) &&
                    (c->best != NULL) == (t->options.keep == KEEP_BEST && c->best_epoch > 0) &&
                    c->best_epoch == curve_best_epoch(c->curve);
    for (gsize i = 0; i < G_N_ELEMENTS(models); i++)
        same = same && (models[i] == NULL || (models[i]->n == n && models[i]->k == k));
    if (!same)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s is of other data or other options: give the same ones, or remove it "
                    "to start over",
                    t->run->checkpoint);
    return same;
}

/* Takes the run to where the checkpoint was, the random streams included. */
static gboolean resume(Trainer *t, GError **error)
{
    g_autoptr(Checkpoint) c = checkpoint_read(t->run->checkpoint, error);
    if (c == NULL || !is_usable(t, c, error))
        return FALSE;
    stepper_restore(t->stepper, c->model, c->first, c->second, c->steps);
    g_array_append_vals(t->training->curve, c->curve->data, c->curve->len);
    t->rows_done = c->rows_done;
    t->error_sum = c->error_sum;
    t->seconds_before = c->seconds;
    t->best = g_steal_pointer(&c->best);
    const guint shuffles = c->epochs_done + (c->rows_done > 0 ? 1 : 0);
    for (guint i = 0; i < shuffles; i++)
        rng_shuffle(t->split.rows, t->split.train_rows, t->shuffling);
    return TRUE;
}

/* ---- epochs ---- */

static double learning_rate_of(const TrainOptions *options, guint epochs_done)
{
    gboolean decayed = epochs_done >= options->decay_epoch;
    return options->learning_rate * (decayed ? options->decay_factor : 1.0);
}

/* One step; FALSE if its loss was not finite. */
static gboolean step(Trainer *t, const Adam *adam, GError **error)
{
    const guint size = t->options.batch_size;
    const guint count = MIN(size, t->split.train_rows - t->rows_done);
    const guint next = t->rows_done + count;
    const guint32 *rows = t->split.rows + t->rows_done;
    double loss = stepper_step(t->stepper, rows, count,
                               next < t->split.train_rows ? t->split.rows + next : NULL,
                               MIN(size, t->split.train_rows - next), adam);
    if (!isfinite(loss)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "the loss is not finite at step %u with learning rate %g: lower "
                    "--learning-rate, or --initial-sigma if it is step 1",
                    stepper_steps(t->stepper) + 1, adam->learning_rate);
        return FALSE;
    }
    t->error_sum += loss;
    t->rows_done = next;
    return TRUE;
}

static gboolean fit_epoch(Trainer *t, EpochFigures *figures, GError **error)
{
    const TrainObserver *observer = &t->run->observer;
    const Adam adam = {
        .learning_rate = figures->learning_rate,
        .weight_decay = t->options.weight_decay,
        .beta1 = t->options.beta1,
        .beta2 = t->options.beta2,
        .eps = t->options.eps,
    };
    if (t->rows_done == 0)
        rng_shuffle(t->split.rows, t->split.train_rows, t->shuffling);
    while (t->rows_done < t->split.train_rows) {
        if (interrupt_requested(error) || !step(t, &adam, error) ||
            !checkpoint_now_and_then(t, error))
            return FALSE;
        observer->batch(figures->epoch, t->rows_done, t->split.train_rows,
                        sqrt(t->error_sum / t->rows_done), observer->data);
    }
    figures->train_rmse = sqrt(t->error_sum / t->split.train_rows);
    t->rows_done = 0;
    t->error_sum = 0;
    return TRUE;
}

/* The squared errors of rows without their first feature, the user, who is not known. */
static double sum_errors_of_strangers(const Trainer *t, const guint32 *rows, guint count)
{
    const Dataset *data = t->data;
    g_autoptr(FmModel) model = new_model(t);
    g_autofree float *sum = g_new(float, model->k);
    double errors = 0;
    stepper_save(t->stepper, model, NULL, NULL);
    for (guint i = 0; i < count; i++) {
        const guint32 *row = data->features + (gsize)rows[i] * data->fields;
        const float z = fm_forward(sum, model, row + 1, data->fields - 1);
        const double off =
            model_form_rating(&t->training->form, (double)z) - (double)data->ratings[rows[i]];
        errors += off * off;
    }
    return errors;
}

static double validate(Trainer *t)
{
    const guint32 *rows = row_split_valid(&t->split);
    const guint count = t->split.valid_rows;
    if (count == 0)
        return NAN;
    const gboolean strangers = t->options.valid_rows == 0 && t->options.split == SPLIT_USER;
    const double sum = strangers ? sum_errors_of_strangers(t, rows, count)
                                 : stepper_evaluate(t->stepper, rows, count);
    return sqrt(sum / count);
}

static gboolean run_epoch(Trainer *t, GError **error)
{
    GArray *curve = t->training->curve;
    const gint64 started = g_get_monotonic_time();
    EpochFigures figures = {
        .epoch = curve->len + 1,
        .learning_rate = learning_rate_of(&t->options, curve->len),
    };
    if (!fit_epoch(t, &figures, error))
        return FALSE;
    figures.valid_rmse = validate(t);
    figures.seconds = seconds_since(started);
    g_array_append_val(curve, figures);
    if (t->options.keep == KEEP_BEST && curve_best_epoch(curve) == figures.epoch) {
        if (t->best == NULL)
            t->best = new_model(t);
        stepper_save(t->stepper, t->best, NULL, NULL);
    }
    t->run->observer.epoch(&figures, t->run->observer.data);
    return TRUE;
}

static gboolean is_over(const Trainer *t)
{
    const GArray *curve = t->training->curve;
    const guint patience = t->options.patience;
    return curve->len >= t->options.epochs ||
           (patience > 0 && curve->len >= curve_best_epoch(curve) + patience);
}

/* Says in the error what became of the work so far. */
static void keep_work(Trainer *t, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (t->run->checkpoint == NULL ||
        !g_error_matches(*error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED))
        return;
    if (write_checkpoint(t, &failure))
        g_prefix_error(error, "%s has %u epochs and %u ratings of the next one, --resume goes on: ",
                       t->run->checkpoint, t->training->curve->len, t->rows_done);
    else
        g_prefix_error(error, "%s: ", failure->message);
}

static FmModel *take_model(Trainer *t)
{
    if (t->best != NULL)
        return g_steal_pointer(&t->best);
    FmModel *model = new_model(t);
    stepper_save(t->stepper, model, NULL, NULL);
    return model;
}

static FmModel *finish(Trainer *t)
{
    Training *training = t->training;
    training->kept_epoch =
        t->best != NULL ? curve_best_epoch(training->curve) : training->curve->len;
    training->wall_seconds = t->seconds_before + seconds_since(t->started);
    const EpochFigures kept = training_kept_epoch(training);
    training->final.train_rmse = kept.train_rmse;
    training->final.valid_rmse = kept.valid_rmse;
    return take_model(t);
}

FmModel *train(Training *training, const Dataset *dataset, const TrainRun *run, GError **error)
{
    const gint64 now = g_get_monotonic_time();
    g_auto(Trainer) t = {
        .data = dataset,
        .run = run,
        .options = training->options,
        .training = training,
        .shuffling = rng_new(training->options.seed, STREAM_SHUFFLE),
        .started = now,
        .last_checkpoint = now,
    };
    if (!split_rows(&t, error) || !make_stepper(&t, error))
        return NULL;
    if (run->resume && g_file_test(run->checkpoint, G_FILE_TEST_EXISTS) && !resume(&t, error))
        return NULL;
    while (!is_over(&t)) {
        if (!run_epoch(&t, error)) {
            keep_work(&t, error);
            return NULL;
        }
    }
    return finish(&t);
}
