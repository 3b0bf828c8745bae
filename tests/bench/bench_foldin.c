/* How well fold-in predicts for users that the model was not trained on.
 *
 * Usage: bench_foldin DATA BUNDLE TEST TUNE [URL ALIAS]
 *
 * DATA is the whole data set; BUNDLE was trained without the users that the files TEST and TUNE
 * list, one id a line. Of each of those users the ratings are shuffled (seed 1): the first 5, 10
 * and 20 are shown, those from the 21st on are predicted, the same ones each time; users without
 * any such are left out. If the model has lists of its own, the movies that were not among the
 * first 20 are also ranked for each of them: NDCG@10, relevant are those from the 21st on that are
 * rated 4 or more. The weight of the prior is swept on the users of TUNE, all else is on those of
 * TEST. With URL and ALIAS some of them are folded in through the cluster too, and what comes out
 * is compared bit for bit.
 *
 * Prints tables to standard error, JSON lines to standard output. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset_read.h"
#include "exact_score.h"
#include "local_newcomer.h"
#include "local_scorer.h"
#include "metrics.h"
#include "rng.h"

#define MOST_SHOWN 20
#define LIST 10     /* movies */
#define RELEVANT 4  /* the least rating */
#define SAMPLE 50   /* users through the cluster */
#define DAMPING 5.0 /* ratings of 0 that a mean of deviations begins with */

static const guint shown_counts[] = {0, 5, 10, MOST_SHOWN};
#define COUNTS G_N_ELEMENTS(shown_counts)

/* A user: what is known of them, and their rows, shuffled. */
typedef struct {
    Profile *profile;
    GArray *rows; /* guint32 */
} Person;

typedef struct {
    Dataset *data;
    Bundle *bundle;
    FoldInPrior *prior;
    GHashTable *people; /* user feature index + 1 -> Person, of TEST and TUNE */
    GPtrArray *test, *tune;
    double mean;       /* of the training rows */
    double *deviation; /* [n] of a movie's mean from it, damped */
    double *counts;    /* [n] training rows of a movie */
} Bench;

/* ---- reading ---- */

static void person_free(gpointer data)
{
    Person *person = data;
    profile_free(person->profile);
    g_array_unref(person->rows);
    g_free(person);
}

static const Feature *feature_of(const Bench *b, guint row, guint field)
{
    return feature_table_get(b->data->table,
                             b->data->features[(gsize)row * b->data->fields + field]);
}

static GPtrArray *read_people(Bench *b, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, error))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(g_strstrip(text), "\n", -1);
    GPtrArray *people = g_ptr_array_new();
    for (char **line = lines; *line != NULL; line++) {
        guint index;
        if (!feature_table_find(b->data->table, FEATURE_USER, *line, &index))
            g_error("%s: there is no user %s", path, *line);
        Person *person = g_new0(Person, 1);
        person->rows = g_array_new(FALSE, FALSE, sizeof(guint32));
        g_hash_table_insert(b->people, GUINT_TO_POINTER(index + 1), person);
        g_ptr_array_add(people, person);
    }
    return people;
}

static Person *person_of_row(const Bench *b, guint row)
{
    const guint user = b->data->features[(gsize)row * b->data->fields + DATASET_USER];
    return g_hash_table_lookup(b->people, GUINT_TO_POINTER(user + 1));
}

static void take_row(const Bench *b, Person *person, guint32 row)
{
    if (person->profile == NULL) {
        person->profile = profile_new();
        for (guint field = DATASET_MOVIE + 1; field < b->data->fields; field++) {
            const Feature *feature = feature_of(b, row, field);
            profile_add(person->profile, feature->type, feature->value);
        }
    }
    /* A movie that nobody else has rated is unknown to the model. */
    if (feature_table_find(b->bundle->features, FEATURE_MOVIE,
                           feature_of(b, row, DATASET_MOVIE)->value, NULL))
        g_array_append_val(person->rows, row);
}

static void measure_means(Bench *b)
{
    const guint n = feature_table_size(b->data->table);
    double *counts = b->counts = g_new0(double, n);
    double sum = 0, rows = 0;
    b->deviation = g_new0(double, n);
    for (guint row = 0; row < b->data->rows; row++)
        if (person_of_row(b, row) == NULL) {
            sum += (double)b->data->ratings[row];
            rows++;
        }
    b->mean = sum / rows;
    for (guint row = 0; row < b->data->rows; row++) {
        const guint movie = b->data->features[(gsize)row * b->data->fields + DATASET_MOVIE];
        if (person_of_row(b, row) != NULL)
            continue;
        b->deviation[movie] += (double)b->data->ratings[row] - b->mean;
        counts[movie]++;
    }
    for (guint i = 0; i < n; i++)
        b->deviation[i] /= counts[i] + DAMPING;
}

static gboolean bench_open(Bench *b, char **argv, GError **error)
{
    g_autoptr(GRand) random = rng_new(1, 0);
    b->people = g_hash_table_new_full(NULL, NULL, NULL, person_free);
    b->data = dataset_read(argv[1], error);
    b->bundle = b->data != NULL ? bundle_open(argv[2], error) : NULL;
    b->test = b->bundle != NULL ? read_people(b, argv[3], error) : NULL;
    b->tune = b->test != NULL ? read_people(b, argv[4], error) : NULL;
    if (b->tune == NULL)
        return FALSE;
    b->prior = fold_in_prior_of_bundle(b->bundle);
    for (guint row = 0; row < b->data->rows; row++) {
        Person *person = person_of_row(b, row);
        if (person != NULL)
            take_row(b, person, row);
    }
    for (guint i = 0; i < b->test->len + b->tune->len; i++) {
        const Person *person = i < b->test->len ? g_ptr_array_index(b->test, i)
                                                : g_ptr_array_index(b->tune, i - b->test->len);
        rng_shuffle((guint32 *)(gpointer)person->rows->data, person->rows->len, random);
    }
    measure_means(b);
    return TRUE;
}

static void bench_close(Bench *b)
{
    dataset_free(b->data);
    bundle_free(b->bundle);
    fold_in_prior_free(b->prior);
    g_clear_pointer(&b->test, g_ptr_array_unref);
    g_clear_pointer(&b->tune, g_ptr_array_unref);
    g_hash_table_unref(b->people);
    g_free(b->deviation);
    g_free(b->counts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bench, bench_close)

/* ---- predicting ---- */

/* Who predicts from `count` ratings of a person; the sums they do it with. */
typedef struct {
    ProfileSum *sum;  /* the model's, or … */
    double own_level; /* … without it: how the person deviates from the movies' means */
    gboolean means_only;
} Predictor;

static History *history_of(const Bench *b, const Person *person, guint count)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < count; i++) {
        const guint row = g_array_index(person->rows, guint32, i);
        g_string_append_printf(text, "%s\t%g\n", feature_of(b, row, DATASET_MOVIE)->value,
                               (double)b->data->ratings[row]);
    }
    return history_parse(text->str, text->len, "the history", NULL);
}

/* With nothing shown and nothing known: the average of everybody. */
static ProfileSum *average_sum(const Bench *b)
{
    g_autoptr(Profile) nobody = profile_new();
    if (b->prior->population == NULL)
        return local_profile_sum(b->bundle, nobody, NULL);
    const NewcomerModel model = {b->prior, (double)b->bundle->model->w0, &b->bundle->form};
    g_autoptr(FeatureVectors) none = feature_vectors_new(0, b->bundle->model->k);
    g_autoptr(Profile) nothing = profile_new();
    g_autoptr(Newcomer) average = newcomer_solve(&model, nothing, none, NULL, 0, NULL);
    return profile_sum_copy(average->sum);
}

static ProfileSum *metadata_sum(const Bench *b, const Person *person)
{
    g_autoptr(GError) error = NULL;
    ProfileSum *sum = local_profile_sum(b->bundle, person->profile, &error);
    if (sum == NULL)
        g_error("%s", error->message);
    return sum;
}

static ProfileSum *sum_of(const Bench *b, const Person *person, guint count, gboolean with_profile)
{
    g_autoptr(GError) error = NULL;
    const Profile *profile = with_profile ? person->profile : NULL;
    if (count == 0)
        return with_profile ? metadata_sum(b, person) : average_sum(b);
    g_autoptr(History) history = history_of(b, person, count);
    const NewcomerRequest who = {.history = history, .profile = profile};
    g_autoptr(Newcomer) newcomer = local_newcomer(b->bundle, b->prior, &who, &error);
    if (newcomer == NULL)
        g_error("%s", error->message);
    return profile_sum_copy(newcomer->sum);
}

static double own_level(const Bench *b, const Person *person, guint count)
{
    double sum = 0;
    for (guint i = 0; i < count; i++) {
        const guint row = g_array_index(person->rows, guint32, i);
        const guint movie = b->data->features[(gsize)row * b->data->fields + DATASET_MOVIE];
        sum += (double)b->data->ratings[row] - b->mean - b->deviation[movie];
    }
    return sum / (count + DAMPING);
}

static double predict(const Bench *b, const Predictor *predictor, guint row)
{
    guint index = 0;
    if (predictor->means_only)
        return b->mean + predictor->own_level +
               b->deviation[b->data->features[(gsize)row * b->data->fields + DATASET_MOVIE]];
    if (!feature_table_find(b->bundle->features, FEATURE_MOVIE,
                            feature_of(b, row, DATASET_MOVIE)->value, &index))
        g_assert_not_reached();
    const ExactScore score = exact_score(predictor->sum->query, fm_vector(b->bundle->model, index),
                                         predictor->sum->k, b->bundle->model->bias[index], 0);
    return profile_rating(predictor->sum, score.score, fm_vector(b->bundle->model, index),
                          &b->bundle->form);
}

typedef enum { MEANS, METADATA, FOLD_IN, FOLD_IN_METADATA, METHODS } Method;

static Predictor predictor_of(const Bench *b, const Person *person, Method method, guint count)
{
    if (method == MEANS)
        return (Predictor){.means_only = TRUE, .own_level = own_level(b, person, count)};
    if (method == METADATA)
        return (Predictor){.sum = metadata_sum(b, person)};
    return (Predictor){.sum = sum_of(b, person, count, method == FOLD_IN_METADATA)};
}

/* RMSE over the rows from the 21st on; how many they are in *rows, of how many users in *users. */
static double rmse(const Bench *b, const GPtrArray *people, Method method, guint count,
                   guint *users, guint *rows)
{
    double squares = 0;
    *users = *rows = 0;
    for (guint i = 0; i < people->len; i++) {
        const Person *person = g_ptr_array_index(people, i);
        if (person->rows->len <= MOST_SHOWN)
            continue;
        const Predictor predictor = predictor_of(b, person, method, count);
        for (guint r = MOST_SHOWN; r < person->rows->len; r++) {
            const guint row = g_array_index(person->rows, guint32, r);
            const double error = predict(b, &predictor, row) - (double)b->data->ratings[row];
            squares += error * error;
        }
        *rows += person->rows->len - MOST_SHOWN;
        (*users)++;
        profile_sum_free(predictor.sum);
    }
    return sqrt(squares / *rows);
}

/* ---- lists ---- */

/* Candidates and relevant movies of a person, by their place among the bundle's movies; FALSE if
 * none is relevant. */
static gboolean look_at_person(const Bench *b, const Person *person, guint8 *excluded,
                               guint8 *relevant, guint *count)
{
    const GArray *movies = feature_table_of_type(b->bundle->features, FEATURE_MOVIE);
    const guint first = g_array_index(movies, guint, 0);
    memset(excluded, 0, movies->len);
    memset(relevant, 0, movies->len);
    *count = 0;
    for (guint r = 0; r < person->rows->len; r++) {
        const guint row = g_array_index(person->rows, guint32, r);
        guint index = 0;
        if (!feature_table_find(b->bundle->features, FEATURE_MOVIE,
                                feature_of(b, row, DATASET_MOVIE)->value, &index))
            g_assert_not_reached();
        if (r < MOST_SHOWN)
            excluded[index - first] = 1;
        else if (b->data->ratings[row] >= RELEVANT)
            relevant[index - first] = 1;
        *count += relevant[index - first];
    }
    return *count > 0;
}

static double popularity(const Bench *b, guint movie)
{
    guint index = 0;
    const char *value = feature_table_get(b->bundle->features, movie)->value;
    return feature_table_find(b->data->table, FEATURE_MOVIE, value, &index) ? b->counts[index] : 0;
}

static void score_movies(const Bench *b, const Predictor *predictor, float *scores)
{
    const FmModel *model = b->bundle->model;
    const GArray *movies = feature_table_of_type(b->bundle->features, FEATURE_MOVIE);
    for (guint i = 0; i < movies->len; i++) {
        const guint movie = g_array_index(movies, guint, i);
        const float *v = fm_vector(model, movie);
        double score = model->bias[movie];
        for (guint f = 0; !predictor->means_only && f < model->k; f++)
            score += (double)predictor->sum->query[f] * (double)v[f];
        scores[i] = (float)(predictor->means_only ? popularity(b, movie) : score);
    }
}

static double ndcg_of(const Bench *b, const Predictor *predictor, const guint8 *excluded,
                      const guint8 *relevant, guint count)
{
    const guint movies = feature_table_of_type(b->bundle->features, FEATURE_MOVIE)->len;
    g_autofree float *scores = g_new(float, movies);
    guint32 top[LIST];
    guint8 hits[LIST];
    score_movies(b, predictor, scores);
    const guint shown = metrics_top(top, LIST, scores, excluded, movies);
    for (guint i = 0; i < shown; i++)
        hits[i] = relevant[top[i]];
    return metrics_ndcg(hits, shown, LIST, count);
}

/* The mean over those of `people` who have something relevant, how many they are in *users. */
static double ndcg(const Bench *b, const GPtrArray *people, Method method, guint count,
                   guint *users, guint *rows)
{
    const guint movies = feature_table_of_type(b->bundle->features, FEATURE_MOVIE)->len;
    g_autofree guint8 *excluded = g_new(guint8, movies), *relevant = g_new(guint8, movies);
    double sum = 0;
    *users = *rows = 0;
    for (guint i = 0; i < people->len; i++) {
        const Person *person = g_ptr_array_index(people, i);
        guint wanted = 0;
        if (person->rows->len <= MOST_SHOWN ||
            !look_at_person(b, person, excluded, relevant, &wanted))
            continue;
        const Predictor predictor = predictor_of(b, person, method, count);
        sum += ndcg_of(b, &predictor, excluded, relevant, wanted);
        *rows += wanted;
        (*users)++;
        profile_sum_free(predictor.sum);
    }
    return sum / *users;
}

/* ---- what is printed ---- */

typedef struct {
    const char *name, *key;
    const char *methods[METHODS];
    double (*measure)(const Bench *b, const GPtrArray *people, Method method, guint count,
                      guint *users, guint *rows);
} Figure;

static const Figure figures[] = {
    {"RMSE",
     "rmse",
     {"means of movie and person", "metadata alone", "fold-in", "fold-in with metadata"},
     rmse},
    {"NDCG@10",
     "ndcg",
     {"most popular", "metadata alone", "fold-in", "fold-in with metadata"},
     ndcg},
};

static gboolean is_for(const Figure *figure, const Bench *b)
{
    return figure->measure == rmse ? b->bundle->form.link != LINK_NONE
                                   : b->bundle->form.objective != OBJECTIVE_RATINGS;
}

/* Neither depends on how much is shown, with one exception: the person's own level. */
static gboolean is_once(const Figure *figure, Method method)
{
    return method == METADATA || (method == MEANS && figure->measure == ndcg);
}

static void print_table(const Bench *b, const Figure *figure)
{
    guint users, rows;
    figure->measure(b, b->test, MEANS, 0, &users, &rows);
    fprintf(stderr, "%s on %u ratings of %u users; ratings shown of each:\n%-28s", figure->name,
            rows, users, "");
    for (gsize c = 0; c < COUNTS; c++)
        fprintf(stderr, "%8u", shown_counts[c]);
    fprintf(stderr, "\n");
    for (Method method = 0; method < METHODS; method++) {
        fprintf(stderr, "%-28s", figure->methods[method]);
        for (gsize c = 0; c < COUNTS; c++) {
            if (is_once(figure, method) && c > 0)
                break;
            if (method == FOLD_IN_METADATA && c == 0) {
                fprintf(stderr, "%8s", ""); /* that is the line before the last */
                continue;
            }
            const double value =
                figure->measure(b, b->test, method, shown_counts[c], &users, &rows);
            fprintf(stderr, "%8.4f", value);
            printf("{\"bench\": \"foldin\", \"method\": \"%s\", \"shown\": %u, \"%s\": %.4f, "
                   "\"users\": %u, \"ratings\": %u}\n",
                   figure->methods[method], shown_counts[c], figure->key, value, users, rows);
        }
        fprintf(stderr, "\n");
    }
}

/* The weight of what is known without a history, against that of a history. */
static void weigh_prior(FoldInPrior *prior, double factor)
{
    if (prior->population != NULL)
        prior->population->lambda *= factor;
    for (guint j = 0; prior->scales != NULL && j <= prior->k; j++)
        prior->scales[j] /= sqrt(factor);
    if (prior->ranking != NULL)
        prior->ranking->lambda *= factor;
}

static void print_sweep(const Bench *b, const Figure *figure)
{
    static const double factors[] = {0.25, 0.5, 1, 2, 4};
    guint users, rows;
    fprintf(stderr, "%s by the weight of the prior, on %u other users; with metadata:\n",
            figure->name, b->tune->len);
    for (gsize f = 0; f < G_N_ELEMENTS(factors); f++) {
        weigh_prior(b->prior, factors[f]);
        fprintf(stderr, "%-28.3g", factors[f]);
        for (gsize c = 1; c < COUNTS; c++) {
            const double value =
                figure->measure(b, b->tune, FOLD_IN_METADATA, shown_counts[c], &users, &rows);
            fprintf(stderr, "%s%.4f", c == 1 ? "          " : "  ", value);
            printf("{\"bench\": \"foldin\", \"weight\": %.4g, \"shown\": %u, \"%s\": %.4f, "
                   "\"users\": %u}\n",
                   factors[f], shown_counts[c], figure->key, value, users);
        }
        fprintf(stderr, "%s\n", factors[f] == 1 ? "  <- that of the release" : "");
        weigh_prior(b->prior, 1 / factors[f]);
    }
}

/* ---- through the cluster ---- */

static gboolean same_as_local(const Bench *b, Recommender *recommender, const Person *person,
                              GError **error)
{
    g_autoptr(History) history = history_of(b, person, MIN(person->rows->len, MOST_SHOWN));
    const NewcomerRequest who = {.history = history, .profile = person->profile};
    const RecommendRequest what = {.size = 10};
    g_autoptr(Newcomer) local = local_newcomer(b->bundle, b->prior, &who, error);
    g_autoptr(Newcomer) newcomer = NULL;
    g_autoptr(Ranking) ranking =
        local != NULL ? newcomer_ask(&newcomer, recommender, &who, &what, error) : NULL;
    if (ranking == NULL)
        return FALSE;
    return newcomer->sum->offset == local->sum->offset &&
           memcmp(newcomer->sum->query, local->sum->query, local->sum->k * sizeof(float)) == 0;
}

static gboolean compare_with_cluster(const Bench *b, const char *url, const char *alias,
                                     GError **error)
{
    const guint count = MIN(SAMPLE, b->test->len);
    g_auto(HttpOptions) http = {.url = g_strdup(url)};
    g_autoptr(EsClient) client = es_client_connect(&http, error);
    if (client == NULL)
        return FALSE;
    g_autoptr(Recommender) recommender = recommender_new(client, alias);
    guint same = 0;
    const gint64 started = g_get_monotonic_time();
    for (guint i = 0; i < count; i++) {
        same += same_as_local(b, recommender, g_ptr_array_index(b->test, i), error);
        if (*error != NULL)
            return FALSE;
    }
    const double seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    fprintf(stderr, "through the cluster: %u of %u users the same bit for bit; %.1f ms each\n",
            same, count, seconds * 1000 / count);
    printf("{\"bench\": \"foldin\", \"through\": \"cluster\", \"users\": %u, \"same\": %u}\n",
           count, same);
    return same == count;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_auto(Bench) bench = {0};
    if (argc != 5 && argc != 7) {
        fprintf(stderr, "usage: bench_foldin DATA BUNDLE TEST TUNE [URL ALIAS]\n");
        return 1;
    }
    if (!bench_open(&bench, argv, &error)) {
        fprintf(stderr, "bench_foldin: %s\n", error->message);
        return 2;
    }
    if (!fold_in_prior_check(bench.prior, argv[2], &error)) {
        fprintf(stderr, "bench_foldin: %s\n", error->message);
        return 2;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(figures); i++)
        if (is_for(&figures[i], &bench))
            print_table(&bench, &figures[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(figures); i++)
        if (is_for(&figures[i], &bench))
            print_sweep(&bench, &figures[i]);
    if (argc == 5 || compare_with_cluster(&bench, argv[5], argv[6], &error))
        return 0;
    fprintf(stderr, "bench_foldin: %s\n",
            error != NULL ? error->message : "the cluster's people are not the bundle's");
    return 1;
}
