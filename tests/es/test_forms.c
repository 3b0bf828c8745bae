/* Releases of every model form, each asked, folded into, taken apart and proved on a real server:
 * by ratings with either link, by ranking, and both in one vector. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "diversify.h"
#include "fixtures.h"
#include "forms.h"
#include "local_newcomer.h"
#include "local_scorer.h"
#include "programs.h"
#include "read_back.h"
#include "recsys_error.h"
#include "servers.h"
#include "similar.h"

#define K 24
#define HALF 9
#define RIGHT "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value"

typedef struct {
    const char *name;
    ModelForm form;
    char *path, *alias;
    Bundle *bundle;
} Release;

enum { SIGMOID, IDENTITY, RANKING, BOTH, RELEASES };

static Release releases[RELEASES] = {
    {.name = "sigmoid"}, {.name = "identity"}, {.name = "ranking"}, {.name = "both"}};
static char *directory;

static void make(Release *release, Bundle *bundle, const char *training)
{
    g_auto(Run) run = {0};
    g_autoptr(GError) error = NULL;
    release->path = g_build_filename(directory, release->name, NULL);
    release->alias = g_strdup_printf("%s-%s", server_prefix(), release->name);
    if (!bundle_write(release->path, bundle->model, bundle->features, training, FALSE, &error))
        g_error("%s", error->message);
    release->bundle = bundle_open(release->path, NULL);
    run_program(&run, LOADER, "release", NO_LIMITS, release->path, "--url", server_url(), "--alias",
                release->alias, NULL);
    if (!run_says(&run, 0, NULL))
        g_error("no release for the tests");
}

static void set_up(void)
{
    const BundleRecipe recipe = {"100", "150", "6000", G_STRINGIFY(K), "1"};
    directory = tap_directory();
    releases[SIGMOID].form = form_of(OBJECTIVE_RATINGS, LINK_SIGMOID, 0);
    releases[IDENTITY].form = form_of(OBJECTIVE_RATINGS, LINK_IDENTITY, 0);
    releases[RANKING].form = form_of(OBJECTIVE_RANKING, LINK_NONE, 0);
    releases[BOTH].form = form_of(OBJECTIVE_BOTH, LINK_IDENTITY, HALF);
    g_autofree char *path = bundle_make(&recipe);
    for (guint i = 0; i < RELEASES; i++) {
        g_autoptr(Bundle) bundle = bundle_open(path, NULL);
        g_autofree char *training = form_apply(bundle, &releases[i].form, 7);
        make(&releases[i], bundle, training);
    }
}

static gboolean has_ratings(const Release *release)
{
    return release->form.link != LINK_NONE;
}

static guint movie_index(const Release *release, guint position)
{
    return g_array_index(feature_table_of_type(release->bundle->features, FEATURE_MOVIE), guint,
                         position);
}

static const char *movie_value(const Release *release, guint position)
{
    return feature_table_get(release->bundle->features, movie_index(release, position))->value;
}

static Profile *profile_of(const char *age, const char *gender)
{
    Profile *profile = profile_new();
    profile_add(profile, FEATURE_AGE, age);
    profile_add(profile, FEATURE_GENDER, gender);
    return profile;
}

/* ---- the oracle: from the definitions of model_form.h, in double ---- */

static double product(const float *a, const float *b, guint from, guint to)
{
    double sum = 0;
    for (guint f = from; f < to; f++)
        sum += (double)a[f] * (double)b[f];
    return sum;
}

/* whole [K]: the sum of the vectors; returns w0 and the biases. */
static double sum_up(double *whole, const Release *release, const Profile *profile)
{
    const FmModel *model = release->bundle->model;
    double offset = (double)model->w0;
    memset(whole, 0, K * sizeof *whole);
    for (guint i = 0; i < profile_size(profile); i++) {
        const ProfileFeature *feature = profile_get(profile, i);
        guint index = 0;
        CU_ASSERT(
            feature_table_find(release->bundle->features, feature->type, feature->value, &index));
        offset += (double)model->bias[index];
        for (guint f = 0; f < K; f++)
            whole[f] += (double)fm_vector(model, index)[f];
    }
    return offset;
}

static double score_of(const Release *release, const double *whole, guint movie)
{
    double score = (double)release->bundle->model->bias[movie];
    for (guint f = release->form.rating_dims; f < K; f++)
        score += whole[f] * (double)fm_vector(release->bundle->model, movie)[f];
    return score;
}

static double rating_of(const Release *release, double offset, const double *whole, guint movie)
{
    const float *v = fm_vector(release->bundle->model, movie);
    double z = offset + (double)v[0];
    if (release->form.objective != OBJECTIVE_BOTH)
        z = offset + score_of(release, whole, movie);
    for (guint f = 1; f < release->form.rating_dims; f++)
        z += whole[f] * (double)v[f];
    return release->form.link == LINK_SIGMOID ? 5.5 / (1 + exp(-z)) : fmin(fmax(z, 1), 5);
}

static guint index_of(const Release *release, const char *movie)
{
    guint index = 0;
    CU_ASSERT(feature_table_find(release->bundle->features, FEATURE_MOVIE, movie, &index));
    return index;
}

/* ---- lists ---- */

static void check_list(const Release *release)
{
    double whole[K];
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_of("18", "M");
    g_autoptr(Recommender) recommender = recommender_new(server_client(), release->alias);
    const RecommendRequest request = {.profile = profile, .size = 20, .explain = TRUE};
    g_autoptr(Ranking) ranking = recommender_ask(recommender, &request, &error);
    g_autoptr(Ranking) local = local_rank(release->bundle, profile, 20, NULL);
    const double offset = sum_up(whole, release, profile);
    CU_ASSERT(ranking != NULL && local != NULL && ranking->movies->len == 20);
    for (guint i = 0; ranking != NULL && i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        const guint index = index_of(release, movie->value);
        double shares = 0;
        for (guint t = 0; ranking->terms[t] != NULL; t++)
            shares += movie->shares[t];
        CU_ASSERT_DOUBLE_EQUAL(movie->score, score_of(release, whole, index), 1e-4);
        CU_ASSERT_DOUBLE_EQUAL(movie->score, shares, 1e-4);
        CU_ASSERT_EQUAL(isfinite(movie->rating) != 0, has_ratings(release));
        if (has_ratings(release))
            CU_ASSERT_DOUBLE_EQUAL(movie->rating, rating_of(release, offset, whole, index), 1e-4);
        CU_ASSERT_STRING_EQUAL(movie->value, g_array_index(local->movies, RankedMovie, i).value);
    }
}

static void test_lists(void)
{
    for (guint i = 0; i < RELEASES; i++)
        check_list(&releases[i]);
}

/* What people and programs are shown: no rating where there is none, and how it follows from the
 * score only where it does. */
static void test_shown(void)
{
    for (guint i = 0; i < RELEASES; i++) {
        const Release *release = &releases[i];
        const gboolean follows = release->form.objective == OBJECTIVE_RATINGS;
        g_auto(Run) text = {0}, json = {0}, score = {0}, score_json = {0};
        run_program(&text, LOADER, "recommend", "--url", server_url(), "--alias", release->alias,
                    "--age=18", "--explain", NULL);
        CU_ASSERT(run_says(&text, 0, has_ratings(release) ? "rating" : "score", NULL));
        CU_ASSERT_EQUAL(strstr(text.out, "rating = ") != NULL, follows);
        CU_ASSERT_EQUAL(strstr(text.out, "  rating  ") != NULL, has_ratings(release));
        run_program(&json, LOADER, "recommend", "--url", server_url(), "--alias", release->alias,
                    "--age=18", "--json", NULL);
        CU_ASSERT(run_says(&json, 0, "\"score\":", NULL));
        CU_ASSERT_EQUAL(strstr(json.out, "\"rating\":") != NULL, has_ratings(release));
        run_program(&score, BRIDGE, "score", release->path, "--age=18", NULL);
        CU_ASSERT(run_says(&score, 0, has_ratings(release) ? "  rating  " : "   score  ", NULL));
        run_program(&score_json, BRIDGE, "score", release->path, "--age=18", "--json", NULL);
        CU_ASSERT_EQUAL(strstr(score_json.out, "\"rating\":") != NULL, has_ratings(release));
    }
}

/* ---- movies like a movie ---- */

static double likeness(const Release *release, guint a, guint b, QueryScoring by)
{
    const guint first = release->form.rating_dims;
    const float *x = fm_vector(release->bundle->model, a),
                *y = fm_vector(release->bundle->model, b);
    const double dot = product(x, y, first, K);
    return by == QUERY_DOT ? dot
                           : dot / (sqrt(product(x, x, first, K)) * sqrt(product(y, y, first, K)));
}

static void check_similar(const Release *release, QueryScoring by)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), release->alias);
    const SimilarRequest request = {.movie = movie_value(release, 3), .by = by, .size = 1000};
    g_autoptr(Ranking) ranking = similar_ask(recommender, &request, &error);
    double last = INFINITY;
    CU_ASSERT(ranking != NULL &&
              ranking->movies->len ==
                  feature_table_of_type(release->bundle->features, FEATURE_MOVIE)->len - 1);
    for (guint i = 0; ranking != NULL && i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        const double expected =
            likeness(release, movie_index(release, 3), index_of(release, movie->value), by);
        CU_ASSERT_DOUBLE_EQUAL(movie->score, expected, 1e-5);
        CU_ASSERT(expected <= last + 1e-5);
        CU_ASSERT(isnan(movie->rating));
        last = expected;
    }
}

static void test_similar(void)
{
    for (guint i = 0; i < RELEASES; i++) {
        check_similar(&releases[i], QUERY_COSINE);
        check_similar(&releases[i], QUERY_DOT);
    }
}

/* ---- folding in ---- */

/* Of the first movies; every third without a rating if the objective lets it. */
static History *history_of(const Release *release, guint count)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < count; i++)
        if (i % 3 == 1 && release->form.objective != OBJECTIVE_RATINGS)
            g_string_append_printf(text, "%s\n", movie_value(release, 2 * i));
        else
            g_string_append_printf(text, "%s\t%u\n", movie_value(release, 2 * i), 1 + i % 5);
    return history_parse(text->str, text->len, "seen.txt", NULL);
}

static gboolean same_floats(const float *a, const float *b)
{
    return (a == NULL && b == NULL) || (a != NULL && b != NULL && memcmp(a, b, K * sizeof *a) == 0);
}

static gboolean same_sum(const ProfileSum *a, const ProfileSum *b)
{
    return a->k == b->k && a->offset == b->offset && same_floats(a->query, b->query) &&
           same_floats(a->rating_query, b->rating_query);
}

/* From the cluster, from the bundle, and from a model read back with what the release says: not a
 * bit of difference. What is ranked by it is what the model says. */
static void check_fold_in(const Release *release, const Profile *profile, guint shown)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), release->alias);
    g_autoptr(History) history = history_of(release, shown);
    const NewcomerRequest who = {.history = history, .profile = profile};
    const RecommendRequest what = {.size = 15, .explain = TRUE};
    g_autoptr(Newcomer) newcomer = NULL;
    g_autoptr(Ranking) ranking = newcomer_ask(&newcomer, recommender, &who, &what, &error);
    CU_ASSERT_PTR_NOT_NULL(ranking);
    if (ranking == NULL) {
        tap_comment(error->message);
        return;
    }
    const ReleaseMeta *meta = recommender_release(recommender);
    g_autoptr(FoldInPrior) own = fold_in_prior_of_bundle(release->bundle);
    g_autoptr(FoldInPrior) read =
        fold_in_prior_read(meta->fold_in, &meta->form, meta->k, meta->movies);
    g_autoptr(Bundle) back = read_back(server_client(), meta, NULL);
    g_autoptr(Newcomer) local = local_newcomer(release->bundle, own, &who, NULL);
    g_autoptr(Newcomer) from_documents = local_newcomer(back, read, &who, NULL);
    CU_ASSERT(local != NULL && same_sum(newcomer->sum, local->sum));
    CU_ASSERT(from_documents != NULL && same_sum(newcomer->sum, from_documents->sum));
    for (guint i = 0; i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        double shares = 0;
        for (guint t = 0; ranking->terms[t] != NULL; t++)
            shares += movie->shares[t];
        CU_ASSERT_DOUBLE_EQUAL(movie->score, shares, 1e-4);
        CU_ASSERT_EQUAL(isfinite(movie->rating) != 0, has_ratings(release));
    }
}

static void test_fold_in(void)
{
    g_autoptr(Profile) profile = profile_of("25", "F");
    for (guint i = 0; i < RELEASES; i++) {
        check_fold_in(&releases[i], NULL, 1);
        check_fold_in(&releases[i], NULL, 7);
        check_fold_in(&releases[i], profile, 7);
        check_fold_in(&releases[i], profile, 40); /* more than there are dimensions */
    }
}

/* A list follows what was seen: somebody who has seen a movie is shown it further up. */
static void test_direction(void)
{
    for (guint i = RANKING; i < RELEASES; i++) {
        const Release *release = &releases[i];
        g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(release->bundle);
        g_autofree char *text = g_strdup_printf("%s\n", movie_value(release, 30));
        g_autoptr(History) history = history_parse(text, strlen(text), "seen.txt", NULL);
        const NewcomerRequest who = {.history = history};
        g_autoptr(Newcomer) newcomer = local_newcomer(release->bundle, prior, &who, NULL);
        const float *v = fm_vector(release->bundle->model, movie_index(release, 30));
        CU_ASSERT(newcomer != NULL && product(newcomer->sum->query, v, 0, K) > 0);
        CU_ASSERT(newcomer != NULL && strcmp(newcomer->shown, "1 movie") == 0);
    }
}

static void recommend_history(Run *run, const Release *release, const char *text,
                              const char *option)
{
    g_autofree char *path = g_build_filename(directory, "seen.txt", NULL);
    fixture_put(directory, "seen.txt", text, -1);
    run_program(run, LOADER, "recommend", "--url", server_url(), "--alias", release->alias,
                "--history", path, option, NULL);
}

static void test_histories_that_cannot_be(void)
{
    g_auto(Run) unrated = {0}, high = {0}, low = {0}, beyond = {0}, good = {0};
    g_autofree char *alone = g_strdup_printf("%s\n", movie_value(&releases[0], 0));
    g_autofree char *six = g_strdup_printf("%s 6\n", movie_value(&releases[0], 0));
    g_autofree char *zero = g_strdup_printf("%s 0\n", movie_value(&releases[0], 0));
    recommend_history(&unrated, &releases[IDENTITY], alone, NULL);
    CU_ASSERT(run_says(&unrated, 2, "seen.txt:1: movie ", "has no rating", NULL));
    recommend_history(&high, &releases[IDENTITY], six, NULL);
    CU_ASSERT(run_says(&high, 2, "is rated 6; ratings of this release go from 1 to 5", NULL));
    recommend_history(&low, &releases[BOTH], zero, NULL);
    CU_ASSERT(run_says(&low, 2, "is rated 0; ratings of this release go from 1 to 5", NULL));
    recommend_history(&beyond, &releases[RANKING], six, NULL);
    CU_ASSERT(run_says(&beyond, 2, "is rated 6; ratings of this release go from 1 to 5", NULL));
    recommend_history(&good, &releases[RANKING], alone, "--gender=F");
    CU_ASSERT(run_says(&good, 0, "gender F, 1 movie", NULL));
}

/* A release whose Gram matrix is no diagonal is as good as any other but for histories. */
static void test_not_diagonal(void)
{
    Release release = {.name = "oblique", .form = releases[RANKING].form};
    g_auto(Run) history = {0}, profile = {0};
    g_autoptr(Bundle) bundle = bundle_open(releases[RANKING].path, NULL);
    g_autofree char *training = form_apply(bundle, &release.form, 7);
    for (guint i = 0; i < 40; i++)
        bundle->model->embeddings[(gsize)movie_index(&releases[RANKING], i) * K] += 0.5f;
    make(&release, bundle, training);
    g_autofree char *alone = g_strdup_printf("%s\n", movie_value(&release, 0));
    recommend_history(&history, &release, alone, NULL);
    CU_ASSERT(run_says(&history, 1, "nobody can be folded into", "is not diagonal", NULL));
    run_program(&profile, LOADER, "recommend", "--url", server_url(), "--alias", release.alias,
                "--gender=F", NULL);
    CU_ASSERT(run_says(&profile, 0, NULL));
    bundle_free(release.bundle);
    g_free(release.path);
    g_free(release.alias);
}

/* ---- a list with less of the same ---- */

static void test_diversify(void)
{
    const Release *release = &releases[BOTH];
    g_auto(Run) run = {0};
    g_autoptr(Profile) profile = profile_of("18", "M");
    g_autoptr(Ranking) local = local_rank(release->bundle, profile, 100, NULL);
    const guint n = local->movies->len, dims = K - HALF;
    g_autofree double *scores = g_new(double, n);
    g_autofree const float **vectors = g_new(const float *, n);
    guint order[10];
    for (guint i = 0; i < n; i++) {
        const RankedMovie *movie = &g_array_index(local->movies, RankedMovie, i);
        scores[i] = movie->score;
        vectors[i] = fm_vector(release->bundle->model, index_of(release, movie->value)) + HALF;
    }
    CU_ASSERT(diversify(order, 10, scores, vectors, n, dims, 0.5, NULL));
    run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", release->alias,
                "--age=18", "--gender=M", "--diversify=0.5", "--json", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_auto(yajl_val) answer = json_parse(run.out, "recommend --json", NULL);
    for (guint i = 0; i < 10; i++) {
        yajl_val movie = json_array_get(json_get(answer, "movies"), i);
        CU_ASSERT_EQUAL(g_strcmp0(json_get_string(movie, "movie"),
                                  g_array_index(local->movies, RankedMovie, order[i]).value),
                        0);
    }
}

/* ---- recsys-bridge ---- */

static double number_of(yajl_val object, const char *name)
{
    double value = NAN;
    CU_ASSERT(json_get_double(object, name, &value));
    return value;
}

/* The parts sum to the score, of which the rounding of the query has next to nothing. */
static void check_parts(yajl_val movie)
{
    yajl_val parts = json_get(movie, "parts");
    double sum = 0;
    for (gsize i = 0; i < json_array_length(parts); i++) {
        yajl_val part = json_array_get(parts, i);
        sum += number_of(part, "adds");
        if (g_strcmp0(json_get_string(part, "part"), "rounding of the query") == 0)
            CU_ASSERT(fabs(number_of(part, "adds")) < 1e-5);
    }
    CU_ASSERT(fabs(sum - number_of(movie, "score")) < 1e-12);
}

static void test_explain(void)
{
    for (guint i = 0; i < RELEASES; i++) {
        const Release *release = &releases[i];
        g_auto(Run) run = {0};
        run_program(&run, BRIDGE, "explain", release->path, "--url", server_url(), "--alias",
                    release->alias, "--movie", movie_value(release, 1), "--above",
                    movie_value(release, 2), "--age=18", "--gender=M", "--json", NULL);
        CU_ASSERT(run.status == 0);
        g_auto(yajl_val) answer = json_parse(run.out, "explain --json", NULL);
        yajl_val movie = json_array_get(json_get(answer, "movies"), 0);
        CU_ASSERT(json_is_true(answer, "right"));
        CU_ASSERT_EQUAL(json_get(movie, "rating") != NULL, has_ratings(release));
        check_parts(movie);
    }
}

static void put_query(const float *query)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_array_open(json);
    for (guint f = 0; f < K; f++)
        json_put_float(json, query[f]);
    yajl_gen_array_close(json);
    g_autofree char *vector = json_take(json, NULL);
    g_autofree char *text = g_strdup_printf(
        "{\"size\":10,\"sort\":[{\"_score\":\"desc\"},{\"feature_index\":\"asc\"}],\"query\":"
        "{\"script_score\":{\"query\":{\"term\":{\"feature_type\":\"movie\"}},\"script\":"
        "{\"source\":\"" RIGHT "\",\"params\":{\"shift\":60,\"query_vector\":%s}}}}}",
        vector);
    fixture_put(directory, "query.json", text, -1);
}

/* Against the bundle and against the documents alone. */
static void check_query(const Release *release, const float *query, int status, const char *text)
{
    g_autofree char *path = g_build_filename(directory, "query.json", NULL);
    g_auto(Run) with = {0}, without = {0};
    put_query(query);
    run_program(&with, BRIDGE, "check-query", path, release->path, "--url", server_url(), "--alias",
                release->alias, NULL);
    CU_ASSERT(run_says(&with, status, text, NULL));
    run_program(&without, BRIDGE, "check-query", path, "--url", server_url(), "--alias",
                release->alias, NULL);
    CU_ASSERT(run_says(&without, status, text, NULL));
}

static void test_right_queries(void)
{
    const float zeros[K] = {0};
    g_autoptr(Profile) profile = profile_of("18", "M");
    for (guint i = 0; i < RELEASES; i++) {
        g_autoptr(ProfileSum) sum = local_profile_sum(releases[i].bundle, profile, NULL);
        check_query(&releases[i], sum->query, 0, "age 18, gender M");
        check_query(&releases[i], zeros, 0, "anyone: the average person");
    }
}

/* A client of before there were halves. */
static void test_whole_sum(void)
{
    const Release *release = &releases[BOTH];
    g_auto(Run) run = {0};
    g_autofree char *path = g_build_filename(directory, "query.json", NULL);
    g_autoptr(Profile) profile = profile_of("18", "M");
    g_autoptr(ProfileSum) sum = local_profile_sum(release->bundle, profile, NULL);
    check_query(release, sum->rating_query, 5,
                "that of {age 18, gender M}, but the rating half is not zero: the first 9");
    run_program(&run, BRIDGE, "check-query", path, release->path, "--url", server_url(), "--alias",
                release->alias, "--age=18", "--gender=M", NULL);
    CU_ASSERT(run_says(&run, 5, "the query vector is not that of {age 18, gender M}",
                       "the rating half is not zero", NULL));
}

static void test_verify(void)
{
    for (guint i = 0; i < RELEASES; i++) {
        g_auto(Run) run = {0}, without = {0};
        run_program(&run, BRIDGE, "verify", releases[i].path, "--url", server_url(), "--alias",
                    releases[i].alias, NULL);
        CU_ASSERT(run_says(&run, 0, NULL));
        run_program(&without, BRIDGE, "verify", "--from-cluster", "--url", server_url(), "--alias",
                    releases[i].alias, NULL);
        CU_ASSERT(run_says(&without, 0, NULL));
    }
}

/* Approximate answers are those of the same query. */
static void test_knn(void)
{
    g_auto(Run) release = {0}, recall = {0};
    g_autofree char *own = g_strdup_printf("%s-graph", server_prefix());
    run_program(&release, LOADER, "release", NO_LIMITS, "--knn", releases[BOTH].path, "--url",
                server_url(), "--alias", own, NULL);
    CU_ASSERT(run_says(&release, 0, NULL));
    run_program(&recall, BRIDGE, "recall", "--url", server_url(), "--alias", own, "--json", NULL);
    CU_ASSERT(run_says(&recall, 0, NULL));
    printf("# %s", recall.out);
}

static const UnitTest tests[] = {
    {"lists and ratings", test_lists},
    {"what is shown", test_shown},
    {"movies like a movie", test_similar},
    {"folded in", test_fold_in},
    {"what was seen counts", test_direction},
    {"histories that cannot be", test_histories_that_cannot_be},
    {"a Gram matrix that is not diagonal", test_not_diagonal},
    {"less of the same", test_diversify},
    {"explained", test_explain},
    {"right queries", test_right_queries},
    {"the whole sum as a query", test_whole_sum},
    {"verified", test_verify},
    {"approximately", test_knn},
    {NULL, NULL},
};

SERVER_MAIN("forms", tests, set_up)
