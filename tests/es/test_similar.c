/* Movies like a movie, from the cluster and computed here. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "programs.h"
#include "recsys_error.h"
#include "servers.h"
#include "similar.h"

#define ZERO 5     /* the position among the movies of the one whose vector is zero */
#define OPPOSITE 6 /* of one that is the negative of movie 0 */
/* Of ones whose squares are 0 in float32, or have too few digits left: what weight decay makes of
 * movies that hardly anybody rated. */
#define TINY 8
#define SHORT 9
#define LEAST_SQUARE 0x1p-126 /* the least normal number in float32 */

static char *alias;
static Bundle *bundle;

static guint movie_index(guint position)
{
    return g_array_index(feature_table_of_type(bundle->features, FEATURE_MOVIE), guint, position);
}

static const char *movie_value(guint position)
{
    return feature_table_get(bundle->features, movie_index(position))->value;
}

static guint movie_count(void)
{
    return feature_table_of_type(bundle->features, FEATURE_MOVIE)->len;
}

/* A trained bundle, but with a vector of zeros, an opposite pair and two that are all but zero. */
static char *write_bundle(void)
{
    const BundleRecipe recipe = {"100", "150", "6000", "24", "1"};
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = tap_directory();
    char *path = g_build_filename(directory, "bundle", NULL);
    bundle = bundle_make_and_open(&recipe, NULL);
    float *vectors = bundle->model->embeddings;
    const gsize k = bundle->model->k;
    for (gsize f = 0; f < k; f++) {
        vectors[movie_index(ZERO) * k + f] = 0;
        vectors[movie_index(OPPOSITE) * k + f] = -3 * vectors[movie_index(0) * k + f];
        vectors[movie_index(TINY) * k + f] = f % 2 == 0 ? 6e-39f : -5e-39f;
        vectors[movie_index(SHORT) * k + f] = 2e-23f * (float)(1 + f % 3);
    }
    if (!bundle_write(path, bundle->model, bundle->features,
                      "{\"link\":{\"type\":\"sigmoid\",\"scale\":5.5}}", FALSE, &error))
        g_error("%s", error->message);
    return path;
}

static void set_up(void)
{
    g_auto(Run) run = {0};
    g_autofree char *path = write_bundle();
    alias = g_strdup_printf("%s-live", server_prefix());
    run_program(&run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias", alias,
                NULL);
    if (!run_says(&run, 0, NULL))
        g_error("no release for the tests");
}

/* ---- the oracle ---- */

static double dot(guint a, guint b)
{
    const float *x = fm_vector(bundle->model, a), *y = fm_vector(bundle->model, b);
    double sum = 0;
    for (guint f = 0; f < bundle->model->k; f++)
        sum += (double)x[f] * (double)y[f];
    return sum;
}

static double likeness(guint a, guint b, QueryScoring by)
{
    const double norms = sqrt(dot(a, a)) * sqrt(dot(b, b));
    if (by == QUERY_DOT)
        return dot(a, b);
    return dot(a, a) >= LEAST_SQUARE && dot(b, b) >= LEAST_SQUARE ? dot(a, b) / norms : 0;
}

/* Each score is right, the order is that of the scores but for rounding, nobody better is missing.
 */
static void check(guint position, QueryScoring by, guint size, const Filter *filter,
                  gboolean (*passes)(const Feature *))
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const SimilarRequest request = {movie_value(position), by, size, 0, filter};
    g_autoptr(Ranking) ranking = similar_ask(recommender, &request, &error);
    g_autoptr(GHashTable) listed = g_hash_table_new(g_direct_hash, g_direct_equal);
    double last = INFINITY;
    CU_ASSERT_PTR_NOT_NULL(ranking);
    if (ranking == NULL) {
        tap_comment(error->message);
        return;
    }
    const double room = 1e-6 * (2 + ranking->shift);
    for (guint i = 0; i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        guint index = 0;
        CU_ASSERT(feature_table_find(bundle->features, FEATURE_MOVIE, movie->value, &index));
        const double expected = likeness(movie_index(position), index, by);
        CU_ASSERT_DOUBLE_EQUAL(movie->score, expected, room);
        CU_ASSERT(expected <= last + 2 * room);
        CU_ASSERT(isnan(movie->rating) && index != movie_index(position));
        last = expected;
        g_hash_table_add(listed, GUINT_TO_POINTER(index));
    }
    guint passing = 0;
    for (guint p = 0; p < movie_count(); p++) {
        if (p == position || !passes(feature_table_get(bundle->features, movie_index(p))))
            continue;
        passing++;
        if (!g_hash_table_contains(listed, GUINT_TO_POINTER(movie_index(p))))
            CU_ASSERT(likeness(movie_index(position), movie_index(p), by) <= last + 2 * room);
    }
    CU_ASSERT_EQUAL(ranking->movies->len, MIN(size, passing));
}

static gboolean every(const Feature *movie)
{
    return movie != NULL;
}

static gboolean is_drama(const Feature *movie)
{
    return g_strv_contains(movie->genres, "Drama");
}

/* ---- the tests ---- */

static void test_cosine(void)
{
    check(0, QUERY_COSINE, 10, NULL, every);
    check(7, QUERY_COSINE, 1, NULL, every);
    check(0, QUERY_COSINE, 1000, NULL, every); /* the one of zeros and the opposite one as well */
}

static void test_dot(void)
{
    check(0, QUERY_DOT, 10, NULL, every);
    check(11, QUERY_DOT, 1000, NULL, every);
    check(ZERO, QUERY_DOT, 1000, NULL, every); /* all alike */
    check(TINY, QUERY_DOT, 1000, NULL, every);
}

static void test_filters(void)
{
    g_autoptr(Filter) filter = filter_new();
    g_ptr_array_add(filter->any_genre, g_strdup("Drama"));
    check(0, QUERY_COSINE, 5, filter, is_drama);
    check(3, QUERY_DOT, 1000, filter, is_drama);
    CU_ASSERT_EQUAL(filter->excluded->len, 0);
}

static void check_refused(const char *movie, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const SimilarRequest request = {.movie = movie, .by = QUERY_COSINE, .size = 5};
    g_autoptr(Ranking) ranking = similar_ask(recommender, &request, &error);
    CU_ASSERT_PTR_NULL(ranking);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, message);
}

static void test_what_has_no_answer(void)
{
    check_refused("999999", "there is no movie 999999 in release");
    check_refused(movie_value(ZERO), "is zero, or too short to tell from it");
    check_refused(movie_value(TINY), "is zero, or too short to tell from it");
    check_refused(movie_value(SHORT), "is zero, or too short to tell from it");
}

/* What recsys-trainer says of the neighbours, and what the command prints. */
static void test_command(void)
{
    g_auto(Run) run = {0}, json = {0}, bad = {0};
    run_program(&run, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie",
                movie_value(0), "--size", "3", NULL);
    CU_ASSERT(run_says(&run, 0, "Like {movie ", "by cosine:", "cosine  title", NULL));
    run_program(&json, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie",
                movie_value(0), "--by", "dot", "--genre", "Drama", "--json", NULL);
    CU_ASSERT(run_says(&json, 0, NULL));
    g_auto(yajl_val) tree = json_parse(json.out, "similar --json", NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(json_get_string(tree, "like"), movie_value(0)));
    CU_ASSERT(g_strcmp0(json_get_string(tree, "by"), "dot") == 0);
    CU_ASSERT_EQUAL(json_array_length(json_get(tree, "movies")), 10);
    CU_ASSERT_PTR_NULL(strstr(json.out, "rating\""));
    run_program(&bad, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie", "1",
                "--by", "taste", NULL);
    CU_ASSERT(run_says(&bad, 1, "--by taste: cosine or dot is expected", NULL));
}

/* Every name that the command takes may be that of a document; ratings of many it cannot take. */
static void test_names(void)
{
    g_auto(Run) plain = {0}, named = {0}, unknown = {0}, ratings = {0};
    g_autofree char *document = g_strdup_printf("movie_%s", movie_value(0));
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "ratings", NULL);
    CU_ASSERT(g_file_set_contents(path, "1::2::3\n", -1, NULL));
    run_program(&plain, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie",
                movie_value(0), "--size", "3", NULL);
    run_program(&named, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie",
                document, "--size", "3", NULL);
    CU_ASSERT(run_says(&named, 0, "Like {movie ", NULL));
    CU_ASSERT_STRING_EQUAL(named.out, plain.out);
    run_program(&unknown, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie",
                "movie_nope", NULL);
    CU_ASSERT(run_says(&unknown, 1, "there is no movie movie_nope in release", NULL));
    run_program(&ratings, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie",
                document, "--exclude-seen", path, NULL);
    CU_ASSERT(run_says(&ratings, 1, "has ratings of many people", "one movie id a line", NULL));
    CU_ASSERT_PTR_NULL(strstr(ratings.err, "--user"));
}

static void test_behind_the_end(void)
{
    g_auto(Run) run = {0};
    const guint others = feature_table_of_type(bundle->features, FEATURE_MOVIE)->len - 1;
    g_autofree char *all =
        g_strdup_printf("There are %u other movies: nothing begins after 9999999.\n", others);
    run_program(&run, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie",
                movie_value(0), "--from", "9999999", NULL);
    CU_ASSERT(run_says(&run, 0, all, NULL));
    run_program(&run, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie",
                movie_value(0), "--from", "9999999", "--genre", "Drama", NULL);
    CU_ASSERT(run_says(&run, 0, "other movies that pass the filters: nothing begins", NULL));
    run_program(&run, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie",
                movie_value(0), "--min-ratings", "1000000", NULL);
    CU_ASSERT(run_says(&run, 0, "There are no other movies that pass the filters.\n", NULL));
}

/* ---- recommend --diversify ---- */

/* The answer; its list is "movies". */
static yajl_val recommend(const char *option)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--gender=F",
                "--json", option, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    return json_parse(run.out, "recommend --json", NULL);
}

static const char *movie_of(yajl_val answer, gsize rank)
{
    return json_get_string(json_array_get(json_get(answer, "movies"), rank), "movie");
}

/* The mean cosine of two movies of a list of ten. */
static double sameness(yajl_val answer)
{
    double sum = 0;
    guint pairs = 0, a = 0, b = 0;
    CU_ASSERT_EQUAL(json_array_length(json_get(answer, "movies")), 10);
    for (gsize i = 0; i < 10; i++)
        for (gsize j = 0; j < i; j++) {
            CU_ASSERT(feature_table_find(bundle->features, FEATURE_MOVIE, movie_of(answer, i), &a));
            CU_ASSERT(feature_table_find(bundle->features, FEATURE_MOVIE, movie_of(answer, j), &b));
            CU_ASSERT_NOT_EQUAL(a, b);
            sum += likeness(a, b, QUERY_COSINE);
            pairs++;
        }
    return sum / pairs;
}

static void test_diversity(void)
{
    g_auto(yajl_val) plain = recommend(NULL);
    g_auto(yajl_val) none = recommend("--diversify=0");
    g_auto(yajl_val) some = recommend("--diversify=0.7");
    g_auto(yajl_val) most = recommend("--diversify=1");
    for (gsize i = 0; i < 10; i++)
        CU_ASSERT(g_strcmp0(movie_of(plain, i), movie_of(none, i)) == 0);
    CU_ASSERT(g_strcmp0(movie_of(plain, 0), movie_of(some, 0)) == 0);
    CU_ASSERT(g_strcmp0(movie_of(plain, 0), movie_of(most, 0)) == 0);
    const double same[] = {sameness(plain), sameness(some), sameness(most)};
    printf("# mean cosine: %.3f as ranked, %.3f with 0.7, %.3f with 1\n", same[0], same[1],
           same[2]);
    CU_ASSERT(same[1] < same[0] - 0.01);
    CU_ASSERT(same[2] < same[1] - 0.01);
}

static const UnitTest tests[] = {
    {"by cosine", test_cosine},
    {"by dot product", test_dot},
    {"with filters", test_filters},
    {"what has no answer", test_what_has_no_answer},
    {"the command", test_command},
    {"names", test_names},
    {"behind the end", test_behind_the_end},
    {"recommend --diversify", test_diversity},
    {NULL, NULL},
};

SERVER_MAIN("similar", tests, set_up)
