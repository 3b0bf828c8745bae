#include "ials.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixtures.h"
#include "interrupt.h"
#include "rating_target.h"
#include "recsys_error.h"
#include "tap.h"

/* ---- data ---- */

static RatingMatrix *matrix_of(guint users, guint movies, const guint32 *features,
                               const float *ratings, guint count)
{
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < users + movies; i++) {
        g_autofree char *value = g_strdup_printf("%u", i < users ? i : i - users);
        const Feature feature = {.type = i < users ? "user" : "movie", .value = value};
        CU_ASSERT(feature_table_add(table, &feature, NULL, NULL));
    }
    g_autoptr(Dataset) data = dataset_new("small", count, 2, table);
    g_autofree guint32 *rows = g_new(guint32, count);
    for (guint i = 0; i < count; i++)
        rows[i] = i;
    for (guint i = 0; i < count; i++) {
        data->features[2 * i] = features[2 * i];
        data->features[2 * i + 1] = features[2 * i + 1];
        data->ratings[i] = ratings[i];
    }
    return rating_matrix_new(data, rows, count);
}

/* Each pair with the probability given by its user and movie, so that lines are of very different
 * lengths; user 1 and movie 2 have nothing. `stars`: the number of different ratings. */
static RatingMatrix *random_matrix(guint users, guint movies, guint stars, GRand *random)
{
    g_autoptr(GArray) features = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) ratings = g_array_new(FALSE, FALSE, sizeof(float));
    for (guint32 u = 0; u < users; u++)
        for (guint32 m = 0; m < movies; m++) {
            const double wanted = (u + 1.0) / users * (m + 1.0) / movies;
            const guint32 movie = users + m;
            const float rating = (float)g_rand_int_range(random, 1, (gint32)stars + 1);
            if (u == 1 || m == 2 || g_rand_double(random) > wanted)
                continue;
            g_array_append_val(features, u);
            g_array_append_val(features, movie);
            g_array_append_val(ratings, rating);
        }
    return matrix_of(users, movies, (const guint32 *)(gpointer)features->data,
                     (const float *)(gpointer)ratings->data, ratings->len);
}

static IalsOptions options_of(guint factors, guint sweeps)
{
    return (IalsOptions){.factors = factors,
                         .sweeps = sweeps,
                         .alpha = 0.3,
                         .lambda = 0.01,
                         .seed = 7,
                         .threads = 1};
}

static IalsModel *train_plainly(const RatingMatrix *ratings, const IalsOptions *options)
{
    const IalsRun run = {0};
    g_autoptr(GError) error = NULL;
    IalsModel *model = ials_train(ratings, options, &run, &error);
    CU_ASSERT_PTR_NOT_NULL(model);
    if (error != NULL)
        printf("# %s\n", error->message);
    return model;
}

static gboolean same_model(const IalsModel *a, const IalsModel *b)
{
    return a != NULL && b != NULL && a->k == b->k && a->users == b->users &&
           a->movies == b->movies &&
           memcmp(a->user_vectors, b->user_vectors, sizeof(float) * a->users * a->k) == 0 &&
           memcmp(a->movie_vectors, b->movie_vectors, sizeof(float) * a->movies * a->k) == 0 &&
           memcmp(a->movie_gram, b->movie_gram, sizeof(double) * a->k) == 0;
}

/* ---- an oracle: the same alternation, each system whole, in double ---- */

/* Gauss and Jordan's elimination of the positive definite a [k, k]; x [k] is b first. */
static void eliminate(double *a, double *x, guint k)
{
    for (guint p = 0; p < k; p++) {
        for (guint i = 0; i < k; i++) {
            const double factor = i == p ? 0 : a[i * k + p] / a[p * k + p];
            for (guint j = p; j < k; j++)
                a[i * k + j] -= factor * a[p * k + j];
            x[i] -= factor * x[p];
        }
    }
    for (guint p = 0; p < k; p++)
        x[p] /= a[p * k + p];
}

/* The vectors x [lines, k] that are best for y [others, k]. */
static void oracle_step(double *x, const double *y, const RatingLines *lines, const IalsOptions *o,
                        double lowest, double highest)
{
    const guint k = o->factors;
    g_autofree double *a = g_new0(double, k *k);
    for (guint line = 0; line < lines->lines; line++) {
        const guint begin = lines->begin[line], end = lines->begin[line + 1];
        double *b = x + (gsize)line * k;
        memset(a, 0, sizeof *a * k * k);
        memset(b, 0, sizeof *b * k);
        for (guint f = 0; f < k; f++)
            a[f * k + f] = o->lambda * (end - begin + o->alpha * lines->others);
        for (guint other = 0; other < lines->others; other++)
            for (guint i = 0; i < k; i++)
                for (guint j = 0; j < k; j++)
                    a[i * k + j] += o->alpha * y[other * k + i] * y[other * k + j];
        for (guint at = begin; at < end; at++) {
            const double *row = y + (gsize)lines->other[at] * k;
            for (guint i = 0; i < k; i++) {
                b[i] += rating_target((double)lines->rating[at], lowest, highest) * row[i];
                for (guint j = 0; j < k; j++)
                    a[i * k + j] += row[i] * row[j];
            }
        }
        eliminate(a, b, k);
    }
}

static double score(const IalsModel *m, guint user, guint movie)
{
    double sum = 0;
    for (guint f = 0; f < m->k; f++)
        sum += (double)m->user_vectors[user * m->k + f] * m->movie_vectors[movie * m->k + f];
    return sum;
}

/* One sweep of the oracle from what `m` begins with is what `m` ends with: where a long run has
 * converged, its users are the best for its movies, and its movies for its users. */
static double distance_from_oracle(const RatingMatrix *r, const IalsModel *m, const IalsOptions *o)
{
    const guint users = m->users, movies = m->movies, k = m->k;
    g_autofree double *y = g_new0(double, movies *k);
    g_autofree double *x = g_new0(double, users *k);
    double worst = 0;
    for (guint i = 0; i < movies * k; i++)
        y[i] = (double)m->movie_vectors[i];
    oracle_step(x, y, &r->by_user, o, m->lowest, m->highest);
    for (guint i = 0; i < users * k; i++)
        worst = MAX(worst, fabs(x[i] - m->user_vectors[i]));
    oracle_step(y, x, &r->by_movie, o, m->lowest, m->highest);
    for (guint u = 0; u < users; u++)
        for (guint movie = 0; movie < movies; movie++) {
            double sum = 0;
            for (guint f = 0; f < k; f++)
                sum += x[u * k + f] * y[movie * k + f];
            worst = MAX(worst, fabs(sum - score(m, u, movie)));
        }
    return worst;
}

/* Systems are of condition < 1e3 here: k · 1e3 · 2^-24 of solutions below 2. */
static void check_oracle(guint users, guint movies, guint stars, guint k, GRand *random)
{
    g_autoptr(RatingMatrix) ratings = random_matrix(users, movies, stars, random);
    IalsOptions options = options_of(k, 300);
    options.lambda = 0.1;
    g_autoptr(IalsModel) model = train_plainly(ratings, &options);
    if (model == NULL)
        return;
    const double distance = distance_from_oracle(ratings, model, &options);
    CU_ASSERT(distance < 1e-3);
    if (!(distance < 1e-3))
        printf("# %u users, %u movies, k %u: %g\n", users, movies, k, distance);
    CU_ASSERT(score(model, users - 1, movies - 1) > 0.05); /* and it is not all zero */
}

static void test_oracle(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    check_oracle(30, 20, 5, 6, random);
    check_oracle(12, 50, 10, 17, random);
    check_oracle(40, 10, 1, 3, random);
    check_oracle(8, 8, 5, 24, random); /* more factors than users or movies */
}

/* ---- what is promised of the model ---- */

static void test_diagonal_gram(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(RatingMatrix) ratings = random_matrix(60, 50, 5, random);
    const IalsOptions options = options_of(9, 4);
    g_autoptr(IalsModel) m = train_plainly(ratings, &options);
    if (m == NULL)
        return;
    for (guint i = 0; i < m->k; i++)
        for (guint j = 0; j < m->k; j++) {
            double sum = 0;
            for (guint movie = 0; movie < m->movies; movie++)
                sum +=
                    (double)m->movie_vectors[movie * m->k + i] * m->movie_vectors[movie * m->k + j];
            CU_ASSERT_DOUBLE_EQUAL(sum, i == j ? m->movie_gram[i] : 0, 1e-5 * m->movie_gram[0]);
        }
    for (guint i = 1; i < m->k; i++)
        CU_ASSERT(m->movie_gram[i] <= m->movie_gram[i - 1]);
}

static void test_nobody(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(RatingMatrix) ratings = random_matrix(20, 15, 5, random);
    const IalsOptions options = options_of(4, 3);
    g_autoptr(IalsModel) m = train_plainly(ratings, &options);
    for (guint f = 0; m != NULL && f < m->k; f++) {
        CU_ASSERT_EQUAL(m->user_vectors[1 * m->k + f], 0);
        CU_ASSERT_EQUAL(m->movie_vectors[2 * m->k + f], 0);
    }
}

static void test_threads(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(RatingMatrix) ratings = random_matrix(150, 120, 5, random);
    IalsOptions options = options_of(20, 3);
    g_autoptr(IalsModel) one = train_plainly(ratings, &options);
    options.threads = 3;
    g_autoptr(IalsModel) three = train_plainly(ratings, &options);
    CU_ASSERT(same_model(one, three));
    options.seed++;
    g_autoptr(IalsModel) other = train_plainly(ratings, &options);
    CU_ASSERT_FALSE(same_model(one, other));
}

static void test_liked(void)
{
    for (guint i = 0; i < 9; i++)
        CU_ASSERT_EQUAL(ials_is_liked(1 + i / 2.0, 1, 5), i >= 6);
    CU_ASSERT(ials_is_liked(1, 1, 1) && ials_is_liked(4, .5, 5) && !ials_is_liked(3.5, .5, 5));
}

/* ---- small and odd data ---- */

static void check_single(guint users, guint movies)
{
    const guint32 features[] = {0, users, users - 1, users + movies - 1};
    const float ratings[] = {3, 3};
    const guint count = users + movies > 2 ? 2 : 1;
    g_autoptr(RatingMatrix) matrix = matrix_of(users, movies, features, ratings, count);
    const IalsOptions options = options_of(5, 8);
    g_autoptr(IalsModel) m = train_plainly(matrix, &options);
    if (m != NULL)
        CU_ASSERT(score(m, 0, 0) > 0.5 && score(m, 0, 0) < 1);
}

static void test_single(void)
{
    check_single(1, 1);
    check_single(1, 2);
    check_single(2, 1);
}

static void check_refused(IalsOptions options, guint count, const char *text)
{
    const guint32 features[] = {0, 1};
    const float rating = 1;
    const IalsRun run = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(RatingMatrix) matrix = matrix_of(1, 1, features, &rating, count);
    CU_ASSERT_PTR_NULL(ials_train(matrix, &options, &run, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, text);
}

static void test_refused(void)
{
    IalsOptions options = options_of(2, 2);
    check_refused(options, 0, "no ratings");
    options.lambda = 0;
    check_refused(options, 1, "--lambda");
    options.lambda = NAN;
    check_refused(options, 1, "--lambda");
    options = options_of(2, 2);
    options.alpha = -1;
    check_refused(options, 1, "--alpha");
    check_refused(options_of(0, 2), 1, "factors");
}

/* So small a ridge that it is lost beside the ratings' sums, and less of them than factors. */
static void test_no_solution(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(RatingMatrix) ratings = random_matrix(40, 9, 5, random);
    const IalsRun run = {0};
    g_autoptr(GError) error = NULL;
    IalsOptions options = options_of(30, 5);
    options.lambda = 1e-300;
    CU_ASSERT_PTR_NULL(ials_train(ratings, &options, &run, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "give a greater --lambda");
}

/* ---- progress, stopping, going on ---- */

typedef struct {
    guint calls, stop_in; /* the sweep to send a signal in; 0: none */
    guint64 done;
    gboolean wrong, sent;
} Watch;

static void watch(guint sweep, guint64 done, guint64 total, gpointer data)
{
    Watch *w = data;
    w->wrong |= done < w->done || done > total;
    w->done = done;
    w->calls++;
    if (sweep == w->stop_in && !w->sent) {
        w->sent = TRUE;
        raise(SIGTERM);
    }
}

static void test_progress(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(RatingMatrix) ratings = random_matrix(30, 20, 5, random);
    const IalsOptions options = options_of(4, 6);
    Watch w = {0};
    const IalsRun run = {.progress = watch, .data = &w};
    g_autoptr(IalsModel) m = ials_train(ratings, &options, &run, NULL);
    CU_ASSERT_PTR_NOT_NULL(m);
    CU_ASSERT_FALSE(w.wrong);
    CU_ASSERT_EQUAL(w.calls, 13);
    CU_ASSERT_EQUAL(w.done, (guint64)13 * ratings->rows);
}

/* With a checkpoint after every sweep, the last one is of the whole run; from there it goes on to
 * the same bits. A different option, or other data, is refused. */
static void test_resume(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "checkpoint", NULL);
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(RatingMatrix) ratings = random_matrix(30, 20, 5, random);
    g_autoptr(RatingMatrix) others = random_matrix(30, 20, 5, random);
    IalsOptions options = options_of(4, 6);
    const IalsRun keep = {.checkpoint = path, .checkpoint_seconds = 0};
    Watch w = {0};
    const IalsRun go_on = {.checkpoint = path,
                           .checkpoint_seconds = 1e6,
                           .resume = TRUE,
                           .progress = watch,
                           .data = &w};
    g_autoptr(GError) error = NULL;
    g_autoptr(IalsModel) whole = ials_train(ratings, &options, &keep, NULL);
    g_autoptr(IalsModel) resumed = ials_train(ratings, &options, &go_on, NULL);
    CU_ASSERT(same_model(whole, resumed));
    CU_ASSERT_EQUAL(w.calls, 1);
    CU_ASSERT_EQUAL(w.done, (guint64)13 * ratings->rows);
    CU_ASSERT_PTR_NULL(ials_train(others, &options, &go_on, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "of other data or other options");
    options.alpha = 0.4;
    CU_ASSERT_PTR_NULL(ials_train(ratings, &options, &go_on, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "of other data or other options");
}

/* A child's life: it is told to stop in the fourth sweep and keeps three. */
static int stop_in_time(const RatingMatrix *ratings, const IalsOptions *options, const char *path)
{
    Watch w = {.stop_in = 4};
    const IalsRun run = {
        .progress = watch, .data = &w, .checkpoint = path, .checkpoint_seconds = 1e6};
    g_autoptr(GError) error = NULL;
    const int sink = open("/dev/null", O_WRONLY);
    dup2(sink, STDERR_FILENO);
    interrupt_install();
    if (ials_train(ratings, options, &run, &error) != NULL)
        return 1;
    return g_error_matches(error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED) &&
                   strstr(error->message, "has 3 sweeps") != NULL
               ? 0
               : 2;
}

static void test_interrupt(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "checkpoint", NULL);
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(RatingMatrix) ratings = random_matrix(30, 20, 5, random);
    const IalsOptions options = options_of(4, 6);
    Watch w = {0};
    const IalsRun go_on = {.checkpoint = path,
                           .checkpoint_seconds = 1e6,
                           .resume = TRUE,
                           .progress = watch,
                           .data = &w};
    int status = -1;
    const pid_t child = fork();
    if (child == 0)
        _exit(stop_in_time(ratings, &options, path));
    waitpid(child, &status, 0);
    CU_ASSERT_EQUAL(status, 0);
    g_autoptr(IalsModel) resumed = ials_train(ratings, &options, &go_on, NULL);
    g_autoptr(IalsModel) whole = train_plainly(ratings, &options);
    CU_ASSERT(same_model(whole, resumed));
    CU_ASSERT_EQUAL(w.calls, 7);
}

static const UnitTest tests[] = {
    {"each side is the best for the other, by an oracle", test_oracle},
    {"the movies' Gram matrix is diagonal", test_diagonal_gram},
    {"who has no ratings has a vector of zeros", test_nobody},
    {"the number of threads does not change bits", test_threads},
    {"what is liked", test_liked},
    {"one user, one movie", test_single},
    {"options and data that cannot be", test_refused},
    {"a lambda without a solution", test_no_solution},
    {"progress counts every rating", test_progress},
    {"a run goes on from its own checkpoint only", test_resume},
    {"an interrupted run goes on to the same bits", test_interrupt},
    {NULL, NULL},
};

TAP_MAIN("ials", tests)
