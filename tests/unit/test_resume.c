/* A run that was stopped and resumed ends with the bits of one that was not. */
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "checkpoint.h"
#include "fixtures.h"
#include "program.h"
#include "recsys_error.h"
#include "tap.h"
#include "train.h"

/* ---- inside one process: from the checkpoint of every single step ---- */

#define FEATURES 30

static TrainOptions small_options(void)
{
    TrainOptions options = train_options_default();
    options.epochs = 6;
    options.factors = 5;
    options.batch_size = 64;
    options.learning_rate = 0.02;
    options.initial_sigma = 0.1;
    options.decay_epoch = 4;
    options.threads = 1;
    return options;
}

/* Copies the checkpoint after every step: to "0", "1", … in its directory. */
typedef struct {
    const char *directory, *checkpoint; /* NULL: copies nothing */
    guint copies;
} Thief;

static void on_batch(guint epoch, guint64 rows_done, guint64 rows, double rmse, gpointer data)
{
    (void)epoch, (void)rows_done, (void)rows, (void)rmse;
    Thief *thief = data;
    if (thief->checkpoint == NULL)
        return;
    char name[16];
    char *content = NULL;
    gsize size = 0;
    g_snprintf(name, sizeof name, "%u", thief->copies++);
    CU_ASSERT(g_file_get_contents(thief->checkpoint, &content, &size, NULL));
    fixture_put(thief->directory, name, content, (gssize)size);
    g_free(content);
}

static void on_epoch(const EpochFigures *figures, gpointer data)
{
    (void)figures, (void)data;
}

typedef struct {
    FmModel *model;
    Training *training;
} Outcome;

static void outcome_clear(Outcome *outcome)
{
    fm_model_free(outcome->model);
    training_free(outcome->training);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

static void resume(Outcome *outcome, const Dataset *data, const TrainOptions *options,
                   const char *checkpoint, GError **error)
{
    Thief thief = {0};
    const TrainRun run = {{on_batch, on_epoch, &thief}, checkpoint, 1e9, TRUE};
    outcome->training = training_new(data, options);
    outcome->model = train(outcome->training, data, &run, error);
}

static gboolean same_rmse(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static gboolean same_outcome(const Outcome *a, const Outcome *b)
{
    const GArray *x = a->training->curve, *y = b->training->curve;
    gboolean same = fixture_same_bits(a->model, b->model) && x->len == y->len &&
                    a->training->kept_epoch == b->training->kept_epoch;
    for (guint i = 0; same && i < x->len; i++) {
        const EpochFigures *p = &g_array_index(x, EpochFigures, i);
        const EpochFigures *q = &g_array_index(y, EpochFigures, i);
        same = p->epoch == q->epoch && p->learning_rate == q->learning_rate &&
               p->train_rmse == q->train_rmse && same_rmse(p->valid_rmse, q->valid_rmse);
    }
    return same;
}

/* Trains with a checkpoint after every step, and gives how many were copied to `directory`. */
static guint train_and_copy(Outcome *outcome, const Dataset *data, const TrainOptions *options,
                            const char *directory)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *checkpoint = g_build_filename(directory, "x.checkpoint", NULL);
    Thief thief = {directory, checkpoint, 0};
    const TrainRun run = {{on_batch, on_epoch, &thief}, checkpoint, 0, FALSE};
    outcome->training = training_new(data, options);
    outcome->model = train(outcome->training, data, &run, &error);
    CU_ASSERT_PTR_NOT_NULL(outcome->model);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT(g_file_test(checkpoint, G_FILE_TEST_EXISTS)); /* until the model is safe */
    return thief.copies;
}

static void check_every_step(TrainOptions options, guint least_steps)
{
    g_autoptr(Dataset) data = fixture_dataset(300, 3, FEATURES, 1);
    g_autofree char *directory = tap_directory();
    g_auto(Outcome) whole = {0};
    const guint steps = train_and_copy(&whole, data, &options, directory);
    CU_ASSERT(steps >= least_steps);
    for (guint i = 0; i < steps; i++) {
        char name[16];
        g_snprintf(name, sizeof name, "%u", i);
        g_autofree char *copy = g_build_filename(directory, name, NULL);
        g_autoptr(GError) error = NULL;
        g_auto(Outcome) resumed = {0};
        options.threads = 1 + i % 3;
        resume(&resumed, data, &options, copy, &error);
        CU_ASSERT_PTR_NULL(error);
        CU_ASSERT(resumed.model != NULL && same_outcome(&whole, &resumed));
    }
}

static void test_every_step(void)
{
    TrainOptions options = small_options();
    check_every_step(options, 6 * 5); /* 270 rows in batches of 64 */
    options.valid = 0;
    options.batch_size = 100;
    check_every_step(options, 6 * 3);
}

static void test_every_step_with_best(void)
{
    TrainOptions options = small_options();
    options.keep = KEEP_BEST;
    options.batch_size = 150;
    options.epochs = 30;
    options.patience = 3;
    check_every_step(options, 8);
}

/* With --resume, but before there is a checkpoint: a run from the start. */
static void test_nothing_to_resume(void)
{
    g_autoptr(Dataset) data = fixture_dataset(300, 3, FEATURES, 1);
    g_autofree char *directory = tap_directory();
    const TrainOptions options = small_options();
    g_auto(Outcome) whole = {0}, resumed = {0};
    train_and_copy(&whole, data, &options, directory);
    g_autofree char *checkpoint = g_build_filename(directory, "none", NULL);
    resume(&resumed, data, &options, checkpoint, NULL);
    CU_ASSERT(resumed.model != NULL && same_outcome(&whole, &resumed));
}

/* ---- checkpoints of another run ---- */

typedef struct {
    char *directory, *checkpoint; /* of a run of `data` with `options` */
    Dataset *data;
    TrainOptions options;
} Stopped;

static void stopped_init(Stopped *s)
{
    g_auto(Outcome) outcome = {0};
    s->directory = tap_directory();
    s->checkpoint = g_build_filename(s->directory, "7", NULL);
    s->data = fixture_dataset(300, 3, FEATURES, 1);
    s->options = small_options();
    s->options.keep = KEEP_BEST;
    train_and_copy(&outcome, s->data, &s->options, s->directory);
}

static void stopped_clear(Stopped *s)
{
    g_free(s->directory);
    g_free(s->checkpoint);
    dataset_free(s->data);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stopped, stopped_clear)

static void check_refused(const Stopped *s, const TrainOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_auto(Outcome) outcome = {0};
    resume(&outcome, s->data, options, s->checkpoint, &error);
    CU_ASSERT_PTR_NULL(outcome.model);
    CU_ASSERT(error != NULL && strstr(error->message, s->checkpoint) != NULL);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "is of other data or other options");
    CU_ASSERT(g_file_test(s->checkpoint, G_FILE_TEST_EXISTS)); /* and left alone */
}

static void check_accepted(const Stopped *s, const TrainOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_auto(Outcome) outcome = {0};
    resume(&outcome, s->data, options, s->checkpoint, &error);
    CU_ASSERT_PTR_NOT_NULL(outcome.model);
    CU_ASSERT_PTR_NULL(error);
}

#define CHECK_OTHER(stopped, option, value)                                                        \
    do {                                                                                           \
        TrainOptions other = (stopped).options;                                                    \
        other.option = (value);                                                                    \
        check_refused(&(stopped), &other);                                                         \
    } while (0)

static void test_other_options(void)
{
    g_auto(Stopped) s = {0};
    stopped_init(&s);
    CHECK_OTHER(s, epochs, 7);
    CHECK_OTHER(s, factors, 6);
    CHECK_OTHER(s, batch_size, 63);
    CHECK_OTHER(s, learning_rate, nextafter(0.02, 1));
    CHECK_OTHER(s, weight_decay, 0);
    CHECK_OTHER(s, beta1, 0.8);
    CHECK_OTHER(s, beta2, 0.99);
    CHECK_OTHER(s, eps, 1e-7);
    CHECK_OTHER(s, decay_epoch, 5);
    CHECK_OTHER(s, decay_factor, 0.2);
    CHECK_OTHER(s, initial_sigma, 0.11);
    CHECK_OTHER(s, valid, 0.11);
    CHECK_OTHER(s, valid_rows, 30);
    CHECK_OTHER(s, keep, KEEP_LAST);
    CHECK_OTHER(s, patience, 5);
    CHECK_OTHER(s, seed, 2);
    s.options.threads = 3;
    check_accepted(&s, &s.options);
}

static void test_other_data(void)
{
    g_auto(Stopped) s = {0};
    stopped_init(&s);
    s.data->ratings[299] += 1;
    check_refused(&s, &s.options);
    s.data->ratings[299] -= 1;
    s.data->features[899] ^= 1;
    check_refused(&s, &s.options);
    s.data->features[899] ^= 1;
    s.data->rows--;
    check_refused(&s, &s.options);
    s.data->rows++;
    check_accepted(&s, &s.options);
}

#define SPOILED 9 /* ways to spoil a checkpoint of 8 steps, 3 of them in the second epoch */

static void spoil(Checkpoint *c, guint how)
{
    const guint steps[] = {G_MAXUINT32, 9, 7, 0};
    switch (how) {
    case 4:
        c->rows_done = G_MAXUINT32;
        break;
    case 5: /* rows that there are not, and steps to match */
        c->rows_done += 3 * 64;
        c->steps += 3;
        break;
    case 6:
        c->second->k--, c->first->k--, c->model->k--;
        break;
    case 7:
        c->first->n--;
        break;
    case 8:
        g_clear_pointer(&c->best, fm_model_free);
        break;
    default:
        c->steps = steps[how];
    }
}

/* A checkpoint with the right fingerprint and figures that cannot be: refused, never believed. */
static void test_edited_figures(void)
{
    g_auto(Stopped) s = {0};
    g_autofree char *before = NULL;
    gsize size = 0;
    stopped_init(&s);
    CU_ASSERT(g_file_get_contents(s.checkpoint, &before, &size, NULL));
    for (guint how = 0; how < SPOILED; how++) {
        g_autoptr(Checkpoint) c = checkpoint_read(s.checkpoint, NULL);
        CU_ASSERT_PTR_NOT_NULL(c);
        if (c == NULL)
            return;
        CU_ASSERT_EQUAL(c->steps, 8);
        spoil(c, how);
        gboolean written = checkpoint_write(c, s.checkpoint, NULL);
        CU_ASSERT(written);
        check_refused(&s, &s.options);
        fixture_put(s.directory, "7", before, (gssize)size);
    }
    check_accepted(&s, &s.options);
}

static void test_no_place_for_one(void)
{
    g_autoptr(Dataset) data = fixture_dataset(300, 3, FEATURES, 1);
    const TrainOptions options = small_options();
    g_autoptr(Training) training = training_new(data, &options);
    Thief thief = {0};
    const TrainRun run = {{on_batch, on_epoch, &thief}, "/nonexistent/x.checkpoint", 0, FALSE};
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(train(training, data, &run, &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "the checkpoint was not written: ");
}

/* ---- through the program, with signals ---- */

#define DATA "synth data --users 80 --movies 60 --ratings 2000 --seed 5"
#define TRAIN                                                                                      \
    "train data %s --factors 8 --batch-size 256 --learning-rate 0.01 --initial-sigma 0.1 "         \
    "--decay-epoch 20 --threads %u %s"

static char *path_in(const ProgramPlace *place, const char *name)
{
    return g_build_filename(place->directory, name, NULL);
}

static gboolean is_there(const ProgramPlace *place, const char *name)
{
    g_autofree char *path = path_in(place, name);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Trains `bundle`, sends the signal after `lines` lines of output, and gives how it ended. */
static int train_until(const ProgramPlace *place, const char *bundle, guint threads,
                       const char *options, guint lines, int signal_number)
{
    g_autofree char *arguments = g_strdup_printf(TRAIN, bundle, threads, options);
    g_autofree char *script = g_strconcat(place->cd, " exec \"$RECSYS_TRAINER\" ", arguments, NULL);
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    GPid pid = 0;
    gint out = -1, status = -1;
    gboolean spawned = g_spawn_async_with_pipes(
        NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
        NULL, &pid, NULL, &out, NULL, NULL);
    CU_ASSERT(spawned);
    if (!spawned)
        return -1;
    char line[512];
    FILE *output = fdopen(out, "r");
    for (guint i = 0; i < lines && fgets(line, sizeof line, output) != NULL; i++)
        continue;
    kill(pid, signal_number);
    while (fgets(line, sizeof line, output) != NULL)
        continue;
    fclose(output);
    waitpid(pid, &status, 0);
    return status;
}

static void check_finished(const ProgramPlace *place, const char *bundle)
{
    g_autofree char *checkpoint = g_strconcat(bundle, ".checkpoint", NULL);
    g_autofree char *model = g_build_filename(bundle, "model.safetensors", NULL);
    g_autofree char *path = path_in(place, model);
    g_autofree char *expected_path = path_in(place, "whole/model.safetensors");
    g_autofree char *found = NULL, *expected = NULL;
    gsize size = 0, expected_size = 1;
    CU_ASSERT_FALSE(is_there(place, checkpoint));
    CU_ASSERT(g_file_get_contents(path, &found, &size, NULL));
    CU_ASSERT(g_file_get_contents(expected_path, &expected, &expected_size, NULL));
    CU_ASSERT(size == expected_size && memcmp(found, expected, size) == 0);
}

static void train_whole(const ProgramPlace *place, const char *options)
{
    g_auto(ProgramRun) r = {0};
    g_autofree char *arguments = g_strdup_printf(TRAIN, "whole", 1u, options);
    program_run_after(&r, place->cd, PROGRAM_TRAINER, arguments);
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_FALSE(is_there(place, "whole.checkpoint"));
}

/* Stops it again and again, each time a few epochs later, with another number of threads. Returns
 * how often it was stopped. */
static guint check_stops(const ProgramPlace *place, const char *bundle, const char *options,
                         guint first_lines, int signal_number)
{
    guint stops = 0;
    g_autofree char *checkpoint = g_strconcat(bundle, ".checkpoint", NULL);
    g_autofree char *resumed = g_strconcat(options, " --resume", NULL);
    int status = -1;
    for (guint run = 0; run < 40 && status != 0; run++) {
        const guint lines = run == 0 ? first_lines : 2 + run;
        status = train_until(place, bundle, 1 + run % 3, run == 0 ? options : resumed, lines,
                             signal_number);
        gboolean stopped = signal_number == SIGKILL
                               ? WIFSIGNALED(status)
                               : WIFEXITED(status) && WEXITSTATUS(status) == 130;
        CU_ASSERT(status == 0 || stopped);
        if (status == 0)
            break;
        stops++;
        /* Before the first line it may not even have begun, after the last it may be done. */
        CU_ASSERT(signal_number == SIGKILL || !is_there(place, bundle));
        if (lines > 1 || (lines == 1 && signal_number != SIGKILL))
            CU_ASSERT(is_there(place, checkpoint) || is_there(place, bundle));
    }
    CU_ASSERT_EQUAL(status, 0);
    check_finished(place, bundle);
    return stops;
}

static void test_interrupted(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, DATA))
        return;
    const char *const options = "--epochs 150";
    train_whole(&place, options);
    guint stops = check_stops(&place, "a", options, 1, SIGINT);
    stops += check_stops(&place, "b", options, 2, SIGTERM);
    stops += check_stops(&place, "c", options, 9, SIGHUP);
    printf("# %u runs were interrupted\n", stops);
    CU_ASSERT(stops > 0);
}

static void test_interrupted_with_best(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, DATA))
        return;
    const char *const options = "--epochs 400 --keep best --patience 60";
    train_whole(&place, options);
    guint stops = check_stops(&place, "a", options, 1, SIGINT);
    stops += check_stops(&place, "b", options, 5, SIGINT);
    printf("# %u runs were interrupted\n", stops);
    CU_ASSERT(stops > 0);
}

/* No chance to write anything: what goes on is the last of the checkpoints written all the time. */
static void test_killed(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, DATA))
        return;
    const char *const whole = "--epochs 12 --keep best";
    const char *const options = "--epochs 12 --keep best --checkpoint-seconds 0 --replace";
    train_whole(&place, whole);
    guint stops = check_stops(&place, "a", options, 0, SIGKILL);
    stops += check_stops(&place, "b", options, 1, SIGKILL);
    stops += check_stops(&place, "c", options, 2, SIGKILL);
    stops += check_stops(&place, "d", options, 6, SIGKILL);
    printf("# %u runs were killed\n", stops);
    CU_ASSERT(stops > 0);
}

/* With --keep best a checkpoint has three models, then a fourth, for which there is no room here:
 * a limit on the size of files fails as a full disk does. */
static void test_no_room(void)
{
    g_auto(ProgramPlace) place = {0};
    g_auto(ProgramRun) r = {0};
    if (!program_place_init(&place, DATA))
        return;
    train_whole(&place, "--epochs 3 --keep best");
    g_autofree char *model = path_in(&place, "whole/model.safetensors");
    GStatBuf information;
    CU_ASSERT_EQUAL(g_stat(model, &information), 0);
    const guint blocks = (guint)((double)information.st_size * 3.6 / 512);
    g_autofree char *before = g_strdup_printf("%s trap '' XFSZ; ulimit -f %u;", place.cd, blocks);
    g_autofree char *arguments =
        g_strdup_printf(TRAIN, "a", 1u, "--epochs 3 --keep best --checkpoint-seconds 0");
    program_run_after(&r, before, PROGRAM_TRAINER, arguments);
    CU_ASSERT_EQUAL(r.status, RECSYS_ERROR_DATA);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(r.err, "no bundle was written: the checkpoint was not written: "));
    CU_ASSERT_FALSE(is_there(&place, "a"));
    CU_ASSERT(is_there(&place, "a.checkpoint"));
    g_autofree char *resumed = g_strdup_printf(TRAIN, "a", 2u, "--epochs 3 --keep best --resume");
    program_run_after(&r, place.cd, PROGRAM_TRAINER, resumed);
    CU_ASSERT_EQUAL(r.status, 0);
    check_finished(&place, "a");
}

/* The work is not lost if all epochs are done and only the bundle cannot be written. */
static void test_no_room_for_the_bundle(void)
{
    g_auto(ProgramPlace) place = {0};
    g_auto(ProgramRun) r = {0};
    if (!program_place_init(&place, DATA))
        return;
    train_whole(&place, "--epochs 3");
    g_autofree char *failing = g_strdup_printf(TRAIN, "a", 1u, "--epochs 3");
    g_autofree char *before = g_strdup_printf("%s trap '' XFSZ; ulimit -f 1;", place.cd);
    program_run_after(&r, before, PROGRAM_TRAINER, failing);
    CU_ASSERT_EQUAL(r.status, RECSYS_ERROR_DATA);
    CU_ASSERT_FALSE(is_there(&place, "a"));

    int status = train_until(&place, "a", 1, "--epochs 3 --checkpoint-seconds 0", 2, SIGKILL);
    CU_ASSERT(status == 0 || is_there(&place, "a.checkpoint"));
    g_autofree char *resumed = g_strdup_printf(TRAIN, "a", 2u, "--epochs 3 --resume --replace");
    program_run_after(&r, before, PROGRAM_TRAINER, resumed);
    CU_ASSERT_EQUAL(r.status, RECSYS_ERROR_DATA);
    CU_ASSERT(status == 0 || is_there(&place, "a.checkpoint"));
    program_run_after(&r, place.cd, PROGRAM_TRAINER, resumed);
    CU_ASSERT_EQUAL(r.status, 0);
    check_finished(&place, "a");
}

static void test_other_options_of_the_program(void)
{
    g_auto(ProgramPlace) place = {0};
    g_auto(ProgramRun) r = {0};
    if (!program_place_init(&place, DATA))
        return;
    CU_ASSERT(train_until(&place, "a", 1, "--epochs 100000", 2, SIGINT) != 0);
    g_autofree char *other = g_strdup_printf(TRAIN, "a", 1u, "--epochs 99999 --resume");
    program_run_after(&r, place.cd, PROGRAM_TRAINER, other);
    CU_ASSERT_EQUAL(r.status, RECSYS_ERROR_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "a.checkpoint is of other data or other options: give"));
    CU_ASSERT(is_there(&place, "a.checkpoint"));
}

static const UnitTest tests[] = {
    {"from every step", test_every_step},
    {"from every step, with the best model", test_every_step_with_best},
    {"nothing to resume", test_nothing_to_resume},
    {"other options", test_other_options},
    {"other data", test_other_data},
    {"edited figures", test_edited_figures},
    {"no place for a checkpoint", test_no_place_for_one},
    {"interrupted", test_interrupted},
    {"interrupted with the best model", test_interrupted_with_best},
    {"killed", test_killed},
    {"no room", test_no_room},
    {"no room for the bundle", test_no_room_for_the_bundle},
    {"other options of the program", test_other_options_of_the_program},
    {NULL, NULL},
};

TAP_MAIN("resume", tests)
