#include "quality.h"

#include <math.h>
#include <string.h>

#include "tap.h"

#define UNKNOWN                                                                                    \
    {                                                                                              \
        NAN, NAN, NAN, NAN                                                                         \
    }

static void clear(GateResult *result)
{
    g_clear_pointer(&result->figure, g_free);
    g_clear_pointer(&result->limit, g_free);
}

static gboolean says(const char *text, const char *part)
{
    if (text != NULL && strstr(text, part) != NULL)
        return TRUE;
    g_print("# \"%s\" lacks \"%s\"\n", text, part);
    return FALSE;
}

static const struct {
    Objective objective;
    GateVerdict verdict;
    ValidationFigures valid;
    const char *figure;
} baseline_cases[] = {
    {OBJECTIVE_RATINGS, GATE_PASSED, {0.8731, 0.9762, NAN, NAN}, "RMSE 0.8731, movie means 0.9762"},
    {OBJECTIVE_RATINGS,
     GATE_FAILED,
     {0.981, 0.9744, NAN, NAN},
     "RMSE 0.9810 is not below 0.9744, that of movie means; train it for longer"},
    {OBJECTIVE_RATINGS, GATE_FAILED, {0.9744, 0.9744, NAN, NAN}, "is not below"},
    /* Its lists are not what it is for. */
    {OBJECTIVE_RATINGS, GATE_PASSED, {0.8731, 0.9762, 0.076, 0.121}, "RMSE 0.8731"},
    {OBJECTIVE_RATINGS,
     GATE_NOT_COMPARABLE,
     {0.8731, NAN, 0.3, 0.1},
     "no validation RMSE beside that of movie means"},
    {OBJECTIVE_RATINGS, GATE_NOT_COMPARABLE, {NAN, 0.9762, NAN, NAN}, "no validation RMSE"},
    {OBJECTIVE_RATINGS, GATE_NOT_COMPARABLE, UNKNOWN, "no validation RMSE"},
    {OBJECTIVE_RANKING, GATE_PASSED, {NAN, NAN, 0.31, 0.121}, "NDCG 0.3100, most popular 0.1210"},
    {OBJECTIVE_RANKING,
     GATE_FAILED,
     {NAN, NAN, 0.11, 0.121},
     "NDCG 0.1100 is not above 0.1210, that of most popular; train it"},
    {OBJECTIVE_RANKING, GATE_FAILED, {NAN, NAN, 0.121, 0.121}, "is not above"},
    {OBJECTIVE_RANKING, GATE_PASSED, {9, 1, 0.31, 0.121}, "NDCG 0.3100"},
    {OBJECTIVE_RANKING,
     GATE_NOT_COMPARABLE,
     {0.8, 0.9, NAN, NAN},
     "no validation NDCG beside that of most popular"},
    {OBJECTIVE_BOTH,
     GATE_PASSED,
     {0.82, 0.97, 0.3, 0.12},
     "RMSE 0.8200, movie means 0.9700; NDCG 0.3000, most popular 0.1200"},
    {OBJECTIVE_BOTH,
     GATE_FAILED,
     {0.98, 0.97, 0.3, 0.12},
     "RMSE 0.9800 is not below 0.9700, that of movie means; NDCG 0.3000, most popular"},
    {OBJECTIVE_BOTH, GATE_FAILED, {0.82, 0.97, 0.1, 0.12}, "NDCG 0.1000 is not above 0.1200"},
    {OBJECTIVE_BOTH, GATE_PASSED, {0.82, 0.97, NAN, NAN}, "no validation NDCG"},
    {OBJECTIVE_BOTH, GATE_FAILED, {NAN, NAN, 0.1, 0.12}, "no validation RMSE"},
    {OBJECTIVE_BOTH, GATE_NOT_COMPARABLE, UNKNOWN, "no validation NDCG"},
};

static void test_baseline(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(baseline_cases); i++) {
        const ReleaseMeta meta = {.form.objective = baseline_cases[i].objective,
                                  .valid = baseline_cases[i].valid};
        GateResult result = {.gate = GATE_BASELINE};
        quality_judge_baseline(&result, &meta);
        CU_ASSERT_EQUAL(result.verdict, baseline_cases[i].verdict);
        CU_ASSERT(says(result.figure, baseline_cases[i].figure));
        CU_ASSERT_EQUAL(result.limit == NULL, result.verdict == GATE_NOT_COMPARABLE);
        clear(&result);
    }
}

typedef struct {
    Objective new, live;
    double new_rmse, live_rmse, new_ndcg, live_ndcg;
    GateVerdict verdict;
    const char *figure;
} LiveCase;

static void check_live(const LiveCase *c, const GateOptions *options)
{
    const ReleaseMeta new = {.form.objective = c->new,
                             .valid = {c->new_rmse, NAN, c->new_ndcg, NAN}},
                      live = {.form.objective = c->live,
                              .valid = {c->live_rmse, NAN, c->live_ndcg, NAN}};
    GateResult result = {.gate = GATE_QUALITY};
    quality_judge_live(&result, &new, &live, options);
    CU_ASSERT_EQUAL(result.verdict, c->verdict);
    CU_ASSERT(says(result.figure, c->figure));
    CU_ASSERT_EQUAL(result.limit == NULL,
                    result.verdict == GATE_NOT_COMPARABLE || result.verdict == GATE_NO_LIMIT);
    clear(&result);
}

static void test_live(void)
{
    const Objective ratings = OBJECTIVE_RATINGS, ranking = OBJECTIVE_RANKING, both = OBJECTIVE_BOTH;
    const LiveCase cases[] = {
        {ratings, ratings, 0.875, 0.75, NAN, NAN, GATE_PASSED,
         "RMSE 0.8750, live 0.7500 (+0.1250)"},
        {ratings, ratings, 0.876, 0.75, NAN, NAN, GATE_FAILED, "(+0.1260)"},
        {ratings, ratings, 0.5, 0.75, 0.1, 0.9, GATE_PASSED, "RMSE 0.5000, live 0.7500 (-0.2500)"},
        {ranking, ranking, NAN, NAN, 0.25, 0.3125, GATE_PASSED,
         "NDCG 0.2500, live 0.3125 (-0.0625)"},
        {ranking, ranking, NAN, NAN, 0.2499, 0.3125, GATE_FAILED, "(-0.0626)"},
        {ranking, ranking, NAN, NAN, 0.4, 0.3125, GATE_PASSED, "(+0.0875)"},
        {both, both, 0.875, 0.75, 0.25, 0.3125, GATE_PASSED,
         "RMSE 0.8750, live 0.7500 (+0.1250); NDCG 0.2500, live 0.3125"},
        {both, both, 0.876, 0.75, 0.4, 0.3125, GATE_FAILED, "RMSE 0.8760"},
        {both, both, 0.5, 0.75, 0.2, 0.3125, GATE_FAILED, "NDCG 0.2000"},
        {both, ratings, 0.76, 0.75, 0.3, NAN, GATE_PASSED, "RMSE 0.7600"},
        {both, ranking, 0.76, NAN, 0.2, 0.3, GATE_FAILED, "NDCG 0.2000"},
        /* Whichever both have: a release for lists is not replaced by one with much worse lists. */
        {ratings, both, 0.75, 0.75, 0.07, 0.3, GATE_FAILED, "NDCG 0.0700"},
        {ranking, ratings, NAN, 0.75, 0.3, 0.07, GATE_PASSED, "NDCG 0.3000"},
        {ranking, ratings, NAN, 0.75, 0.3, NAN, GATE_NOT_COMPARABLE,
         "no figure in common: the bundle (ranking) has NDCG, the live release (ratings) RMSE"},
        {both, ranking, NAN, NAN, NAN, 0.3, GATE_NOT_COMPARABLE,
         "the bundle (both) has no validation figure, the live release (ranking) NDCG"},
        {ratings, both, 0.75, NAN, NAN, NAN, GATE_NOT_COMPARABLE, "(both) no validation figure"},
        {ratings, both, NAN, 0.75, NAN, 0.3, GATE_NOT_COMPARABLE,
         "the live release (both) RMSE and NDCG"},
    };
    GateOptions options = gate_options_default();
    options.max_rmse_rise = 0.125;
    options.max_ndcg_drop = 0.0625;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_live(&cases[i], &options);
}

/* A limit that is taken away leaves the other one. */
static void test_limits(void)
{
    const LiveCase worse = {OBJECTIVE_BOTH, OBJECTIVE_BOTH, 2, 1, 0.1, 0.3, GATE_FAILED, "RMSE"};
    LiveCase unlimited = worse;
    GateOptions options = gate_options_default();
    check_live(&worse, &options);
    options.max_rmse_rise = NAN;
    check_live(&worse, &options);
    options.max_ndcg_drop = NAN;
    unlimited.verdict = GATE_NO_LIMIT;
    check_live(&unlimited, &options);
    options.max_rmse_rise = 1;
    unlimited.verdict = GATE_PASSED;
    check_live(&unlimited, &options);
    options.max_rmse_rise = -1; /* what is better by less is not enough */
    check_live(&worse, &options);
}

static void test_other_data(void)
{
    const ReleaseMeta new = {.data = "mine", .valid = {0.8, NAN, NAN, NAN}},
                      live = {.data = "yours", .valid = {0.8, NAN, NAN, NAN}};
    const GateOptions options = gate_options_default();
    GateResult result = {.gate = GATE_QUALITY};
    quality_judge_live(&result, &new, &live, &options);
    CU_ASSERT(says(result.figure, "(+0.0000), but of another data set"));
    CU_ASSERT(says(result.limit, "RMSE: a rise of at most 0.0200"));
    CU_ASSERT_PTR_NULL(strstr(result.limit, "NDCG"));
    clear(&result);
}

/* Rows held out in another way are other rows; where one does not say how, they may be the same. */
static void test_other_split(void)
{
    ReleaseMeta new = {.split = "random", .valid = {0.8, NAN, NAN, NAN}},
                live = {.split = "user", .valid = {0.7, NAN, NAN, NAN}};
    const GateOptions options = gate_options_default();
    GateResult result = {.gate = GATE_QUALITY};
    quality_judge_live(&result, &new, &live, &options);
    CU_ASSERT_EQUAL(result.verdict, GATE_NOT_COMPARABLE);
    CU_ASSERT(says(result.figure, "held out by \"random\", those of the live release by \"user\""));
    clear(&result);
    live.split = NULL;
    quality_judge_live(&result, &new, &live, &options);
    CU_ASSERT_EQUAL(result.verdict, GATE_FAILED);
    clear(&result);
    live.split = "random";
    quality_judge_live(&result, &new, &live, &options);
    CU_ASSERT_EQUAL(result.verdict, GATE_FAILED);
    clear(&result);
}

static const UnitTest tests[] = {
    {"the baseline", test_baseline},
    {"the live release", test_live},
    {"limits", test_limits},
    {"another data set", test_other_data},
    {"another split", test_other_split},
    {NULL, NULL},
};

TAP_MAIN("quality", tests)
