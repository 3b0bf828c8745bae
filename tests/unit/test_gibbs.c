#include "gibbs.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixtures.h"
#include "interrupt.h"
#include "made_ratings.h"
#include "recsys_error.h"
#include "tap.h"

static const MadeRatings planted = {
    .users = 90, .movies = 60, .rank = 2, .per_user = 30, .noise = 0.4, .seed = 8};

static GibbsOptions small_options(void)
{
    GibbsOptions options = gibbs_options_default();
    options.factors = 16;
    options.directions = 16;
    options.sweeps = 12;
    options.burn_in = 3;
    options.keep_every = 2;
    options.threads = 1;
    return options;
}

/* All rows but every tenth, which are for validation. */
typedef struct {
    guint32 *train, *valid;
    GibbsRows rows;
} Split;

static Split split(const Dataset *data)
{
    Split s = {g_new(guint32, data->rows), g_new(guint32, data->rows), {0}};
    for (guint32 i = 0; i < data->rows; i++)
        if (i % 10 == 3)
            s.valid[s.rows.valid_count++] = i;
        else
            s.train[s.rows.train_count++] = i;
    s.rows.train = s.train;
    s.rows.valid = s.valid;
    return s;
}

static void split_clear(Split *s)
{
    g_free(s->train);
    g_free(s->valid);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Split, split_clear)

static double predict(const PeopleAndMovies *model, guint user, guint movie)
{
    double sum = model->mean + model->user_offsets[user] + model->movie_biases[movie];
    for (guint f = 0; f < model->k; f++)
        sum += (double)model->user_vectors[(gsize)user * model->k + f] *
               model->movie_vectors[(gsize)movie * model->k + f];
    return sum;
}

static gboolean same_bits(const PeopleAndMovies *a, const PeopleAndMovies *b)
{
    return a->users == b->users && a->movies == b->movies && a->k == b->k &&
           memcmp(a->user_vectors, b->user_vectors, (gsize)a->users * a->k * sizeof(float)) == 0 &&
           memcmp(a->movie_vectors, b->movie_vectors, (gsize)a->movies * a->k * sizeof(float)) ==
               0 &&
           memcmp(a->user_offsets, b->user_offsets, a->users * sizeof(float)) == 0 &&
           memcmp(a->movie_biases, b->movie_biases, a->movies * sizeof(float)) == 0;
}

/* ---- what is learned ---- */

static void keep_last(const GibbsFigures *figures, gpointer data)
{
    *(GibbsFigures *)data = *figures;
}

/* Noiseless ratings of all pairs, rated or not, are found better than half the noise; the observer
 * is told the RMSE that the model has. */
static void test_planted(void)
{
    g_autofree double *truth = NULL;
    g_autoptr(Dataset) data = made_ratings(&planted, &truth);
    g_auto(Split) s = split(data);
    GibbsOptions options = small_options();
    GibbsFigures last = {0};
    const GibbsRun run = {.sweep = keep_last, .data = &last};
    options.sweeps = 80;
    options.burn_in = 20;
    g_autoptr(PeopleAndMovies) model = gibbs(data, &s.rows, 20, &options, &run, NULL);
    CU_ASSERT_PTR_NOT_NULL(model);
    double errors = 0, valid = 0;
    for (guint u = 0; u < planted.users; u++)
        for (guint m = 0; m < planted.movies; m++)
            errors += pow(predict(model, u, m) - truth[(gsize)u * planted.movies + m], 2);
    CU_ASSERT(sqrt(errors / (planted.users * planted.movies)) < 0.6 * planted.noise);
    for (guint i = 0; i < s.rows.valid_count; i++) {
        const guint32 *row = data->features + (gsize)s.valid[i] * data->fields;
        const double p = predict(model, row[0], row[1] - planted.users);
        valid += pow(p - data->ratings[s.valid[i]], 2);
    }
    CU_ASSERT_EQUAL(last.sweep, 80);
    CU_ASSERT_EQUAL(last.sweeps, 80);
    CU_ASSERT_EQUAL(last.samples, 30);
    CU_ASSERT_DOUBLE_EQUAL(last.noise, planted.noise, 0.1);
    CU_ASSERT_DOUBLE_EQUAL(last.valid_rmse, sqrt(valid / s.rows.valid_count), 0.02);
}

#define UNKNOWN 15 /* users */

/* The mean of what known users think of a movie: of those whose number has this remainder. */
static double mean_of(const double *truth, guint movie, guint modulus, guint remainder)
{
    double sum = 0;
    guint count = 0;
    for (guint u = UNKNOWN; u < planted.users; u++)
        if (u % modulus == remainder) {
            sum += truth[(gsize)u * planted.movies + movie];
            count++;
        }
    return sum / count;
}

/* Users without a rating to learn from are what their ages say: nearer to the mean of the known
 * users of their age than to that of all. */
static void test_unknown_users(void)
{
    g_autofree double *truth = NULL;
    g_autoptr(Dataset) data = made_ratings(&planted, &truth);
    g_autofree guint32 *train = g_new(guint32, data->rows);
    GibbsRows rows = {.train = train};
    GibbsOptions options = small_options();
    const GibbsRun run = {0};
    double by_model = 0, by_mean = 0, by_age = 0;
    for (guint32 i = 0; i < data->rows; i++)
        if (data->features[(gsize)i * data->fields] >= UNKNOWN)
            train[rows.train_count++] = i;
    options.sweeps = 60;
    options.burn_in = 20;
    g_autoptr(PeopleAndMovies) model = gibbs(data, &rows, 20, &options, &run, NULL);
    CU_ASSERT_PTR_NOT_NULL(model);
    for (guint u = 0; u < UNKNOWN; u++)
        for (guint m = 0; m < planted.movies; m++) {
            const double exact = truth[(gsize)u * planted.movies + m];
            by_model += pow(predict(model, u, m) - exact, 2);
            by_mean += pow(mean_of(truth, m, 1, 0) - exact, 2);
            by_age += pow(mean_of(truth, m, 3, u % 3) - exact, 2);
        }
    CU_ASSERT(by_age < 0.8 * by_mean);
    CU_ASSERT(by_model < 0.5 * (by_age + by_mean));
}

/* ---- the same bits ---- */

static PeopleAndMovies *run_with(const Dataset *data, const GibbsRows *rows, guint threads,
                                 guint64 seed, const GibbsRun *run)
{
    GibbsOptions options = small_options();
    GError *error = NULL;
    options.threads = threads;
    options.seed = seed;
    PeopleAndMovies *model = gibbs(data, rows, 10, &options, run, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_PTR_NOT_NULL(model);
    return model;
}

static void test_threads_and_seed(void)
{
    g_autoptr(Dataset) data = made_ratings(&planted, NULL);
    g_auto(Split) s = split(data);
    const GibbsRun run = {0};
    g_autoptr(PeopleAndMovies) one = run_with(data, &s.rows, 1, 1, &run);
    g_autoptr(PeopleAndMovies) three = run_with(data, &s.rows, 3, 1, &run);
    g_autoptr(PeopleAndMovies) other = run_with(data, &s.rows, 1, 2, &run);
    CU_ASSERT(same_bits(one, three));
    CU_ASSERT_FALSE(same_bits(one, other));
}

/* Copies the checkpoint that was written before this sweep. */
typedef struct {
    const char *directory, *checkpoint;
} Thief;

static void copy_checkpoint(const GibbsFigures *figures, gpointer data)
{
    const Thief *thief = data;
    g_autofree char *content = NULL;
    gsize size;
    if (figures->sweep == 1)
        return;
    g_autofree char *name = g_strdup_printf("%u", figures->sweep - 1);
    CU_ASSERT(g_file_get_contents(thief->checkpoint, &content, &size, NULL));
    fixture_put(thief->directory, name, content, (gssize)size);
}

static void test_resume(void)
{
    g_autoptr(Dataset) data = made_ratings(&planted, NULL);
    g_auto(Split) s = split(data);
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "checkpoint", NULL);
    Thief thief = {directory, path};
    const GibbsRun whole = {copy_checkpoint, &thief, path, 0, FALSE};
    g_autoptr(PeopleAndMovies) expected = run_with(data, &s.rows, 1, 1, &whole);
    for (guint sweep = 1; sweep < small_options().sweeps; sweep++) {
        g_autofree char *name = g_strdup_printf("%u", sweep);
        g_autofree char *copy = g_build_filename(directory, name, NULL);
        GibbsFigures last = {0};
        const GibbsRun rest = {keep_last, &last, copy, 1e9, TRUE};
        g_autoptr(PeopleAndMovies) model = run_with(data, &s.rows, 2, 1, &rest);
        CU_ASSERT(same_bits(model, expected));
        CU_ASSERT_EQUAL(last.sweep, small_options().sweeps);
    }
    /* Stopped behind its last sweep: nothing is left to do, and the figures are told all the same.
     */
    GibbsFigures end = {0};
    const GibbsRun nothing_left = {keep_last, &end, path, 1e9, TRUE};
    g_autoptr(PeopleAndMovies) model = run_with(data, &s.rows, 1, 1, &nothing_left);
    CU_ASSERT(same_bits(model, expected));
    CU_ASSERT_EQUAL(end.sweep, small_options().sweeps);
    CU_ASSERT(end.noise > 0);
}

/* ---- interrupted ---- */

static gpointer interrupt_soon(gpointer microseconds)
{
    g_usleep(GPOINTER_TO_UINT(microseconds));
    kill(getpid(), SIGINT);
    return NULL;
}

#define INTERRUPTED_SWEEPS 25

/* On a busy machine the signal may be late: the run waits for it before it ends. */
static void interrupt_after_four(const GibbsFigures *figures, gpointer microseconds)
{
    if (figures->sweep == 4)
        g_thread_unref(g_thread_new("interrupt", interrupt_soon, microseconds));
    for (guint i = 0; i < 10000 && figures->sweep == INTERRUPTED_SWEEPS - 1; i++) {
        if (interrupt_requested(NULL))
            break;
        g_usleep(1000);
    }
}

/* In a process of its own, as the flag stays; 0 if the run ended as it should. */
static int interrupted_run(const Dataset *data, const GibbsRows *rows, const char *path,
                           guint microseconds)
{
    GibbsOptions options = small_options();
    const GibbsRun run = {interrupt_after_four, GUINT_TO_POINTER(microseconds), path, 1e9, FALSE};
    g_autoptr(GError) error = NULL;
    options.sweeps = INTERRUPTED_SWEEPS;
    interrupt_install();
    g_autoptr(PeopleAndMovies) model = gibbs(data, rows, 10, &options, &run, &error);
    return model == NULL && g_error_matches(error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED) &&
                   strstr(error->message, "sweeps, --resume goes on: ") != NULL
               ? 0
               : 1;
}

/* Wherever in a sweep the signal comes, what is kept is the state between two of them. */
static void test_interrupted(void)
{
    g_autoptr(Dataset) data = made_ratings(&planted, NULL);
    g_auto(Split) s = split(data);
    g_autofree char *directory = tap_directory();
    GibbsOptions options = small_options();
    const GibbsRun whole = {0};
    options.sweeps = INTERRUPTED_SWEEPS;
    g_autoptr(PeopleAndMovies) expected = gibbs(data, &s.rows, 10, &options, &whole, NULL);
    for (guint i = 0; i < 6; i++) {
        int status = -1;
        g_autofree char *name = g_strdup_printf("%u", i);
        g_autofree char *path = g_build_filename(directory, name, NULL);
        const pid_t child = fork();
        if (child == 0)
            _exit(interrupted_run(data, &s.rows, path, 200 * i));
        CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
        CU_ASSERT_EQUAL(status, 0);
        const GibbsRun rest = {.checkpoint = path, .checkpoint_seconds = 1e9, .resume = TRUE};
        g_autoptr(PeopleAndMovies) model = gibbs(data, &s.rows, 10, &options, &rest, NULL);
        CU_ASSERT_PTR_NOT_NULL(model);
        CU_ASSERT(model != NULL && same_bits(model, expected));
    }
}

static void test_other_options(void)
{
    g_autoptr(Dataset) data = made_ratings(&planted, NULL);
    g_auto(Split) s = split(data);
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "checkpoint", NULL);
    const GibbsRun run = {.checkpoint = path, .resume = TRUE};
    g_autoptr(PeopleAndMovies) model = run_with(data, &s.rows, 1, 1, &run);
    (void)model;
    GibbsOptions options = small_options();
    GError *error = NULL;
    CU_ASSERT_PTR_NOT_NULL(model);
    CU_ASSERT_PTR_NULL(gibbs(data, &s.rows, 11, &options, &run, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "of other data or other options");
    s.rows.train_count--;
    CU_ASSERT_PTR_NULL(gibbs(data, &s.rows, 10, &options, &run, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "of other data or other options");
    s.rows.train_count++;
    data->ratings[0] += 1;
    CU_ASSERT_PTR_NULL(gibbs(data, &s.rows, 10, &options, &run, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "of other data or other options");
}

/* ---- edges ---- */

/* Every prediction is finite and within `most` of `expected`. */
static void check_near(const MadeRatings *world, gboolean all_equal, double expected, double most)
{
    g_autoptr(Dataset) data = made_ratings(world, NULL);
    g_autofree guint32 *train = g_new(guint32, data->rows);
    const GibbsRows rows = {.train = train, .train_count = data->rows};
    const GibbsOptions options = small_options();
    const GibbsRun run = {0};
    GError *error = NULL;
    for (guint32 i = 0; i < data->rows; i++) {
        train[i] = i;
        if (all_equal)
            data->ratings[i] = 4;
    }
    g_autoptr(PeopleAndMovies) model = gibbs(data, &rows, 8, &options, &run, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_PTR_NOT_NULL(model);
    for (guint u = 0; model != NULL && u < world->users; u++)
        for (guint m = 0; m < world->movies; m++)
            CU_ASSERT_DOUBLE_EQUAL(predict(model, u, m), expected, most);
}

static void test_edges(void)
{
    check_near(&(MadeRatings){1, 40, 1, 40, 0.1, 1}, FALSE, 3.5, 6);
    check_near(&(MadeRatings){40, 1, 1, 1, 0.1, 2}, FALSE, 3.5, 6);
    check_near(&(MadeRatings){1, 1, 1, 1, 0.1, 3}, FALSE, 3.5, 6);
    check_near(&(MadeRatings){3, 4, 1, 2, 0.1, 4}, FALSE, 3.5, 6);
    check_near(&(MadeRatings){50, 40, 1, 20, 0.1, 5}, TRUE, 4, 0.2);
}

static void test_options(void)
{
    static const struct {
        GibbsOptions options;
        const char *text;
    } cases[] = {
        {{40, 16, 10, 2, 1, 1, 1}, "multiple of 16"},
        {{0, 16, 10, 2, 1, 1, 1}, "multiple of 16"},
        {{16, 16, 10, 10, 1, 1, 1}, "burn-in"},
        {{16, 16, 10, 2, 0, 1, 1}, "every 0th sweep"},
        {{16, 5000, 10, 2, 1, 1, 1}, "5000 directions"},
        {{16, 16, 10, 2, 1, 1, 0}, "0 threads"},
    };
    const GibbsOptions usual = gibbs_options_default();
    CU_ASSERT(gibbs_options_check(&usual, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        CU_ASSERT_FALSE(gibbs_options_check(&cases[i].options, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, cases[i].text);
    }
}

static void test_no_ratings(void)
{
    g_autoptr(Dataset) data = made_ratings(&planted, NULL);
    const GibbsOptions options = small_options();
    const GibbsRun run = {0};
    const GibbsRows rows = {0};
    GError *error = NULL;
    CU_ASSERT_PTR_NULL(gibbs(data, &rows, 8, &options, &run, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "no ratings to learn from");
}

static const UnitTest tests[] = {
    {"a planted factorization", test_planted},
    {"unknown users", test_unknown_users},
    {"threads and seed", test_threads_and_seed},
    {"resumed from every sweep", test_resume},
    {"interrupted anywhere", test_interrupted},
    {"other data, other options", test_other_options},
    {"edges", test_edges},
    {"options", test_options},
    {"no ratings", test_no_ratings},
    {NULL, NULL},
};

TAP_MAIN("gibbs", tests)
