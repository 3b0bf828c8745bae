#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "commands.h"
#include "config_file.h"
#include "dataset_read.h"
#include "evaluation.h"
#include "fm.h"
#include "learn.h"
#include "people_documents.h"
#include "progress.h"
#include "recsys_error.h"
#include "row_split.h"

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

static void on_progress(const char *label, const char *unit, guint64 done, guint64 total,
                        gpointer data)
{
    View *view = data;
    if (view->progress.label == NULL || strcmp(view->progress.label, label) != 0)
        progress_start(&view->progress, label, unit, total);
    progress_update(&view->progress, done, NULL);
}

static void put_if_known(yajl_gen json, const char *key, double value)
{
    if (isfinite(value))
        json_put_member_double(json, key, value);
}

static void print_figures_json(const LearnFigures *figures)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "stage", figures->stage);
    json_put_member_int(json, "step", figures->step);
    if (figures->steps > 0)
        json_put_member_int(json, "steps", figures->steps);
    put_if_known(json, "valid_rmse", figures->valid_rmse);
    put_if_known(json, "noise", figures->noise);
    put_if_known(json, "alpha", figures->alpha);
    put_if_known(json, "lambda", figures->lambda);
    put_if_known(json, "ndcg", figures->ndcg);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    puts(text);
}

static void on_figures(const LearnFigures *figures, gpointer data)
{
    View *view = data;
    if (view->progress.label != NULL)
        progress_end(&view->progress);
    view->progress.label = NULL;
    if (view->json) {
        print_figures_json(figures);
    } else {
        printf("%s %*u", figures->stage, figures->steps > 99 ? 3 : 2, figures->step);
        if (figures->steps > 0)
            printf("/%u", figures->steps);
        if (isfinite(figures->alpha))
            printf("  alpha %-5.3g lambda %-7.3g", figures->alpha, figures->lambda);
        if (isfinite(figures->ndcg))
            printf("  NDCG@10 %.4f of held-out ratings", figures->ndcg);
        if (isfinite(figures->noise))
            printf("  noise %.4f", figures->noise);
        if (isfinite(figures->valid_rmse))
            printf("  validation RMSE %.4f", figures->valid_rmse);
        printf("\n");
    }
    fflush(stdout);
}

static void print_result(const Bundle *bundle, const Training *training, gboolean json_wanted)
{
    if (!json_wanted) {
        printf("wrote %s: model %s, %u features × %u factors, ", bundle->path, bundle->model_id,
               bundle->model->n, bundle->model->k);
        if (training->kept_epoch > 0)
            printf("epoch %u of %u, ", training->kept_epoch, training->curve->len);
        else
            printf("objective %s, ", objective_name(bundle->form.objective));
        printf("in %.1f s\n", training->wall_seconds);
        return;
    }
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "bundle", bundle->path);
    json_put_member_string(json, "model_id", bundle->model_id);
    json_put_member_int(json, "features", bundle->model->n);
    json_put_member_string(json, "objective", objective_name(bundle->form.objective));
    if (training->kept_epoch > 0)
        json_put_member_int(json, "kept_epoch", training->kept_epoch);
    put_if_known(json, "valid_rmse", training->final.valid_rmse);
    put_if_known(json, "baseline_rmse", training->final.baseline_rmse);
    put_if_known(json, "valid_ndcg", training->final.valid_ndcg);
    put_if_known(json, "baseline_ndcg", training->final.baseline_ndcg);
    put_if_known(json, "alpha", training->alpha);
    put_if_known(json, "lambda", training->lambda);
    if (training->search_seconds > 0)
        json_put_member_double(json, "search_seconds", training->search_seconds);
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
    gint sweeps, rating_factors, sampler_factors;
    gint64 seed;
    char *objective, *solver;
    char *valid, *keep, *config;
    const char *valid_file; /* `valid`, if it is a file's name */
    double checkpoint_seconds;
    gboolean resume, replace, json, without_rows;
    guint unknown[2]; /* rows of `valid_file` left out for their user, for anything else */
} Options;

static void options_clear(Options *o)
{
    g_free(o->objective);
    g_free(o->solver);
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
    o->rating_factors = (gint)o->train.rating_dims;
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
    g_set_error(
        error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
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

static gboolean parse_objective(Options *o, GError **error)
{
    if (o->objective == NULL)
        return TRUE;
    for (Objective objective = OBJECTIVE_RATINGS; objective <= OBJECTIVE_BOTH; objective++) {
        o->train.objective = objective;
        if (strcmp(o->objective, objective_name(objective)) == 0)
            return TRUE;
    }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--objective is ratings, ranking or both, not \"%s\"", o->objective);
    return FALSE;
}

static gboolean parse_solver(Options *o, GError **error)
{
    const char *needed = o->train.objective == OBJECTIVE_RANKING ? "als"
                         : o->train.objective == OBJECTIVE_BOTH  ? "gibbs"
                                                                 : NULL;
    o->train.solver = o->train.objective == OBJECTIVE_BOTH ? SOLVER_GIBBS : SOLVER_ADAM;
    if (o->solver == NULL || g_strcmp0(o->solver, needed) == 0)
        return TRUE;
    if (needed != NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--objective %s is solved by %s, not by \"%s\": leave out --solver",
                    o->objective, needed, o->solver);
        return FALSE;
    }
    o->train.solver = strcmp(o->solver, "gibbs") == 0 ? SOLVER_GIBBS : SOLVER_ADAM;
    if (o->train.solver == SOLVER_GIBBS || strcmp(o->solver, "adam") == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--solver is adam or gibbs, not \"%s\"",
                o->solver);
    return FALSE;
}

/* An option that the learner would ignore is an error. */
static gboolean check_learner(const Options *o, GError **error)
{
    const TrainOptions *t = &o->train, usual = train_options_default();
    const gboolean is_adam = t->objective == OBJECTIVE_RATINGS && t->solver == SOLVER_ADAM;
    const gboolean has_lists = t->objective != OBJECTIVE_RATINGS;
    const struct {
        gboolean is_given, is_used;
        const char *name, *users;
    } options[] = {
        {o->epochs != (gint)usual.epochs, is_adam, "epochs", "--solver adam"},
        {o->batch_size != (gint)usual.batch_size, is_adam, "batch-size", "--solver adam"},
        {t->learning_rate != usual.learning_rate, is_adam, "learning-rate", "--solver adam"},
        {t->weight_decay != usual.weight_decay, is_adam, "weight-decay", "--solver adam"},
        {t->beta1 != usual.beta1, is_adam, "beta1", "--solver adam"},
        {t->beta2 != usual.beta2, is_adam, "beta2", "--solver adam"},
        {t->eps != usual.eps, is_adam, "eps", "--solver adam"},
        {o->decay_epoch != (gint)usual.decay_epoch, is_adam, "decay-epoch", "--solver adam"},
        {t->decay_factor != usual.decay_factor, is_adam, "decay-factor", "--solver adam"},
        {t->initial_sigma != usual.initial_sigma, is_adam, "initial-sigma", "--solver adam"},
        {t->keep != usual.keep, is_adam, "keep", "--solver adam"},
        {o->patience != 0, is_adam, "patience", "--solver adam"},
        {t->plain, is_adam, "plain", "--solver adam"},
        {o->sweeps != 0, !is_adam, "sweeps", "--solver gibbs, --objective ranking and both"},
        {!isnan(t->alpha), has_lists, "alpha", "--objective ranking and both"},
        {!isnan(t->lambda), has_lists, "lambda", "--objective ranking and both"},
        {o->rating_factors != (gint)usual.rating_dims, t->objective == OBJECTIVE_BOTH,
         "rating-factors", "--objective both"},
        {o->sampler_factors != 0, t->solver == SOLVER_GIBBS, "sampler-factors",
         "--solver gibbs and --objective both"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        if (!options[i].is_given || options[i].is_used)
            continue;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--%s is an option of %s, which is not what is trained here", options[i].name,
                    options[i].users);
        return FALSE;
    }
    return TRUE;
}

static gboolean check_numbers(const Options *o, GError **error)
{
    const struct {
        const char *name;
        gint value;
    } counts[] = {
        {"sweeps", o->sweeps},
        {"rating-factors", o->rating_factors},
        {"sampler-factors", o->sampler_factors},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (counts[i].value >= 0)
            continue;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--%s must not be negative",
                    counts[i].name);
        return FALSE;
    }
    return TRUE;
}

static gboolean check(Options *o, GError **error)
{
    if (!take_valid(o, error) || !take_keep(o, error) || !parse_objective(o, error) ||
        !parse_solver(o, error) || !check_numbers(o, error) || !check_learner(o, error))
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
    o->train.rating_dims = (guint)o->rating_factors;
    o->train.sampler_factors = (guint)o->sampler_factors;
    if (o->train.objective == OBJECTIVE_RANKING)
        o->train.ranking_sweeps = (guint)o->sweeps;
    else
        o->train.rating_sweeps = (guint)o->sweeps;
    learn_options_settle(&o->train);
    return train_options_check(&o->train, error);
}

/* An option that goes before the file's replaces its text without freeing it. */
static void free_if_replaced(char *before, const char *now)
{
    if (before != now)
        g_free(before);
}

/* What is learned, and the options of the learners but Adam. Free with g_free. */
static GOptionEntry *learner_entries(Options *o)
{
    TrainOptions *t = &o->train;
    const GOptionEntry entries[] = {
        {"objective", 0, 0, G_OPTION_ARG_STRING, &o->objective,
         "what the model is for: to predict ratings, to order movies, or both in one vector "
         "(ratings)",
         "ratings|ranking|both"},
        {"solver", 0, 0, G_OPTION_ARG_STRING, &o->solver,
         "of ratings: adam, the factorization machine, or gibbs, Bayesian factorization (adam)",
         "adam|gibbs"},
        {"sweeps", 0, 0, G_OPTION_ARG_INT, &o->sweeps,
         "of Gibbs sampling (200), or of the alternating least squares of --objective ranking (8)",
         "N"},
        {"alpha", 0, 0, G_OPTION_ARG_DOUBLE, &t->alpha,
         "lists: weight of the movies a person has not rated (found on held-out ratings)", "X"},
        {"lambda", 0, 0, G_OPTION_ARG_DOUBLE, &t->lambda,
         "lists: L2, scaled with the number of ratings (found on held-out ratings)", "X"},
        {"rating-factors", 0, 0, G_OPTION_ARG_INT, &o->rating_factors,
         "both: how many of the factors are for ratings (32)", "N"},
        {"sampler-factors", 0, 0, G_OPTION_ARG_INT, &o->sampler_factors,
         "factors of Gibbs sampling, whatever the length of the embedding (64)", "N"},
        {"plain", 0, 0, G_OPTION_ARG_NONE, &t->plain,
         "adam: write the weights as PyTorch has them, with no average person in them", NULL},
        {"factors", 0, 0, G_OPTION_ARG_INT, &o->factors, "length of an embedding, k (120)", "N"},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

/* Those of Adam. Free with g_free. */
static GOptionEntry *adam_entries(Options *o)
{
    TrainOptions *t = &o->train;
    const GOptionEntry entries[] = {
        {"epochs", 0, 0, G_OPTION_ARG_INT, &o->epochs, "passes over the ratings (10)", "N"},
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
        {"keep", 0, 0, G_OPTION_ARG_STRING, &o->keep,
         "the \"last\" epoch's model or the \"best\" one's by validation (last)", "last|best"},
        {"patience", 0, 0, G_OPTION_ARG_INT, &o->patience,
         "stop after N epochs without a better validation RMSE (never)", "N"},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

/* Those of every run. Free with g_free. */
static GOptionEntry *run_entries(Options *o)
{
    const GOptionEntry entries[] = {
        {"valid", 0, 0, G_OPTION_ARG_STRING, &o->valid,
         "fraction of the ratings held out for validation, 0 for none, or a file of ratings (0.1)",
         "<X>[:<HOW>]|<FILE>"},
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
    return g_memdup2(entries, sizeof entries);
}

/* All of them in one table. Free with g_free. */
static GOptionEntry *all_entries(Options *o)
{
    g_autofree GOptionEntry *learner = learner_entries(o);
    g_autofree GOptionEntry *adam = adam_entries(o);
    g_autofree GOptionEntry *run = run_entries(o);
    const GOptionEntry *const tables[] = {learner, adam, run};
    g_autoptr(GArray) all = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
        for (const GOptionEntry *entry = tables[i]; entry->long_name != NULL; entry++)
            g_array_append_vals(all, entry, 1);
    return (GOptionEntry *)g_array_steal(all, NULL);
}

static gboolean parse(const CliCommand *command, int *argc, char ***argv, Options *o,
                      GError **error)
{
    g_autofree GOptionEntry *entries = all_entries(o);
    set_defaults(o);
    const char *config = config_file_of_arguments(*argc, *argv);
    if (config != NULL && !config_file_apply(config, CONFIG_GROUP, entries, error))
        return FALSE;
    const Options by_file = *o;
    gboolean parsed =
        cli_parse(command, (const GOptionEntry *const[]){entries, NULL}, argc, argv, error);
    free_if_replaced(by_file.objective, o->objective);
    free_if_replaced(by_file.solver, o->solver);
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

static gboolean check_ratings(const Dataset *dataset, const TrainOptions *options, GError **error)
{
    if (!dataset->without_ratings || options->objective == OBJECTIVE_RANKING)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "%s has no column rating, so there is nothing to predict: add the column, or learn "
                "from who chose what with --objective ranking",
                dataset->source);
    return FALSE;
}

static void print_data(const Training *training, const char *data)
{
    printf("%s: %u ratings of %u movies by %u users, %u features", data, training->ratings,
           training->movies, training->users, training->features);
    if (training->form.scale != FM_RATING_SCALE &&
        training->options.objective == OBJECTIVE_RATINGS && training->options.solver == SOLVER_ADAM)
        printf("; predictions go from 0 to %g, 1.1 times the highest rating", training->form.scale);
    printf("\n");
    fflush(stdout);
}

static LearnedModel *run(Training *training, const Dataset *dataset, const char *checkpoint,
                         const Options *o, GError **error)
{
    View view = {.epochs = o->train.epochs, .json = o->json};
    const LearnRun job = {
        .run = {.observer = {on_batch, on_epoch, &view},
                .checkpoint = checkpoint,
                .checkpoint_seconds = o->checkpoint_seconds,
                .resume = o->resume},
        .progress = on_progress,
        .figures = on_figures,
        .data = &view,
    };
    LearnedModel *learned = learn(training, dataset, &job, error);
    if (view.progress.label != NULL)
        progress_end(&view.progress);
    if (learned == NULL)
        g_prefix_error(error, "no bundle was written: ");
    return learned;
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

/* The kept model on the rows held out, beside the trivial baselines. */
static gboolean validate(Training *training, const LearnedModel *learned, const Dataset *dataset,
                         const TrainingRows *rows, const TrainOptions *options, GError **error)
{
    g_auto(RowSplit) split = {0};
    if (!row_split_init(&split, dataset, options, error))
        return FALSE;
    if (split.valid_rows == 0)
        return TRUE;
    const EvaluatedModel model = {learned->model, &learned->form, dataset->table, rows};
    EvaluationTask task = evaluation_task(model, dataset);
    task.rows = row_split_valid(&split);
    task.row_count = split.valid_rows;
    task.threads = options->threads;
    g_autoptr(GError) nothing = NULL;
    g_autoptr(Evaluation) found = evaluate(&task, NULL, &nothing);
    if (found == NULL) {
        /* Nobody there could be asked for, or Ctrl-C: the model is there and is worth more. */
        g_printerr("note: the model was not validated: %s\n", nothing->message);
        return TRUE;
    }
    /* Whole people held out are known by their metadata alone. */
    const Group group = found->group[GROUP_KNOWN].rows > 0 ? GROUP_KNOWN : GROUP_COLD;
    const Compared *rmse = &found->group[group].rmse,
                   *ndcg = &found->group[group].list[0][LIST_NDCG];
    /* What an epoch said of strangers was without what their attributes say. */
    if (group == GROUP_COLD || !isfinite(training->final.valid_rmse))
        training->final.valid_rmse = rmse->model.value;
    training->final.baseline_rmse = isfinite(rmse->model.value) ? rmse->baseline.value : NAN;
    training->final.valid_ndcg = ndcg->model.value;
    training->final.baseline_ndcg = ndcg->baseline.value;
    return TRUE;
}

static void print_choice(const Training *training)
{
    if (isfinite(training->alpha) && training->search_seconds > 0)
        printf("alpha %.3g and lambda %.3g were chosen in %.1f s; --alpha and --lambda fix them\n",
               training->alpha, training->lambda, training->search_seconds);
}

static void print_validation(const FinalFigures *final)
{
    if (isfinite(final->valid_rmse) && isfinite(final->baseline_rmse))
        printf("validation RMSE %.4f, movie means %.4f\n", final->valid_rmse, final->baseline_rmse);
    if (isfinite(final->valid_ndcg))
        printf("validation NDCG@10 %.4f, most popular %.4f\n", final->valid_ndcg,
               final->baseline_ndcg);
}

/* What became of features that differ between the ratings of one user. */
static void print_notes(const Training *training, const Dataset *dataset)
{
    const TrainOptions *o = &training->options;
    const gboolean is_adam = o->objective == OBJECTIVE_RATINGS && o->solver == SOLVER_ADAM;
    if (training->plain_because != NULL)
        g_printerr("note: the weights are written as for --plain: %s\n", training->plain_because);
    g_autofree char *other = is_adam ? NULL : people_find_other_type(dataset->table);
    if (other != NULL)
        g_printerr("note: %s, and this learner leaves it out: its documents are zero\n", other);
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
    if (dataset == NULL || !check_ratings(dataset, &options.train, error))
        return FALSE;
    g_autoptr(Training) training = training_new(dataset, &options.train);
    training->read_seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    if (!options.json) {
        print_data(training, data);
        print_unknown(&options);
    }

    g_autoptr(LearnedModel) learned = run(training, dataset, checkpoint, &options, error);
    if (learned == NULL)
        return FALSE;
    print_notes(training, dataset);
    g_autoptr(TrainingRows) rows = NULL;
    if (!take_rows(&rows, dataset, &options.train, error) ||
        !validate(training, learned, dataset, rows, &options.train, error))
        return FALSE;
    if (!options.json) {
        print_choice(training);
        print_validation(&training->final);
    }
    g_autofree char *record = training_to_json(training);
    if (!bundle_write_with_rows(target, learned->model, dataset->table, record,
                                options.without_rows ? NULL : rows, options.replace, error))
        return FALSE;
    g_autoptr(Bundle) bundle = bundle_open(target, error);
    if (bundle == NULL)
        return FALSE;
    g_remove(checkpoint); /* not before the model is safe */
    print_result(bundle, training, options.json);
    return TRUE;
}
