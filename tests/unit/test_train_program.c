/* `recsys-trainer train`: its options, its configuration file and what it prints. */
#include <math.h>
#include <string.h>

#include "bundle.h"
#include "fixtures.h"
#include "program.h"
#include "recsys_error.h"
#include "tap.h"

#define SYNTH "synth data --users 60 --movies 50 --ratings 900 --seed 3"

/* Trains to the directory's "bundle" with these options more. */
static void train(ProgramRun *r, const ProgramPlace *place, const char *options)
{
    g_autofree char *arguments = g_strdup_printf(
        "train data bundle --replace --factors 4 --batch-size 100 --threads 2 %s", options);
    program_run_after(r, place->cd, PROGRAM_TRAINER, arguments);
}

static void check_refused(const ProgramPlace *place, const char *options, const char *message)
{
    g_auto(ProgramRun) r = {0};
    train(&r, place, options);
    CU_ASSERT_EQUAL(r.status, RECSYS_ERROR_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, message));
    if (r.status != RECSYS_ERROR_USAGE || strstr(r.err, message) == NULL)
        printf("# train %s: exit code %d: %s\n", options, r.status, r.err);
}

/* ---- --json ---- */

typedef struct {
    guint epochs, best, kept; /* best: by the lines' own validation RMSE, from 1; 0: none */
    double kept_rmse, best_rmse;
    char *model_id;
} Lines;

static void lines_clear(Lines *lines)
{
    g_free(lines->model_id);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lines, lines_clear)

static void take_epoch(Lines *lines, yajl_val line)
{
    gint64 epoch = 0;
    double rmse = NAN, other = NAN;
    lines->epochs++;
    CU_ASSERT(json_get_int(line, "epoch", &epoch) && epoch == lines->epochs);
    CU_ASSERT(json_get_double(line, "train_rmse", &other) && other > 0 && other < 5);
    CU_ASSERT(json_get_double(line, "learning_rate", &other));
    CU_ASSERT(json_get_double(line, "seconds", &other) && other >= 0);
    if (json_get_double(line, "valid_rmse", &rmse) && rmse < lines->best_rmse) {
        lines->best_rmse = rmse;
        lines->best = lines->epochs;
    }
}

static void take_result(Lines *lines, yajl_val line)
{
    gint64 kept = 0;
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(line, "bundle"), "bundle"), 0);
    lines->model_id = g_strdup(json_get_string(line, "model_id"));
    CU_ASSERT(lines->model_id != NULL && strlen(lines->model_id) == 12);
    CU_ASSERT(json_get_int(line, "kept_epoch", &kept));
    lines->kept = (guint)kept;
    if (!json_get_double(line, "valid_rmse", &lines->kept_rmse))
        lines->kept_rmse = NAN;
}

/* Every line is an object of its own: epochs, then the result. */
static void train_json(Lines *lines, const ProgramPlace *place, const char *options)
{
    g_auto(ProgramRun) r = {0};
    g_autofree char *all = g_strconcat("--json ", options, NULL);
    train(&r, place, all);
    *lines = (Lines){.best_rmse = INFINITY};
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_STRING_EQUAL(r.err, "");
    CU_ASSERT(g_str_has_suffix(r.out, "}\n"));
    g_auto(GStrv) texts = g_strsplit(g_strchomp(r.out), "\n", -1);
    for (char **text = texts; *text != NULL; text++) {
        g_autoptr(GError) error = NULL;
        g_auto(yajl_val) line = json_parse(*text, "a line", &error);
        CU_ASSERT(YAJL_IS_OBJECT(line));
        if (text[1] != NULL)
            take_epoch(lines, line);
        else
            take_result(lines, line);
    }
}

static void test_json(void)
{
    g_auto(ProgramPlace) place = {0};
    g_auto(Lines) lines = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    train_json(&lines, &place, "--epochs 3");
    CU_ASSERT_EQUAL(lines.epochs, 3);
    CU_ASSERT_EQUAL(lines.kept, 3);
    CU_ASSERT(lines.best > 0);
    g_autofree char *path = g_build_filename(place.directory, "bundle", NULL);
    g_autoptr(Bundle) bundle = bundle_open(path, NULL);
    CU_ASSERT(bundle != NULL && g_strcmp0(bundle->model_id, lines.model_id) == 0);
}

/* ---- --keep, --patience, --valid 0 ---- */

#define OVERFITS "--learning-rate 0.02 --initial-sigma 0.1 --weight-decay 0 --decay-epoch 100 "

/* The best epoch's model is that of a run that ends there. */
static void test_keep_best(void)
{
    g_auto(ProgramPlace) place = {0};
    g_auto(Lines) last = {0}, best = {0}, until_best = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    train_json(&last, &place, OVERFITS "--epochs 12 --keep last");
    train_json(&best, &place, OVERFITS "--epochs 12 --keep best");
    CU_ASSERT_EQUAL(last.kept, 12);
    CU_ASSERT_EQUAL(best.epochs, 12);
    CU_ASSERT_EQUAL(best.kept, best.best);
    CU_ASSERT_EQUAL(best.kept_rmse, best.best_rmse);
    CU_ASSERT(best.kept < 12); /* or nothing was tested */
    CU_ASSERT_EQUAL(last.best, best.best);
    g_autofree char *options = g_strdup_printf(OVERFITS "--epochs %u", best.kept);
    train_json(&until_best, &place, options);
    CU_ASSERT_EQUAL(g_strcmp0(until_best.model_id, best.model_id), 0);
    CU_ASSERT(g_strcmp0(last.model_id, best.model_id) != 0);
}

static void test_patience(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    g_auto(Lines) all = {0};
    train_json(&all, &place, OVERFITS "--epochs 30");
    for (guint patience = 1; patience < 4; patience++) {
        g_auto(Lines) last = {0}, best = {0};
        g_autofree char *options = g_strdup_printf(OVERFITS "--epochs 30 --patience %u", patience);
        g_autofree char *with_best = g_strconcat(options, " --keep best", NULL);
        train_json(&last, &place, options);
        CU_ASSERT_EQUAL(last.epochs, last.best + patience);
        CU_ASSERT(last.epochs < 30);
        CU_ASSERT_EQUAL(last.kept, last.epochs);
        train_json(&best, &place, with_best);
        CU_ASSERT_EQUAL(best.epochs, last.epochs);
        CU_ASSERT_EQUAL(best.kept, last.best);
    }
    g_auto(Lines) patient = {0};
    train_json(&patient, &place, OVERFITS "--epochs 30 --patience 0");
    CU_ASSERT_EQUAL(g_strcmp0(patient.model_id, all.model_id), 0);
}

static void test_valid_0(void)
{
    g_auto(ProgramPlace) place = {0};
    g_auto(Lines) lines = {0};
    g_auto(ProgramRun) r = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    train_json(&lines, &place, "--epochs 2 --valid 0");
    CU_ASSERT_EQUAL(lines.best, 0);
    CU_ASSERT(isnan(lines.kept_rmse));
    train(&r, &place, "--epochs 2 --valid 0");
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "epoch  2/2  train RMSE "));
    CU_ASSERT_PTR_NULL(strstr(r.out, "validation"));
    check_refused(&place, "--valid 0 --keep best", "--valid must be more than 0");
    check_refused(&place, "--valid 0 --patience 2", "--valid must be more than 0");
    check_refused(&place, "--valid half", "--valid half is neither a fraction nor a file");
    check_refused(&place, "--valid 0.1x", "--valid 0.1x is neither a fraction nor a file");
    check_refused(&place, "--keep worst", "--keep is \"best\" or \"last\", not \"worst\"");
    check_refused(&place, "--keep ''", "--keep is");
    check_refused(&place, "--patience -1", "must not be negative");
    check_refused(&place, "--checkpoint-seconds -1", "must not be negative");
    check_refused(&place, "--checkpoint-seconds nan", "must not be negative");
}

/* ---- --valid ---- */

static void check_split(const ProgramPlace *place, const char *options, const char *by)
{
    g_auto(ProgramRun) r = {0};
    train(&r, place, options);
    CU_ASSERT_EQUAL(r.status, 0);
    if (r.status != 0)
        printf("# train %s: %s\n", options, r.err);
    g_autofree char *path = g_build_filename(place->directory, "bundle", NULL);
    g_autoptr(Bundle) bundle = bundle_open(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(bundle);
    if (bundle == NULL)
        return;
    gint64 trained = 0, held_out = 0;
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(bundle->training, "split.by"), by), 0);
    CU_ASSERT(json_get_int(bundle->training, "split.train_rows", &trained));
    CU_ASSERT(json_get_int(bundle->training, "split.valid_rows", &held_out) && held_out > 0);
    CU_ASSERT_EQUAL(trained + held_out, 900);
    g_autoptr(TrainingRows) rows = NULL;
    CU_ASSERT(bundle_training_rows(bundle, &rows, NULL));
    CU_ASSERT(rows != NULL && rows->rows == trained);
}

static void test_splits(void)
{
    g_auto(ProgramPlace) place = {0};
    g_auto(Lines) plain = {0}, random = {0}, user = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    check_split(&place, "--epochs 1", "random");
    check_split(&place, "--epochs 1 --valid 0.2:random", "random");
    check_split(&place, "--epochs 1 --valid 0.2:user", "user");
    check_split(&place, "--epochs 1 --valid 0.2:per-user", "per-user");
    train_json(&plain, &place, "--epochs 1 --valid 0.2");
    train_json(&random, &place, "--epochs 1 --valid 0.2:random");
    train_json(&user, &place, "--epochs 1 --valid 0.2:user");
    CU_ASSERT_EQUAL(g_strcmp0(plain.model_id, random.model_id), 0);
    CU_ASSERT(g_strcmp0(plain.model_id, user.model_id) != 0);
    check_refused(&place, "--valid 0.2:item", "--valid 0.2:item is neither");
    check_refused(&place, "--valid :time", "--valid :time is neither");
    check_refused(&place, "--valid 0:time --keep best", "--valid must be more than 0");
}

/* The latest rows of a file; one without times is refused. */
static void test_split_by_time(void)
{
    g_auto(ProgramPlace) place = {0};
    g_auto(ProgramRun) r = {0}, refused = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    g_autoptr(GString) text = g_string_new("user,item,rating,timestamp\n");
    for (guint i = 0; i < 40; i++)
        g_string_append_printf(text, "u%u,m%u,%u,%u\n", i % 5, i / 5, 1 + i % 4, (i * 7) % 40);
    fixture_put(place.directory, "timed.csv", text->str, -1);
    program_run_after(&r, place.cd, PROGRAM_TRAINER,
                      "train timed.csv timed --epochs 1 --factors 2 --valid 0.25:time");
    CU_ASSERT_EQUAL(r.status, 0);
    g_autofree char *path = g_build_filename(place.directory, "timed", NULL);
    g_autoptr(Bundle) bundle = bundle_open(path, NULL);
    g_autoptr(TrainingRows) rows = NULL;
    CU_ASSERT(bundle != NULL && bundle_training_rows(bundle, &rows, NULL) && rows != NULL);
    for (guint i = 0; rows != NULL && i < 40; i++)
        CU_ASSERT_EQUAL(training_rows_has(rows, i % 5, i / 5), (i * 7) % 40 < 30);
    fixture_put(place.directory, "none.csv", "user,item,rating\na,x,1\nb,y,5\na,y,3\n", -1);
    program_run_after(&refused, place.cd, PROGRAM_TRAINER, "train none.csv n --valid 0.4:time");
    CU_ASSERT_EQUAL(refused.status, RECSYS_ERROR_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(refused.err, "so it cannot be split by time"));
}

/* Rows of strangers are left out and counted; bundles may be without their rows. */
static void test_valid_file(void)
{
    g_auto(ProgramPlace) place = {0};
    g_auto(ProgramRun) r = {0}, none = {0}, bare = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    fixture_put(place.directory, "base.csv", "user,item,rating\na,x,1\nb,y,5\na,y,3\n", -1);
    fixture_put(place.directory, "more.csv", "user,item,rating\nc,x,1\nb,x,5\nb,z,3\nc,z,3\n", -1);
    fixture_put(place.directory, "other.csv", "user,item,rating\nc,x,1\n", -1);
    program_run_after(&r, place.cd, PROGRAM_TRAINER,
                      "train base.csv b --epochs 1 --factors 2 --valid more.csv");
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "more.csv: left out 2 ratings of users that the training "
                                         "data does not have, and 1 of movies"));
    program_run_after(&none, place.cd, PROGRAM_TRAINER,
                      "train base.csv c --epochs 1 --factors 2 --valid other.csv");
    CU_ASSERT_EQUAL(none.status, RECSYS_ERROR_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(none.err, "none of its 1 ratings"));
    program_run_after(&bare, place.cd, PROGRAM_TRAINER,
                      "train base.csv d --epochs 1 --factors 2 --valid 0 --without-rows");
    CU_ASSERT_EQUAL(bare.status, 0);
    g_autofree char *with = g_build_filename(place.directory, "b", "training_rows.bin", NULL);
    g_autofree char *without = g_build_filename(place.directory, "d", "training_rows.bin", NULL);
    CU_ASSERT(g_file_test(with, G_FILE_TEST_EXISTS));
    CU_ASSERT_FALSE(g_file_test(without, G_FILE_TEST_EXISTS));
}

/* ---- --config ---- */

static void check_bundle(const ProgramPlace *place, guint epochs, guint factors)
{
    g_autofree char *path = g_build_filename(place->directory, "bundle", NULL);
    g_autoptr(Bundle) bundle = bundle_open(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(bundle);
    if (bundle == NULL)
        return;
    CU_ASSERT_EQUAL(bundle->model->k, factors);
    CU_ASSERT_EQUAL(json_array_length(json_get(bundle->training, "curve")), epochs);
}

/* Unlike train(): nothing but these arguments. */
static void check_config(const ProgramPlace *place, const char *arguments, guint epochs,
                         guint factors)
{
    g_auto(ProgramRun) r = {0};
    program_run_after(&r, place->cd, PROGRAM_TRAINER, arguments);
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_STRING_EQUAL(r.err, "");
    if (r.status == 0)
        check_bundle(place, epochs, factors);
}

/* The command line goes before the file, wherever --config stands, texts included. */
static void test_config(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    fixture_put(place.directory, "x.conf",
                "[train]\nepochs = 3\nfactors = 6\nreplace = true\nkeep = best\nvalid = 0.2\n", -1);
    check_config(&place, "train data bundle --config x.conf", 3, 6);
    check_config(&place, "train --config=x.conf data bundle", 3, 6);
    check_config(&place, "train --config x.conf --epochs 2 data bundle", 2, 6);
    check_config(&place, "train data bundle --epochs 2 --factors 5 --config x.conf", 2, 5);
    check_config(&place, "train data bundle --config x.conf --keep last --valid 0", 3, 6);
}

static void test_config_gives_the_same_model(void)
{
    g_auto(ProgramPlace) place = {0};
    g_auto(Lines) by_file = {0}, by_options = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    fixture_put(place.directory, "x.conf",
                "[train]\nepochs = 2\nlearning-rate = 0.003\nseed = 77\nbeta1 = 0.8\nvalid=0.3\n",
                -1);
    train_json(&by_file, &place, "--config x.conf");
    train_json(&by_options, &place,
               "--epochs 2 --learning-rate 0.003 --seed 77 --beta1 0.8 --valid 0.3");
    CU_ASSERT_EQUAL(g_strcmp0(by_file.model_id, by_options.model_id), 0);
}

static void test_wrong_config(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    const struct {
        const char *content, *message;
    } cases[] = {
        {"[train]\nepoch = 3\n", "x.conf: there is no option \"epoch\""},
        {"[train]\nepochs = many\n", "x.conf: epochs: "},
        {"[train]\nepochs = 0\n", "--epochs must be 1 to 100000"},
        {"[train]\nkeep = worst\n", "not \"worst\""},
        {"[release]\nalias = x\n", "x.conf: "},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        fixture_put(place.directory, "x.conf", cases[i].content, -1);
        check_refused(&place, "--config x.conf", cases[i].message);
    }
    check_refused(&place, "--config nothere.conf", "nothere.conf: ");
    check_refused(&place, "--config", "--config");
}

static const UnitTest tests[] = {
    {"--json", test_json},
    {"--keep best", test_keep_best},
    {"--patience", test_patience},
    {"--valid 0", test_valid_0},
    {"splits", test_splits},
    {"a split by time", test_split_by_time},
    {"a validation file", test_valid_file},
    {"--config", test_config},
    {"--config gives the same model", test_config_gives_the_same_model},
    {"wrong configuration files", test_wrong_config},
    {NULL, NULL},
};

TAP_MAIN("train_program", tests)
