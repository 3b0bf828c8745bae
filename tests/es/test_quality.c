/* The gates that ask how good a model is: bundles of one model whose trainings ended with other
 * figures, and models that cannot be compared. */
#include <string.h>

#include "bundles.h"
#include "programs.h"
#include "servers.h"

static Bundle *made;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};
    made = bundle_make_and_open(&recipe, NULL);
}

#define RATINGS "{\"link\":{\"type\":\"sigmoid\",\"scale\":5.5},\"final\":{"
#define RANKING                                                                                    \
    "{\"objective\":\"ranking\",\"link\":{\"type\":\"none\"},\"interactions\":\"movie\","          \
    "\"final\":{"

/* The model, as if its training had ended with these; free with g_free. */
static char *trained_to(const char *training)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = tap_directory();
    g_autofree char *text = g_strconcat(training, "}}", NULL);
    char *path = g_build_filename(directory, "bundle", NULL);
    if (!bundle_write(path, made->model, made->features, text, FALSE, &error))
        g_error("%s", error->message);
    return path;
}

/* With the limits that there are by default, and `option` if it is not NULL. */
static void run_strictly(Run *run, const char *verb, const char *path, const char *alias,
                         const char *option)
{
    run_program(run, LOADER, verb, path, "--url", server_url(), "--alias", alias,
                "--skip-gate=orders", option, NULL);
}

/* plan and release refuse it with these words, and nothing is live but what was. */
static void check_refused(const char *training, const char *alias, const char *gate,
                          const char *figure, const char *limit)
{
    g_auto(Run) run = {0};
    g_autofree char *path = trained_to(training);
    g_autofree char *live = server_index_of(alias);
    g_autofree char *failed = g_strdup_printf("gate %s failed: %s", gate, figure);
    g_autofree char *planned = g_strdup_printf("gate      %s: failed, %s", gate, figure);
    g_autofree char *way_out = g_strdup_printf("`--skip-gate %s` leaves it out", gate);
    run_strictly(&run, "plan", path, alias, NULL);
    CU_ASSERT(run_says(&run, 5, planned, failed, limit, way_out, NULL));
    run_strictly(&run, "release", path, alias, NULL);
    CU_ASSERT(run_says(&run, 5, failed, limit, way_out, "is kept aside", NULL));
    g_autofree char *now = server_index_of(alias);
    CU_ASSERT_EQUAL(g_strcmp0(live, now), 0);
}

/* It becomes the live one, with these words about two of its gates. */
static void check_released(const char *training, const char *alias, const char *option,
                           const char *first, const char *second)
{
    g_auto(Run) run = {0};
    g_autofree char *path = trained_to(training);
    g_autofree char *live = server_index_of(alias);
    run_strictly(&run, "release", path, alias, option);
    CU_ASSERT(run_says(&run, 0, first, second, NULL));
    g_autofree char *now = server_index_of(alias);
    CU_ASSERT(now != NULL && g_strcmp0(live, now) != 0);
}

static void test_baseline(void)
{
    g_autofree char *alias = g_strdup_printf("%s-baseline", server_prefix());
    check_refused(RATINGS "\"valid_rmse\":0.98,\"baseline_rmse\":0.97", alias, "baseline",
                  "RMSE 0.9800 is not below 0.9700, that of movie means; train it for longer",
                  "limit: RMSE below that of movie means");
    check_refused(RANKING "\"valid_ndcg\":0.1,\"baseline_ndcg\":0.12", alias, "baseline",
                  "NDCG 0.1000 is not above 0.1200, that of most popular; train it for longer",
                  "limit: NDCG above that of most popular");
    check_released(RATINGS "\"valid_rmse\":0.96,\"baseline_rmse\":0.97", alias, NULL,
                   "gate baseline   passed         RMSE 0.9600, movie means 0.9700",
                   "gate quality    passed");
    check_released(RATINGS "\"valid_rmse\":0.96", alias, NULL,
                   "gate baseline   not comparable no validation RMSE beside that of movie means",
                   "gate quality    passed");
    check_released(RATINGS "\"valid_rmse\":0.96,\"baseline_rmse\":0.9", alias,
                   "--skip-gate=baseline", "gate baseline   skipped", "gate quality    passed");
}

static void test_quality(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-quality", server_prefix());
    check_released(RANKING "\"valid_ndcg\":0.31,\"baseline_ndcg\":0.12", alias, NULL,
                   "gate baseline   passed         NDCG 0.3100, most popular 0.1200",
                   "nothing is live to compare with");
    check_refused(RANKING "\"valid_ndcg\":0.28", alias, "quality",
                  "NDCG 0.2800, live 0.3100 (-0.0300)", "limit: NDCG: a drop of at most 0.0200");
    check_released(RANKING "\"valid_ndcg\":0.3", alias, NULL,
                   "gate quality    passed         NDCG 0.3000, live 0.3100 (-0.0100)",
                   "gate churn      passed         overlap of the top 10 1.00");
    check_refused(RANKING "\"valid_ndcg\":0.3,\"baseline_ndcg\":0.3", alias, "baseline",
                  "NDCG 0.3000 is not above 0.3000", "limit");
    check_released(RANKING "\"valid_ndcg\":0.27,\"baseline_ndcg\":0.125", alias,
                   "--max-ndcg-drop=0.04", "gate quality    passed", "live 0.3000 (-0.0300)");
    run_program(&run, LOADER, "releases", "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 0, "NDCG", "     -  0.2700  live", "     -  0.3000  complete", NULL));
    run_program(&run, LOADER, "releases", "--url", server_url(), "--alias", alias, "--json", NULL);
    CU_ASSERT(run_says(&run, 0, "\"ndcg\":0.27,\"baseline_ndcg\":0.125", NULL));
    CU_ASSERT_PTR_NULL(strstr(run.out, "rmse"));
}

/* What cannot be compared holds nothing back, and why it cannot is said. */
static void test_not_comparable(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-other", server_prefix());
    g_autofree char *ranking = trained_to(RANKING "\"valid_ndcg\":0.3");
    check_released(RATINGS, alias, NULL, "gate baseline   not comparable", "nothing is live");
    check_released(RATINGS "\"valid_rmse\":0.9", alias, NULL,
                   "gate quality    not comparable no figure in common: the bundle (ratings) has "
                   "RMSE, the live release (ratings) no validation figure",
                   "gate churn      passed");
    run_strictly(&run, "plan", ranking, alias, "--json");
    CU_ASSERT(run_says(&run, 0, "{\"gate\":\"quality\",\"verdict\":\"not comparable\"",
                       "{\"gate\":\"churn\",\"verdict\":\"not comparable\"",
                       "\"validation\":{\"ndcg\":0.3}", NULL));
    run_strictly(&run, "release", ranking, alias, "--min-overlap=1");
    CU_ASSERT(run_says(&run, 0,
                       "gate quality    not comparable no figure in common: the bundle (ranking) "
                       "has NDCG, the live release (ratings) RMSE",
                       "gate churn      not comparable another objective, ranking instead of "
                       "ratings; for information: overlap of the top 10 ",
                       NULL));
    check_released(RATINGS "\"valid_rmse\":0.9,\"valid_ndcg\":0.29", alias, NULL,
                   "gate quality    passed         NDCG 0.2900, live 0.3000",
                   "another objective, ratings instead of ranking");
}

static void test_other_factors(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-factors", server_prefix());
    const BundleRecipe other_recipe = {"60", "90", "2500", "6", "1"};
    g_autofree char *path = bundle_make(&other_recipe);
    check_released(RATINGS, alias, NULL, "gate churn      passed", "nothing is live");
    run_strictly(&run, "release", path, alias, "--min-overlap=1");
    CU_ASSERT(run_says(&run, 0,
                       "gate churn      not comparable another number of factors, 6 instead of 8; "
                       "for information: overlap",
                       NULL));
    CU_ASSERT_PTR_NULL(strstr(run.out, "drift"));
}

/* Ratings by user and movie and nothing else: there is no profile that two models have in common,
 * but their vectors can be compared. */
static void test_no_metadata(void)
{
    g_auto(Run) run = {0};
    g_autoptr(GString) text = g_string_new("user,movie,rating\n");
    g_autofree char *alias = g_strdup_printf("%s-bare", server_prefix());
    g_autofree char *directory = tap_directory();
    g_autofree char *ratings = g_build_filename(directory, "ratings.csv", NULL);
    g_autofree char *path = g_build_filename(directory, "bundle", NULL);
    for (guint i = 0; i < 300; i++)
        g_string_append_printf(text, "%u,%u,%u\n", i % 20, (i % 20 + 2 * (i / 20)) % 30,
                               1 + i * i % 5);
    CU_ASSERT(g_file_set_contents(ratings, text->str, -1, NULL));
    run_program(&run, TRAINER, "train", ratings, path, "--epochs=2", "--factors=4", "--valid=0",
                NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    run_strictly(&run, "release", path, alias, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    run_strictly(&run, "release", path, alias, NULL);
    CU_ASSERT(run_says(&run, 0, "gate churn      passed", "no profile of", "drift 0.000", NULL));
    run_strictly(&run, "release", path, alias, "--max-drift=none");
    CU_ASSERT(run_says(&run, 0, "gate churn      not comparable no profile of", NULL));
}

static const UnitTest tests[] = {
    {"a model that is worse than its baseline", test_baseline},
    {"lists that got worse", test_quality},
    {"models that cannot be compared", test_not_comparable},
    {"another number of factors", test_other_factors},
    {"no profile in common", test_no_metadata},
    {NULL, NULL},
};

SERVER_MAIN("quality", tests, set_up)
