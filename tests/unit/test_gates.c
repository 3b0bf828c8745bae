#include "gates.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static void test_names(void)
{
    g_autoptr(GError) error = NULL;
    Gate gate = GATES;
    for (Gate g = 0; g < GATES; g++)
        CU_ASSERT(gate_find(gate_name(g), &gate, &error) && gate == g);
    CU_ASSERT(gate_find("rmse", &gate, &error) && gate == GATE_QUALITY);
    CU_ASSERT_FALSE(gate_find("order", &gate, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                     "documents, orders, baseline, quality, count, churn");
}

/* Runs the gates that need no index and finds one's verdict. */
static GateVerdict verdict_of(Gate gate, const Bundle *bundle, const ReleaseMeta *live,
                              const GateOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) results = gate_results_new();
    const GateSubject subject = {.bundle = bundle, .live = live, .options = options};
    CU_ASSERT(gates_run(results, &subject, &error));
    GateVerdict verdict = GATE_SKIPPED;
    for (guint i = 0; i < results->len; i++) {
        const GateResult *result = g_ptr_array_index(results, i);
        CU_ASSERT(result->gate != GATE_DOCUMENTS && result->gate != GATE_ORDERS);
        if (result->gate == gate)
            verdict = result->verdict;
    }
    CU_ASSERT_EQUAL(gates_check(results, &error), verdict != GATE_FAILED);
    if (verdict == GATE_FAILED)
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_GATE, gate_name(gate));
    return verdict;
}

static void set_training(Bundle *bundle, const char *text)
{
    yajl_tree_free(bundle->training);
    bundle->training = json_parse(text, "training", NULL);
}

static void test_baseline(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    GateOptions options = gate_options_default();
    CU_ASSERT_EQUAL(verdict_of(GATE_BASELINE, bundle, NULL, &options), GATE_NOT_COMPARABLE);
    set_training(bundle, "{\"final\":{\"valid_rmse\":0.875,\"baseline_rmse\":0.876}}");
    CU_ASSERT_EQUAL(verdict_of(GATE_BASELINE, bundle, NULL, &options), GATE_PASSED);
    set_training(bundle, "{\"final\":{\"valid_rmse\":0.875,\"baseline_rmse\":0.875}}");
    CU_ASSERT_EQUAL(verdict_of(GATE_BASELINE, bundle, NULL, &options), GATE_FAILED);
    options.skip[GATE_BASELINE] = TRUE;
    CU_ASSERT_EQUAL(verdict_of(GATE_BASELINE, bundle, NULL, &options), GATE_SKIPPED);
}

static void test_quality(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    g_autoptr(ReleaseMeta) live = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    GateOptions options = gate_options_default();
    options.skip[GATE_CHURN] = TRUE; /* it reads from a cluster */
    set_training(bundle, "{\"final\":{\"valid_rmse\":0.875}}");
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, NULL, &options), GATE_PASSED);
    live->valid.rmse = 0.875 - 0.019;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_PASSED);
    live->valid.rmse = 0.875 - 0.021;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_FAILED);
    options.max_rmse_rise = NAN;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_NO_LIMIT);
    options.max_rmse_rise = 0.125;
    live->valid.rmse = NAN;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_NOT_COMPARABLE);
    live->valid.rmse = 0.75;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_PASSED);
    live->valid.rmse = 0.7499;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_FAILED);
    set_training(bundle, "{}");
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_NOT_COMPARABLE);
    options.skip[GATE_QUALITY] = TRUE;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_SKIPPED);
}

/* Lists: 0.02 of NDCG are allowed. */
static void test_quality_of_lists(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    g_autoptr(ReleaseMeta) live = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    GateOptions options = gate_options_default();
    options.skip[GATE_CHURN] = TRUE;
    bundle->form = live->form = (ModelForm){.objective = OBJECTIVE_RANKING, .link = LINK_NONE};
    set_training(bundle, "{\"final\":{\"valid_ndcg\":0.3}}");
    live->valid.ndcg = 0.319;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_PASSED);
    live->valid.ndcg = 0.321;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_FAILED);
    options.max_ndcg_drop = 0.03;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_PASSED);
    options.max_ndcg_drop = NAN;
    CU_ASSERT_EQUAL(verdict_of(GATE_QUALITY, bundle, live, &options), GATE_NO_LIMIT);
}

static void test_count(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    g_autoptr(ReleaseMeta) live = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    GateOptions options = gate_options_default();
    options.skip[GATE_CHURN] = options.skip[GATE_QUALITY] = TRUE;
    live->movies = 5; /* 4 in the bundle: a fifth less */
    CU_ASSERT_EQUAL(verdict_of(GATE_COUNT, bundle, live, &options), GATE_PASSED);
    live->movies = 6;
    CU_ASSERT_EQUAL(verdict_of(GATE_COUNT, bundle, live, &options), GATE_FAILED);
    options.max_count_change = NAN;
    CU_ASSERT_EQUAL(verdict_of(GATE_COUNT, bundle, live, &options), GATE_NO_LIMIT);
    live->movies = 4;
    options.max_count_change = 0;
    CU_ASSERT_EQUAL(verdict_of(GATE_COUNT, bundle, live, &options), GATE_PASSED);
    options.max_count_change = 0.5;
    live->movies = 8; /* 4 in the bundle: half */
    CU_ASSERT_EQUAL(verdict_of(GATE_COUNT, bundle, live, &options), GATE_PASSED);
    live->movies = 9;
    CU_ASSERT_EQUAL(verdict_of(GATE_COUNT, bundle, live, &options), GATE_FAILED);
    live->movies = 4;
    live->n = 8; /* 13 in the bundle */
    CU_ASSERT_EQUAL(verdict_of(GATE_COUNT, bundle, live, &options), GATE_FAILED);
}

static void test_limits(void)
{
    const GateLimit any = {"max-rmse-rise", -INFINITY, INFINITY}, share = {"min-overlap", 0, 1},
                    least = {"max-drift", 0, INFINITY};
    double value = 0.25;
    CU_ASSERT(gate_limit_parse(&share, NULL, &value, NULL) && value == 0.25);
    CU_ASSERT(gate_limit_parse(&any, "-0.5", &value, NULL) && value == -0.5);
    CU_ASSERT(gate_limit_parse(&least, "17", &value, NULL) && value == 17);
    CU_ASSERT(gate_limit_parse(&share, "0", &value, NULL) && value == 0);
    CU_ASSERT(gate_limit_parse(&share, "1", &value, NULL) && value == 1);
    CU_ASSERT(gate_limit_parse(&share, "none", &value, NULL) && isnan(value));
    const struct {
        const GateLimit *limit;
        const char *text, *says;
    } wrong[] = {
        {&any, "", "--max-rmse-rise must be a number or \"none\", not \"\""},
        {&any, "0.5x", "--max-rmse-rise must be a number or"},
        {&any, "nan", "--max-rmse-rise must be a number or"},
        {&any, "inf", "--max-rmse-rise must be a number or"},
        {&any, "off", "--max-rmse-rise must be a number or"},
        {&share, "1.5", "--min-overlap must be a number from 0 to 1 or \"none\", not \"1.5\""},
        {&share, "-0.1", "--min-overlap must be a number from 0 to 1 or"},
        {&least, "-1", "--max-drift must be a number, 0 or more, or \"none\", not \"-1\""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_FALSE(gate_limit_parse(wrong[i].limit, wrong[i].text, &value, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, wrong[i].says);
    }
}

static const UnitTest tests[] = {
    {"limits", test_limits},
    {"names", test_names},
    {"baseline", test_baseline},
    {"quality", test_quality},
    {"quality of lists", test_quality_of_lists},
    {"count", test_count},
    {NULL, NULL},
};

TAP_MAIN("gates", tests)
