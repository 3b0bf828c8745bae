#include <math.h>
#include <stdio.h>

#include "bundle.h"
#include "commands.h"
#include "dataset_read.h"
#include "fm.h"
#include "progress.h"
#include "recsys_error.h"
#include "train.h"

typedef struct {
    Progress progress;
    guint epochs;
    char label[32];
} View;

static void on_batch(guint epoch, guint64 rows_done, guint64 rows, double rmse, gpointer data)
{
    View *view = data;
    if (view->progress.label == NULL) {
        g_snprintf(view->label, sizeof view->label, "epoch %u/%u", epoch, view->epochs);
        progress_start(&view->progress, view->label, "ratings", rows);
    }
    char note[32];
    g_snprintf(note, sizeof note, "RMSE %.4f", rmse);
    progress_update(&view->progress, rows_done, note);
}

static void on_epoch(const EpochFigures *figures, gpointer data)
{
    View *view = data;
    progress_end(&view->progress);
    view->progress.label = NULL;
    printf("epoch %2u/%u  train RMSE %.4f", figures->epoch, view->epochs, figures->train_rmse);
    if (!isnan(figures->valid_rmse))
        printf("  validation RMSE %.4f", figures->valid_rmse);
    printf("  %.1f s\n", figures->seconds);
    fflush(stdout);
}

static gboolean parse(const CliCommand *command, int *argc, char ***argv, TrainOptions *options,
                      gboolean *replace, GError **error)
{
    gint epochs = (gint)options->epochs, factors = (gint)options->factors;
    gint batch_size = (gint)options->batch_size, threads = (gint)options->threads;
    gint64 seed = (gint64)options->seed;
    const GOptionEntry entries[] = {
        {"epochs", 0, 0, G_OPTION_ARG_INT, &epochs, "passes over the ratings (10)", "N"},
        {"factors", 0, 0, G_OPTION_ARG_INT, &factors, "length of an embedding, k (120)", "N"},
        {"batch-size", 0, 0, G_OPTION_ARG_INT, &batch_size, "ratings in a step (1024)", "N"},
        {"learning-rate", 0, 0, G_OPTION_ARG_DOUBLE, &options->learning_rate,
         "Adam's, a tenth of it from the eighth epoch on (1e-3)", "X"},
        {"weight-decay", 0, 0, G_OPTION_ARG_DOUBLE, &options->weight_decay,
         "L2, added to the gradient (1e-5)", "X"},
        {"valid", 0, 0, G_OPTION_ARG_DOUBLE, &options->valid,
         "fraction of the ratings held out for validation (0.1)", "X"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &seed, "of split, start and shuffling (1)", "N"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &threads,
         "the result does not depend on it (one a processor)", "N"},
        {"replace", 0, 0, G_OPTION_ARG_NONE, replace, "replace an existing BUNDLE", NULL},
        {NULL},
    };
    if (!cli_parse(command, (const GOptionEntry *const[]){entries, NULL}, argc, argv, error))
        return FALSE;
    if (seed < 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--seed must not be negative");
        return FALSE;
    }
    options->epochs = (guint)MAX(epochs, 0);
    options->factors = (guint)MAX(factors, 0);
    options->batch_size = (guint)MAX(batch_size, 0);
    options->threads = (guint)MAX(threads, 0);
    options->seed = (guint64)seed;
    return train_options_check(options, error);
}

static void print_data(const Training *training, const char *data)
{
    printf("%s: %u ratings of %u movies by %u users, %u features", data, training->ratings,
           training->movies, training->users, training->features);
    if (training->scale != FM_RATING_SCALE)
        printf("; predictions go from 0 to %g, 1.1 times the highest rating", training->scale);
    printf("\n");
    fflush(stdout);
}

gboolean cmd_train(const CliCommand *command, int argc, char **argv, GError **error)
{
    TrainOptions options = train_options_default();
    gboolean replace = FALSE;
    if (!parse(command, &argc, &argv, &options, &replace, error))
        return FALSE;
    const char *data = argv[1], *target = argv[2];
    if (!bundle_check_target(target, replace, error))
        return FALSE;

    g_autoptr(Dataset) dataset = dataset_read(data, error);
    if (dataset == NULL)
        return FALSE;
    g_autoptr(Training) training = training_new(dataset, &options);
    print_data(training, data);

    View view = {.epochs = options.epochs};
    TrainObserver observer = {on_batch, on_epoch, &view};
    g_autoptr(FmModel) model = train(training, dataset, &observer, error);
    if (model == NULL) {
        if (view.progress.label != NULL)
            progress_end(&view.progress);
        g_prefix_error(error, "no bundle was written: ");
        return FALSE;
    }
    g_autofree char *json = training_to_json(training);
    if (!bundle_write(target, model, dataset->table, json, replace, error))
        return FALSE;
    printf("wrote %s: %u features × %u factors in %.1f s\n", target, model->n, model->k,
           training->wall_seconds);
    return TRUE;
}
