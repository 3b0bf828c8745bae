/* What an application does with the library that no command does: one Recommender over releases
 * that come and go, requests that are not what they should be. */
#include <string.h>

#include "bundles.h"
#include "newcomer.h"
#include "programs.h"
#include "recommend.h"
#include "recommend_batch.h"
#include "recommend_pages.h"
#include "recsys_error.h"
#include "servers.h"
#include "similar.h"

#define NEW_AGE "99" /* in the second release, in place of … */
#define OLD_AGE "18"

static char *alias, *first, *second;

/* The bundle with another name for an age. */
static char *write_renamed(const Bundle *bundle)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = tap_directory();
    g_autoptr(FeatureTable) table = feature_table_new();
    char *path = g_build_filename(directory, "renamed", NULL);
    for (guint i = 0; i < feature_table_size(bundle->features); i++) {
        Feature feature = *feature_table_get(bundle->features, i);
        if (strcmp(feature.type, FEATURE_AGE) == 0 && strcmp(feature.value, OLD_AGE) == 0)
            feature.value = NEW_AGE;
        if (!feature_table_add(table, &feature, NULL, &error))
            g_error("%s", error->message);
    }
    if (!bundle_write(path, bundle->model, table, "{\"link\":{\"type\":\"sigmoid\",\"scale\":5.5}}",
                      FALSE, &error))
        g_error("%s", error->message);
    return path;
}

static void release(const char *path, const char *knn)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias", alias,
                "--skip-gate", "count", knn, NULL);
    if (!run_says(&run, 0, NULL))
        g_error("no release for the tests");
}

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "100", "3000", "16", "1"};
    alias = g_strdup_printf("%s-live", server_prefix());
    g_autoptr(Bundle) bundle = bundle_make_and_open(&recipe, &first);
    second = write_renamed(bundle);
    release(first, NULL);
}

static Ranking *ask_for(Recommender *recommender, const char *type, const char *value,
                        guint candidates, GError **error)
{
    g_autoptr(Profile) profile = profile_new();
    profile_add(profile, type, value);
    const RecommendRequest request = {.profile = profile, .candidates = candidates};
    return recommender_ask(recommender, &request, error);
}

static void check_refused(Ranking *ranking, GError *error, const char *message)
{
    CU_ASSERT_PTR_NULL(ranking);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, message);
    ranking_free(ranking);
    g_clear_error(&error);
}

static void check_age(Recommender *recommender, const char *value, guint candidates,
                      const char *refused)
{
    GError *error = NULL;
    Ranking *ranking = ask_for(recommender, FEATURE_AGE, value, candidates, &error);
    if (refused != NULL) {
        check_refused(ranking, error, refused);
        return;
    }
    g_autofree char *live = server_index_of(alias);
    CU_ASSERT(ranking != NULL && strcmp(ranking->index, live) == 0);
    CU_ASSERT(ranking != NULL && ranking->movies->len == RECOMMEND_USUAL);
    if (error != NULL)
        tap_comment(error->message);
    ranking_free(ranking);
    g_clear_error(&error);
}

/* ---- releases that come and go ---- */

static void test_value_of_a_new_release(void)
{
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    check_age(recommender, OLD_AGE, 0, NULL);
    check_age(recommender, NEW_AGE, 0, "there is no age " NEW_AGE);
    release(second, NULL);
    check_age(recommender, NEW_AGE, 0, NULL);
    check_age(recommender, OLD_AGE, 0, "there is no age " OLD_AGE);
    release(first, NULL);
    check_age(recommender, OLD_AGE, 0, NULL);
}

static void test_graph_of_a_new_release(void)
{
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    check_age(recommender, OLD_AGE, 50, "was released without --knn");
    release(first, "--knn");
    check_age(recommender, OLD_AGE, 50, NULL);
    release(first, NULL);
    check_age(recommender, OLD_AGE, 50, "was released without --knn");
}

/* A sum of a release that the recommender has not seen yet. */
static void test_sum_of_a_new_release(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) old = recommender_new(server_client(), alias);
    check_age(old, OLD_AGE, 0, NULL);
    release(second, NULL);
    g_autoptr(Recommender) other = recommender_new(server_client(), alias);
    check_age(other, NEW_AGE, 0, NULL);
    const RecommendRequest request = {.sum = recommender_last_sum(other),
                                      .index = recommender_release(other)->index};
    g_autoptr(Ranking) ranking = recommender_ask(old, &request, &error);
    CU_ASSERT(ranking != NULL && strcmp(ranking->index, request.index) == 0);
    release(first, NULL);
}

/* ---- requests that are not what they should be ---- */

static void test_texts(void)
{
    static const char *const bad[] = {"\xff", "a\xc3(", "1\n", "\x1b[2J"};
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        Ranking *ranking = ask_for(recommender, FEATURE_USER, bad[i], 0, &error);
        check_refused(ranking, error, "is not UTF-8 or has a control character");
        error = NULL;
        ranking = ask_for(recommender, bad[i], "1", 0, &error);
        check_refused(ranking, error, "is not UTF-8 or has a control character");
        error = NULL;
        const SimilarRequest like = {.movie = bad[i]};
        ranking = similar_ask(recommender, &like, &error);
        check_refused(ranking, error, "is not UTF-8 or has a control character");
        g_autoptr(Profile) features = profile_new();
        g_autoptr(GError) failure = NULL;
        profile_add(features, FEATURE_MOVIE, bad[i]);
        CU_ASSERT_PTR_NULL(recommender_fetch(recommender, features, NULL, &failure));
        TAP_ASSERT_ERROR(failure, RECSYS_ERROR, RECSYS_ERROR_USAGE, "is not UTF-8");
    }
}

static void test_texts_of_a_filter(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(Filter) filter = filter_new();
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const RecommendRequest request = {.profile = profile, .filter = filter};
    profile_add(profile, FEATURE_AGE, OLD_AGE);
    filter_exclude(filter, "\xff");
    g_autoptr(Ranking) ranking = recommender_ask(recommender, &request, &error);
    CU_ASSERT_PTR_NULL(ranking);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "movie \"\\xff\" is not UTF-8");
}

static void check_request(const RecommendRequest *request, const char *message)
{
    GError *error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    Ranking *ranking = recommender_ask(recommender, request, &error);
    check_refused(ranking, error, message);
}

static void test_requests(void)
{
    float query[16] = {0};
    const ProfileSum sum = {.k = 16, .query = query};
    g_autoptr(Profile) twice = profile_new();
    g_autoptr(Profile) movie = profile_new();
    profile_add(twice, FEATURE_AGE, OLD_AGE);
    profile_add(twice, FEATURE_AGE, OLD_AGE);
    profile_add(movie, FEATURE_MOVIE, "1");
    check_request(&(RecommendRequest){.sum = &sum}, "needs the index");
    check_request(&(RecommendRequest){.profile = twice}, "age is given twice");
    check_request(&(RecommendRequest){.profile = movie}, "movies are what is recommended");
    check_request(&(RecommendRequest){.profile = movie, .size = 10001}, "1 to 10000 movies");
    check_request(&(RecommendRequest){.size = 3}, "for whom?");
}

static void test_sizes_of_pages(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    profile_add(profile, FEATURE_AGE, OLD_AGE);
    const RecommendRequest request = {.profile = profile};
    g_autoptr(RecommendPages) pages = recommend_pages_open(recommender, &request, &error);
    CU_ASSERT_PTR_NOT_NULL(pages);
    if (pages == NULL)
        return;
    const guint wrong[] = {0, 10001, 20000};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        GError *failure = NULL;
        Ranking *page = recommend_pages_next(pages, wrong[i], &failure);
        check_refused(page, failure, "a page has 1 to 10000 movies");
    }
    g_autoptr(Ranking) page = recommend_pages_next(pages, 5, &error);
    CU_ASSERT(page != NULL && page->from == 0 && page->movies->len == 5);
}

/* A sum of the recommender's own may be handed back to it. */
static void test_sum_of_its_own(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    g_autoptr(Ranking) expected = ask_for(recommender, FEATURE_AGE, OLD_AGE, 0, &error);
    CU_ASSERT(recommender_last_vectors(recommender) != NULL);
    const RecommendRequest request = {.sum = recommender_last_sum(recommender),
                                      .index = recommender_release(recommender)->index};
    g_autoptr(Ranking) ranking = recommender_ask(recommender, &request, &error);
    CU_ASSERT_PTR_NULL(recommender_last_vectors(recommender));
    CU_ASSERT(ranking != NULL && expected != NULL);
    for (guint i = 0; ranking != NULL && expected != NULL && i < RECOMMEND_USUAL; i++)
        CU_ASSERT_STRING_EQUAL(g_array_index(ranking->movies, RankedMovie, i).value,
                               g_array_index(expected->movies, RankedMovie, i).value);
}

static void test_similar(void)
{
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const SimilarRequest requests[] = {{.movie = "1"}, {.movie = "1", .by = QUERY_COSINE}};
    Ranking *rankings[2] = {NULL, NULL};
    GError *error = NULL;
    for (guint i = 0; i < 2; i++) {
        rankings[i] = similar_ask(recommender, &requests[i], &error);
        CU_ASSERT(rankings[i] != NULL && strcmp(rankings[i]->measure, "cosine") == 0 &&
                  rankings[i]->movies->len == RECOMMEND_USUAL);
        if (error != NULL)
            tap_comment(error->message);
        g_clear_error(&error);
    }
    if (rankings[0] != NULL && rankings[1] != NULL)
        CU_ASSERT_EQUAL(g_array_index(rankings[0]->movies, RankedMovie, 0).score,
                        g_array_index(rankings[1]->movies, RankedMovie, 0).score);
    ranking_free(rankings[0]);
    ranking_free(rankings[1]);
    Ranking *none = similar_ask(recommender, &(SimilarRequest){.size = 3}, &error);
    check_refused(none, error, "like which movie?");
}

/* ---- many ---- */

typedef struct {
    guint at;
    GPtrArray *said; /* char *: of each item */
} Batch;

static gboolean give(BatchItem *item, gboolean *at_end, gpointer data, GError **error)
{
    static const char *const values[][2] = {
        {FEATURE_AGE, OLD_AGE}, {FEATURE_USER, "\xff"}, {"\xff", "1"}, {FEATURE_AGE, "25"}};
    Batch *batch = data;
    (void)error;
    *at_end = batch->at == G_N_ELEMENTS(values);
    if (*at_end)
        return TRUE;
    item->profile = profile_new();
    item->size = 3;
    profile_add(item->profile, values[batch->at][0], values[batch->at][1]);
    if (batch->at == 3) {
        item->filter = filter_new();
        filter_exclude(item->filter, "\xff");
    }
    batch->at++;
    return TRUE;
}

static gboolean take(const BatchItem *item, gboolean last, gpointer data, GError **error)
{
    Batch *batch = data;
    (void)last;
    (void)error;
    g_ptr_array_add(batch->said, g_strdup(item->error != NULL ? item->error->message : ""));
    return TRUE;
}

static void test_texts_of_a_batch(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(ReleaseMeta) meta = release_meta_fetch(server_client(), alias, &error);
    Batch batch = {.said = said};
    const BatchOptions options = {.release = meta};
    CU_ASSERT(recommend_batch_run(server_client(), &options, give, take, &batch, &error));
    if (error != NULL)
        tap_comment(error->message);
    CU_ASSERT_EQUAL(said->len, 4);
    for (guint i = 0; i < said->len; i++)
        CU_ASSERT((strstr(g_ptr_array_index(said, i), "is not UTF-8") != NULL) == (i > 0));
}

/* What is left of a profile is whom the list is for. */
static void test_left_out_of_a_batch(void)
{
    g_auto(Run) run = {0};
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "profiles", NULL);
    CU_ASSERT(g_file_set_contents(path, "{\"user\":99999,\"age\":" OLD_AGE "}\n{\"user\":99999}\n",
                                  -1, NULL));
    run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--profiles",
                path, "--cold-start", NULL);
    CU_ASSERT(run_says(&run, RECSYS_ERROR_DATA, "\"profile\":\"age " OLD_AGE "\"",
                       "\"left_out\":\"user 99999\"", "\"profile\":\"user 99999\"",
                       "has no metadata to fall back to", NULL));
}

static const UnitTest tests[] = {
    {"a value that only a new release has", test_value_of_a_new_release},
    {"a graph that only a new release has", test_graph_of_a_new_release},
    {"a sum of a release not seen yet", test_sum_of_a_new_release},
    {"texts that no request can have", test_texts},
    {"texts in a filter that no request can have", test_texts_of_a_filter},
    {"texts in a batch that no request can have", test_texts_of_a_batch},
    {"requests that cannot be asked", test_requests},
    {"sizes of pages", test_sizes_of_pages},
    {"a sum of its own", test_sum_of_its_own},
    {"similar movies by nothing in particular", test_similar},
    {"the profile of a user that a batch left out", test_left_out_of_a_batch},
    {NULL, NULL},
};

SERVER_MAIN("library", tests, set_up)
