/* `recsys-trainer train` with every learner: the same bits whatever the threads and interruptions,
 * and data and options at the edge of what there can be. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "bundle.h"
#include "fixtures.h"
#include "program.h"
#include "recsys_error.h"
#include "tap.h"

#define SYNTH "synth data --users 90 --movies 70 --ratings 3000 --seed 4"
#define LISTS "--alpha 0.1 --lambda 0.01 "

#define RANKING "--objective ranking --factors 20 " LISTS
#define SAMPLING "--solver gibbs --factors 20 --sampler-factors 16 "
#define BOTH "--objective both --factors 20 --rating-factors 8 --sampler-factors 16 " LISTS

static char *file_of(const ProgramPlace *place, const char *name)
{
    return g_build_filename(place->directory, name, NULL);
}

static gboolean is_there(const ProgramPlace *place, const char *name)
{
    g_autofree char *path = file_of(place, name);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static Bundle *open_bundle(const ProgramPlace *place, const char *name)
{
    g_autofree char *path = file_of(place, name);
    g_autoptr(GError) error = NULL;
    Bundle *bundle = bundle_open(path, &error);
    CU_ASSERT_PTR_NOT_NULL(bundle);
    if (bundle == NULL)
        printf("# %s: %s\n", name, error->message);
    return bundle;
}

static void check_run(const ProgramPlace *place, const char *arguments, int status,
                      const char *message)
{
    g_auto(ProgramRun) r = {0};
    program_run_after(&r, place->cd, PROGRAM_TRAINER, arguments);
    const gboolean right =
        r.status == status && (message == NULL || strstr(r.err, message) != NULL);
    CU_ASSERT(right);
    if (!right)
        printf("# %s: exit code %d: %s\n", arguments, r.status, r.err);
}

/* Trains `bundle` from the directory's "data". */
static void train(const ProgramPlace *place, const char *bundle, const char *options)
{
    g_autofree char *arguments = g_strdup_printf("train data %s %s", bundle, options);
    check_run(place, arguments, 0, NULL);
}

static void check_same_file(const ProgramPlace *place, const char *a, const char *b,
                            const char *file)
{
    g_autofree char *name_a = g_build_filename(a, file, NULL);
    g_autofree char *name_b = g_build_filename(b, file, NULL);
    g_autofree char *path_a = file_of(place, name_a), *path_b = file_of(place, name_b);
    g_autofree char *found = NULL, *expected = NULL;
    gsize size = 0, expected_size = 1;
    CU_ASSERT(g_file_get_contents(path_a, &expected, &expected_size, NULL));
    CU_ASSERT(g_file_get_contents(path_b, &found, &size, NULL));
    CU_ASSERT(size == expected_size && memcmp(found, expected, size) == 0);
}

static void check_same_number(const Bundle *a, const Bundle *b, const char *name)
{
    double x = NAN, y = NAN;
    const gboolean is_in_a = json_get_double(a->training, name, &x);
    CU_ASSERT_EQUAL(json_get_double(b->training, name, &y), is_in_a);
    CU_ASSERT(!is_in_a || x == y);
}

/* The models, what somebody new is folded in with, and what validation found. */
static void check_same_bits(const ProgramPlace *place, const char *a, const char *b,
                            gboolean is_validated)
{
    check_same_file(place, a, b, "model.safetensors");
    check_same_file(place, a, b, "training_rows.bin");
    g_autoptr(Bundle) first = open_bundle(place, a), second = open_bundle(place, b);
    if (first == NULL || second == NULL)
        return;
    const char *const vectors[] = {"fold_in.ratings.precisions", "fold_in.ranking.mean"};
    for (guint i = 0; i < G_N_ELEMENTS(vectors); i++)
        CU_ASSERT_EQUAL(g_strcmp0(json_get_string(first->training, vectors[i]),
                                  json_get_string(second->training, vectors[i])),
                        0);
    check_same_number(first, second, "fold_in.ranking.alpha");
    check_same_number(first, second, "fold_in.ranking.lambda");
    check_same_number(first, second, "fold_in.ranking.target_scale");
    if (!is_validated)
        return;
    check_same_number(first, second, "final.valid_rmse");
    check_same_number(first, second, "final.valid_ndcg");
}

/* ---- threads ---- */

static void check_threads(const ProgramPlace *place, const char *options)
{
    for (guint threads = 1; threads <= 3; threads++) {
        g_autofree char *bundle = g_strdup_printf("t%u", threads);
        g_autofree char *all = g_strdup_printf("%s --threads %u --replace", options, threads);
        train(place, bundle, all);
        if (threads > 1)
            check_same_bits(place, "t1", bundle, TRUE);
    }
}

static void test_threads(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    check_threads(&place, RANKING);
    check_threads(&place, "--objective ranking --factors 8"); /* with a search */
    check_threads(&place, SAMPLING "--sweeps 30");
    check_threads(&place, BOTH "--sweeps 30");
}

/* ---- interruptions ---- */

/* Trains until so many milliseconds after the first line of output, and gives the exit code. */
static int train_for(const ProgramPlace *place, const char *bundle, const char *options,
                     guint milliseconds)
{
    g_autofree char *script = g_strdup_printf("%s exec \"$RECSYS_TRAINER\" train data %s %s 2>err",
                                              place->cd, bundle, options);
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    GPid pid = 0;
    gint out = -1, status = -1;
    if (!g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                  &pid, NULL, &out, NULL, NULL)) {
        CU_FAIL("the trainer did not start");
        return -1;
    }
    char line[512];
    FILE *output = fdopen(out, "r");
    CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, output));
    g_usleep(milliseconds * 1000ul);
    kill(pid, SIGINT);
    while (fgets(line, sizeof line, output) != NULL)
        continue;
    fclose(output);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What that run has said of itself beside its results. */
static gboolean says(const ProgramPlace *place, const char *text)
{
    g_autofree char *path = file_of(place, "err"), *said = NULL;
    return g_file_get_contents(path, &said, NULL, NULL) && strstr(said, text) != NULL;
}

/* After how many sweeps it says that it was stopped; 0 if it had no chance to keep any. */
static guint sweeps_kept(const ProgramPlace *place)
{
    g_autofree char *path = file_of(place, "err"), *said = NULL;
    guint sweeps = 0;
    const char *has = g_file_get_contents(path, &said, NULL, NULL)
                          ? strstr(said, "stopped.checkpoint has ")
                          : NULL;
    CU_ASSERT(has == NULL ||
              sscanf(has, "stopped.checkpoint has %u sweeps, --resume", &sweeps) == 1);
    return sweeps;
}

/* Stops it again and again, with another number of threads each time, until it is done. */
static void check_interruptions(const ProgramPlace *place, const char *options)
{
    guint stops = 0, resumed_later = 0, last = 0;
    int status = -1;
    g_autofree char *whole = g_strconcat(options, " --threads 1 --replace", NULL);
    train(place, "whole", whole);
    for (guint run = 0; run < 60 && status != 0; run++) {
        g_autofree char *all =
            g_strdup_printf("%s --resume --replace --threads %u", options, 1 + run % 3);
        status = train_for(place, "stopped", all, 5 + 20 * run);
        CU_ASSERT(status == 0 || status == 130);
        if (status != 130)
            break;
        const guint sweeps = sweeps_kept(place);
        /* None, if it was stopped before it came to what is kept: then that is still there. */
        CU_ASSERT(sweeps == 0 || sweeps >= last);
        CU_ASSERT((sweeps == 0 && last == 0) || is_there(place, "stopped.checkpoint"));
        resumed_later += sweeps > last && last > 0;
        last = MAX(last, sweeps);
        stops++;
    }
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT(last > 0); /* in the middle */
    printf("# %u interruptions, the last one after %u sweeps, %u went on further\n", stops, last,
           resumed_later);
    CU_ASSERT_FALSE(is_there(place, "stopped.checkpoint"));
    check_same_bits(place, "whole", "stopped", !says(place, "the model was not validated"));
}

static void test_interrupted_ranking(void)
{
    g_auto(ProgramPlace) place = {0};
    if (program_place_init(&place, SYNTH))
        check_interruptions(&place, RANKING "--sweeps 250");
}

static void test_interrupted_sampling(void)
{
    g_auto(ProgramPlace) place = {0};
    if (program_place_init(&place, SYNTH))
        check_interruptions(&place, SAMPLING "--sweeps 120");
}

static void test_interrupted_both(void)
{
    g_auto(ProgramPlace) place = {0};
    if (program_place_init(&place, SYNTH))
        check_interruptions(&place, BOTH "--sweeps 120");
}

/* A checkpoint is for the learner that has written it, and is not overwritten by chance. */
static void test_checkpoint_of_another_learner(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    CU_ASSERT_EQUAL(train_for(&place, "b", SAMPLING "--sweeps 20000", 300), 130);
    CU_ASSERT(is_there(&place, "b.checkpoint"));
    check_run(&place, "train data b " SAMPLING, RECSYS_ERROR_USAGE, "--resume goes on from it");
    check_run(&place, "train data b --resume " SAMPLING, RECSYS_ERROR_DATA,
              "is of other data or other options");
    check_run(&place, "train data b --resume " RANKING, RECSYS_ERROR_DATA, "b.checkpoint");
    check_run(&place, "train data b --resume", RECSYS_ERROR_DATA, "b.checkpoint");
    CU_ASSERT(is_there(&place, "b.checkpoint"));
    CU_ASSERT_FALSE(is_there(&place, "b"));
}

/* ---- small data ---- */

/* All numbers are finite and there are some that are not zero. */
static void check_bundle(const ProgramPlace *place, const char *arguments, gboolean has_ratings)
{
    g_autoptr(Bundle) bundle = open_bundle(place, "b");
    if (bundle == NULL)
        return;
    const FmModel *model = bundle->model;
    gboolean finite = isfinite(model->w0), nonzero = FALSE;
    for (guint i = 0; i < model->n; i++) {
        const float *v = fm_vector(model, i);
        finite = finite && isfinite(model->bias[i]);
        for (guint d = 0; d < model->k; d++) {
            finite = finite && isfinite(v[d]);
            nonzero = nonzero || v[d] != 0;
        }
    }
    CU_ASSERT(finite && nonzero);
    CU_ASSERT_EQUAL(bundle->form.link != LINK_NONE, has_ratings);
    if (!finite || !nonzero)
        printf("# %s: finite %d, not zero %d\n", arguments, finite, nonzero);
}

static void check_every_learner(const ProgramPlace *place, const char *data)
{
    const struct {
        const char *options;
        gboolean has_ratings;
    } learners[] = {
        {"--objective ranking --factors 12 --alpha 0.1 --lambda 0.01", FALSE},
        {"--objective ranking --factors 12", FALSE},
        {"--solver gibbs --factors 12 --sweeps 12", TRUE},
        {"--objective both --factors 24 --rating-factors 12 --sweeps 12", TRUE},
        {"--factors 12 --epochs 2", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(learners); i++) {
        g_autofree char *arguments =
            g_strdup_printf("train %s b --replace --valid 0 %s", data, learners[i].options);
        check_run(place, arguments, 0, NULL);
        check_bundle(place, arguments, learners[i].has_ratings);
    }
}

/* rows "u<i>,m<j>,<rating>"; a rating of 0 stands for 1 to 5 in turn. */
static void put_ratings(const ProgramPlace *place, const char *name, guint users, guint movies,
                        guint rating)
{
    g_autoptr(GString) text = g_string_new("user,item,rating\n");
    for (guint u = 0; u < users; u++)
        for (guint m = 0; m < movies; m++)
            g_string_append_printf(text, "u%u,m%u,%u\n", u, m,
                                   rating > 0 ? rating : 1 + (2 * u + m) % 5);
    fixture_put(place->directory, name, text->str, -1);
}

static void test_small_data(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    put_ratings(&place, "one-rating.csv", 1, 1, 4);
    put_ratings(&place, "one-user.csv", 1, 30, 0);
    put_ratings(&place, "one-movie.csv", 30, 1, 0);
    put_ratings(&place, "equal.csv", 9, 7, 3);
    put_ratings(&place, "small.csv", 5, 6, 0); /* more factors than either side has lines */
    check_every_learner(&place, "one-rating.csv");
    check_every_learner(&place, "one-user.csv");
    check_every_learner(&place, "one-movie.csv");
    check_every_learner(&place, "equal.csv");
    check_every_learner(&place, "small.csv");
}

static void test_too_little_to_hold_out(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    const char *const learners[] = {RANKING, SAMPLING, BOTH};
    put_ratings(&place, "one-rating.csv", 1, 1, 4);
    for (guint i = 0; i < G_N_ELEMENTS(learners); i++) {
        g_autofree char *arguments = g_strconcat("train one-rating.csv b ", learners[i], NULL);
        check_run(&place, arguments, RECSYS_ERROR_DATA,
                  "1 ratings are too few to hold out a fraction of 0.1");
    }
}

/* ---- people without ratings among the training rows ---- */

static void check_strangers(const ProgramPlace *place, const char *options)
{
    g_autofree char *all = g_strconcat(options, " --replace --valid 0.2:user", NULL);
    train(place, "b", all);
    g_autoptr(Bundle) bundle = open_bundle(place, "b");
    g_autoptr(TrainingRows) rows = NULL;
    CU_ASSERT(bundle != NULL && bundle_training_rows(bundle, &rows, NULL) && rows != NULL);
    if (rows == NULL)
        return;
    const GArray *users = feature_table_of_type(bundle->features, FEATURE_USER);
    const guint movies = feature_table_of_type(bundle->features, FEATURE_MOVIE)->len;
    guint strangers = 0;
    for (guint u = 0; u < users->len; u++) {
        const float *v = fm_vector(bundle->model, g_array_index(users, guint, u));
        gboolean has_rated = FALSE, is_zero = bundle->model->bias[u] == 0;
        for (guint m = 0; m < movies; m++)
            has_rated = has_rated || training_rows_has(rows, u, m);
        for (guint d = 0; d < bundle->model->k; d++)
            is_zero = is_zero && v[d] == 0;
        CU_ASSERT_EQUAL(is_zero, !has_rated);
        strangers += !has_rated;
    }
    CU_ASSERT_EQUAL(strangers, 18); /* a fifth */
}

static void test_strangers(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    check_strangers(&place, RANKING);
    check_strangers(&place, SAMPLING "--sweeps 12");
    check_strangers(&place, BOTH "--sweeps 12");
    check_strangers(&place, "--factors 8 --epochs 2");
}

/* ---- options ---- */

/* What hardly regularizes, and what leaves nothing but zeros: numbers, or a word on the way out. */
static void check_regularization(const ProgramPlace *place, const char *alpha, const char *lambda)
{
    g_auto(ProgramRun) r = {0};
    g_autofree char *arguments =
        g_strdup_printf("train data b --replace --objective ranking --factors 90 --alpha %s "
                        "--lambda %s",
                        alpha, lambda);
    program_run_after(&r, place->cd, PROGRAM_TRAINER, arguments);
    if (r.status == 0) {
        g_autoptr(Bundle) bundle = open_bundle(place, "b");
        CU_ASSERT(bundle != NULL && isfinite(fm_vector(bundle->model, 0)[0]));
        return;
    }
    CU_ASSERT_EQUAL(r.status, RECSYS_ERROR_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "have no solution in float32: give a greater --lambda"));
}

static void test_extreme_regularization(void)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    check_regularization(&place, "1e-30", "1e-30");
    check_regularization(&place, "0.1", "1e-30");
    check_regularization(&place, "0.1", "1e6");
    check_regularization(&place, "1e6", "1e-6");
    check_regularization(&place, "1e6", "1e6");
}

typedef struct {
    const char *options, *message;
} Refused;

static void check_refused(const Refused *cases, guint count)
{
    g_auto(ProgramPlace) place = {0};
    if (!program_place_init(&place, SYNTH))
        return;
    for (guint i = 0; i < count; i++) {
        g_autofree char *arguments = g_strconcat("train data b ", cases[i].options, NULL);
        check_run(&place, arguments, RECSYS_ERROR_USAGE, cases[i].message);
    }
    CU_ASSERT_FALSE(is_there(&place, "b"));
}

static void test_ranges(void)
{
    const Refused cases[] = {
        {"--objective lists", "--objective is ratings, ranking or both, not \"lists\""},
        {"--solver als", "--solver is adam or gibbs, not \"als\""},
        {"--objective ranking --solver gibbs", "--objective ranking is solved by als"},
        {"--objective both --solver adam", "--objective both is solved by gibbs"},
        {"--objective ranking --lambda 0", "--lambda must be a positive number, at most 1e6"},
        {"--objective ranking --lambda -1", "--lambda must be"},
        {"--objective ranking --lambda 2e6", "--lambda must be"},
        {"--objective ranking --lambda inf", "--lambda must be"},
        {"--objective ranking --alpha 0", "--alpha must be a positive number, at most 1e6"},
        {"--objective both --alpha inf", "--alpha must be"},
        {"--objective both --factors 1", "--rating-factors must be 2 up to"},
        {"--objective both --factors 2 --rating-factors 2", "--rating-factors must be 2 up to"},
        {"--objective both --factors 20", "--rating-factors must be 2 up to"},
        {"--objective both --rating-factors 1", "--rating-factors must be 2 up to"},
        {"--objective both --rating-factors 120", "--rating-factors must be 2 up to"},
        {"--objective both --rating-factors -2", "--rating-factors must not be negative"},
        {"--objective ranking --factors 0", "--factors must be 1 to 4096"},
        {"--solver gibbs --factors 4097", "--factors must be 1 to 4096"},
        {"--solver gibbs --sweeps -1", "--sweeps must not be negative"},
        {"--objective ranking --sweeps 100001", "--sweeps must be 1 to 100000"},
        {"--solver gibbs --sampler-factors 17", "--sampler-factors must be a multiple of 16"},
        {"--objective both --sampler-factors 2048", "--sampler-factors must be a multiple of 16"},
        {"--solver gibbs --threads 0", "--threads must be 1 to 1024"},
    };
    check_refused(cases, G_N_ELEMENTS(cases));
}

static void test_options_of_another_learner(void)
{
    const Refused cases[] = {
        {"--sweeps 3", "--sweeps is an option of --solver gibbs"},
        {"--alpha 0.1", "--alpha is an option of --objective ranking and both"},
        {"--solver gibbs --lambda 0.1", "--lambda is an option of --objective ranking and both"},
        {"--solver gibbs --epochs 3", "--epochs is an option of --solver adam"},
        {"--solver gibbs --plain", "--plain is an option of --solver adam"},
        {"--solver gibbs --keep best", "--keep is an option of --solver adam"},
        {"--objective ranking --patience 3", "--patience is an option of --solver adam"},
        {"--objective ranking --learning-rate 1", "--learning-rate is an option of"},
        {"--objective ranking --rating-factors 8", "--rating-factors is an option of"},
        {"--objective ranking --sampler-factors 16", "--sampler-factors is an option of"},
        {"--objective both --batch-size 8", "--batch-size is an option of --solver adam"},
    };
    check_refused(cases, G_N_ELEMENTS(cases));
}

static const UnitTest tests[] = {
    {"the same bits with any number of threads", test_threads},
    {"ranking, interrupted", test_interrupted_ranking},
    {"Gibbs sampling, interrupted", test_interrupted_sampling},
    {"both, interrupted", test_interrupted_both},
    {"a checkpoint of another learner", test_checkpoint_of_another_learner},
    {"data as small as can be", test_small_data},
    {"too little to hold out", test_too_little_to_hold_out},
    {"people without ratings", test_strangers},
    {"extreme regularization", test_extreme_regularization},
    {"options out of range", test_ranges},
    {"options of another learner", test_options_of_another_learner},
    {NULL, NULL},
};

TAP_MAIN("learners_program", tests)
