#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "commands.h"
#include "config_file.h"
#include "dataset_read.h"
#include "fm.h"
#include "progress.h"
#include "recsys_error.h"
#include "row_split.h"
#include "train.h"

#define CONFIG_GROUP "train"

/* ---- what is shown ---- */

typedef struct {
    Progress progress;
    guint epochs;
    gboolean json;
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

static void print_epoch_json(const EpochFigures *figures)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    training_put_figures(json, figures);
    g_autofree char *text = json_take(json, NULL);
    puts(text);
}

static void on_epoch(const EpochFigures *figures, gpointer data)
{
    View *view = data;
    progress_end(&view->progress);
    view->progress.label = NULL;
    if (view->json) {
        print_epoch_json(figures);
    } else {
        printf("epoch %2u/%u  train RMSE %.4f", figures->epoch, view->epochs, figures->train_rmse);
        if (!isnan(figures->valid_rmse))
            printf("  validation RMSE %.4f", figures->valid_rmse);
        printf("  %.1f s\n", figures->seconds);
    }
    fflush(stdout);
}

static void print_result(const Bundle *bundle, const Training *training, gboolean json_wanted)
{
    if (!json_wanted) {
        printf("wrote %s: model %s, %u features × %u factors, epoch %u of %u, in %.1f s\n",
               bundle->path, bundle->model_id, bundle->model->n, bundle->model->k,
               training->kept_epoch, training->curve->len, training->wall_seconds);
        return;
    }
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "bundle", bundle->path);
    json_put_member_string(json, "model_id", bundle->model_id);
    json_put_member_int(json, "features", bundle->model->n);
    json_put_member_int(json, "kept_epoch", training->kept_epoch);
    if (!isnan(training_kept_epoch(training).valid_rmse))
        json_put_member_double(json, "valid_rmse", training_kept_epoch(training).valid_rmse);
    json_put_member_double(json, "read_seconds", training->read_seconds);
    json_put_member_double(json, "wall_seconds", training->wall_seconds);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    puts(text);
}

/* ---- options ---- */

typedef struct {
    TrainOptions train;
    gint epochs, factors, batch_size, decay_epoch, patience, threads;
    gint64 seed;
    char *valid, *keep, *config;
    const char *valid_file; /* `valid`, if it is a file's name */
    double checkpoint_seconds;
    gboolean resume, replace, json, without_rows;
    guint unknown[2]; /* rows of `valid_file` left out for their user, for anything else */
} Options;

static void options_clear(Options *o)
{
    g_free(o->valid);
    g_free(o->keep);
    g_free(o->config);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static void set_defaults(Options *o)
{
    o->train = train_options_default();
    o->epochs = (gint)o->train.epochs;
    o->factors = (gint)o->train.factors;
    o->batch_size = (gint)o->train.batch_size;
    o->decay_epoch = (gint)o->train.decay_epoch;
    o->threads = (gint)o->train.threads;
    o->seed = (gint64)o->train.seed;
    o->checkpoint_seconds = 30;
}

/* --valid is a fraction, maybe with how it is chosen, or the name of a file with ratings. */
static gboolean take_valid(Options *o, GError **error)
{
    char *end;
    if (o->valid == NULL)
        return TRUE;
    double fraction = g_ascii_strtod(o->valid, &end);
    if (end != o->valid &&
        (*end == '\0' || (*end == ':' && split_kind_read(&o->train.split, end + 1)))) {
        o->train.valid = fraction;
        return TRUE;
    }
    o->train.valid = 0;
    o->valid_file = o->valid;
    if (g_file_test(o->valid, G_FILE_TEST_EXISTS))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--valid %s is neither a fraction nor a file; :random, :time, :user or :per-user may "
                "follow a fraction",
                o->valid);
    return FALSE;
}

static gboolean take_keep(Options *o, GError **error)
{
    if (o->keep == NULL || g_str_equal(o->keep, "last"))
        return TRUE;
    o->train.keep = KEEP_BEST;
    if (g_str_equal(o->keep, "best"))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--keep is \"best\" or \"last\", not \"%s\"", o->keep);
    return FALSE;
}

static gboolean check(Options *o, GError **error)
{
    if (!take_valid(o, error) || !take_keep(o, error))
        return FALSE;
    if (o->seed < 0 || o->patience < 0 || o->decay_epoch < 0 || !(o->checkpoint_seconds >= 0)) {
        g_set_error(
            error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
            "--seed, --patience, --decay-epoch and --checkpoint-seconds must not be negative");
        return FALSE;
    }
    if (o->train.valid == 0 && o->valid_file == NULL &&
        (o->train.keep == KEEP_BEST || o->patience > 0)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--valid must be more than 0, or a file, with --keep best or --patience");
        return FALSE;
    }
    o->train.epochs = (guint)MAX(o->epochs, 0);
    o->train.factors = (guint)MAX(o->factors, 0);
    o->train.batch_size = (guint)MAX(o->batch_size, 0);
    o->train.decay_epoch = (guint)o->decay_epoch;
    o->train.patience = (guint)o->patience;
    o->train.threads = (guint)MAX(o->threads, 0);
    o->train.seed = (guint64)o->seed;
    return train_options_check(&o->train, error);
}

/* An option that goes before the file's replaces its text without freeing it. */
static void free_if_replaced(char *before, const char *now)
{
    if (before != now)
        g_free(before);
}

static gboolean parse(const CliCommand *command, int *argc, char ***argv, Options *o,
                      GError **error)
{
    TrainOptions *t = &o->train;
    const GOptionEntry entries[] = {
        {"epochs", 0, 0, G_OPTION_ARG_INT, &o->epochs, "passes over the ratings (10)", "N"},
        {"factors", 0, 0, G_OPTION_ARG_INT, &o->factors, "length of an embedding, k (120)", "N"},
        {"batch-size", 0, 0, G_OPTION_ARG_INT, &o->batch_size, "ratings in a step (1024)", "N"},
        {"learning-rate", 0, 0, G_OPTION_ARG_DOUBLE, &t->learning_rate, "Adam's (1e-3)", "X"},
        {"weight-decay", 0, 0, G_OPTION_ARG_DOUBLE, &t->weight_decay,
         "L2, added to the gradient (1e-5)", "X"},
        {"beta1", 0, 0, G_OPTION_ARG_DOUBLE, &t->beta1, "decay of Adam's first moment (0.9)", "X"},
        {"beta2", 0, 0, G_OPTION_ARG_DOUBLE, &t->beta2, "and of its second (0.999)", "X"},
        {"eps", 0, 0, G_OPTION_ARG_DOUBLE, &t->eps, "added to the root of the second (1e-8)", "X"},
        {"decay-epoch", 0, 0, G_OPTION_ARG_INT, &o->decay_epoch,
         "epochs before the learning rate falls (7)", "N"},
        {"decay-factor", 0, 0, G_OPTION_ARG_DOUBLE, &t->decay_factor, "to this share of it (0.1)",
         "X"},
        {"initial-sigma", 0, 0, G_OPTION_ARG_DOUBLE, &t->initial_sigma,
         "standard deviation of the start, truncated at two of them (0.01)", "X"},
        {"valid", 0, 0, G_OPTION_ARG_STRING, &o->valid,
         "fraction of the ratings held out for validation, 0 for none, or a file of ratings (0.1)",
         "<X>[:<HOW>]|<FILE>"},
        {"keep", 0, 0, G_OPTION_ARG_STRING, &o->keep,
         "the \"last\" epoch's model or the \"best\" one's by validation (last)", "last|best"},
        {"patience", 0, 0, G_OPTION_ARG_INT, &o->patience,
         "stop after N epochs without a better validation RMSE (never)", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &o->seed, "of split, start and shuffling (1)", "N"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &o->threads,
         "the result does not depend on it (one a processor)", "N"},
        {"without-rows", 0, 0, G_OPTION_ARG_NONE, &o->without_rows,
         "leave out of BUNDLE who has rated what, which evaluate needs to tell the truth", NULL},
        {"resume", 0, 0, G_OPTION_ARG_NONE, &o->resume,
         "go on from BUNDLE.checkpoint if there is one", NULL},
        {"checkpoint-seconds", 0, 0, G_OPTION_ARG_DOUBLE, &o->checkpoint_seconds,
         "time between two checkpoints (30)", "X"},
        {"replace", 0, 0, G_OPTION_ARG_NONE, &o->replace, "replace an existing BUNDLE", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &o->json, "one JSON object a line instead of text", NULL},
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &o->config,
         "read options from the [train] group of a key file; the command line goes first", "FILE"},
        {NULL},
    };
    set_defaults(o);
    const char *config = config_file_of_arguments(*argc, *argv);
    if (config != NULL && !config_file_apply(config, CONFIG_GROUP, entries, error))
        return FALSE;
    const Options by_file = *o;
    gboolean parsed =
        cli_parse(command, (const GOptionEntry *const[]){entries, NULL}, argc, argv, error);
    free_if_replaced(by_file.valid, o->valid);
    free_if_replaced(by_file.keep, o->keep);
    free_if_replaced(by_file.config, o->config);
    return parsed && check(o, error);
}

/* ---- the command ---- */

static char *checkpoint_name(const char *bundle)
{
    g_autofree char *name = g_strdup(bundle);
    while (g_str_has_suffix(name, "/") && name[1] != '\0')
        name[strlen(name) - 1] = '\0';
    return g_strconcat(name, ".checkpoint", NULL);
}

/* Hours of work may be in it: it is not overwritten for want of an option. */
static gboolean check_checkpoint(const char *checkpoint, gboolean resume, GError **error)
{
    if (resume || !g_file_test(checkpoint, G_FILE_TEST_EXISTS))
        return TRUE;
    g_set_error(
        error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
        "%s is what a stopped run has left: --resume goes on from it; remove it to start over",
        checkpoint);
    return FALSE;
}

/* The data set, and at its end the rows of the validation file if there is one. */
static Dataset *read_data(const char *path, Options *o, GError **error)
{
    g_autoptr(Dataset) dataset = dataset_read(path, error);
    if (dataset == NULL || o->valid_file == NULL)
        return g_steal_pointer(&dataset);
    g_autoptr(Dataset) valid = dataset_read_like(o->valid_file, dataset, error);
    if (valid == NULL || !dataset_append(dataset, valid, error))
        return NULL;
    o->train.valid_rows = valid->rows;
    memcpy(o->unknown, valid->unknown, sizeof o->unknown);
    return g_steal_pointer(&dataset);
}

static void print_unknown(const Options *o)
{
    if (o->unknown[0] + o->unknown[1] > 0)
        printf("%s: left out %u ratings of users that the training data does not have, and %u of "
               "movies or values that it does not have\n",
               o->valid_file, o->unknown[0], o->unknown[1]);
}

static void print_data(const Training *training, const char *data)
{
    printf("%s: %u ratings of %u movies by %u users, %u features", data, training->ratings,
           training->movies, training->users, training->features);
    if (training->form.scale != FM_RATING_SCALE)
        printf("; predictions go from 0 to %g, 1.1 times the highest rating", training->form.scale);
    printf("\n");
    fflush(stdout);
}

static FmModel *run(Training *training, const Dataset *dataset, const char *checkpoint,
                    const Options *o, GError **error)
{
    View view = {.epochs = o->train.epochs, .json = o->json};
    const TrainRun job = {
        .observer = {on_batch, on_epoch, &view},
        .checkpoint = checkpoint,
        .checkpoint_seconds = o->checkpoint_seconds,
        .resume = o->resume,
    };
    FmModel *model = train(training, dataset, &job, error);
    if (view.progress.label != NULL)
        progress_end(&view.progress);
    if (model == NULL)
        g_prefix_error(error, "no bundle was written: ");
    return model;
}

/* The rows that were learned from. */
static gboolean take_rows(TrainingRows **rows, const Dataset *dataset, const TrainOptions *options,
                          GError **error)
{
    g_auto(RowSplit) split = {0};
    if (!row_split_init(&split, dataset, options, error))
        return FALSE;
    *rows = training_rows_new(dataset->table, dataset->features, dataset->fields, dataset->ratings,
                              split.rows, split.train_rows);
    return TRUE;
}

gboolean cmd_train(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Options) options = {0};
    if (!parse(command, &argc, &argv, &options, error))
        return FALSE;
    const char *data = argv[1], *target = argv[2];
    if (!bundle_check_target(target, options.replace, error))
        return FALSE;

    g_autofree char *checkpoint = checkpoint_name(target);
    if (!check_checkpoint(checkpoint, options.resume, error))
        return FALSE;
    const gint64 started = g_get_monotonic_time();
    g_autoptr(Dataset) dataset = read_data(data, &options, error);
    if (dataset == NULL)
        return FALSE;
    g_autoptr(Training) training = training_new(dataset, &options.train);
    training->read_seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    if (!options.json) {
        print_data(training, data);
        print_unknown(&options);
    }

    g_autoptr(FmModel) model = run(training, dataset, checkpoint, &options, error);
    if (model == NULL)
        return FALSE;
    g_autofree char *record = training_to_json(training);
    g_autoptr(TrainingRows) rows = NULL;
    if (!options.without_rows && !take_rows(&rows, dataset, &options.train, error))
        return FALSE;
    if (!bundle_write_with_rows(target, model, dataset->table, record, rows, options.replace,
                                error))
        return FALSE;
    g_autoptr(Bundle) bundle = bundle_open(target, error);
    if (bundle == NULL)
        return FALSE;
    g_remove(checkpoint); /* not before the model is safe */
    print_result(bundle, training, options.json);
    return TRUE;
}
