#include "validation_figures.h"

#include <math.h>

#include "tap.h"

static gboolean same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void check(const ValidationFigures *figures, double rmse, double baseline_rmse, double ndcg,
                  double baseline_ndcg)
{
    CU_ASSERT(same(figures->rmse, rmse));
    CU_ASSERT(same(figures->baseline_rmse, baseline_rmse));
    CU_ASSERT(same(figures->ndcg, ndcg));
    CU_ASSERT(same(figures->baseline_ndcg, baseline_ndcg));
}

/* What is absent, null, no number or infinite is unknown. */
static void test_of_training(void)
{
    const struct {
        const char *training;
        ValidationFigures figures;
    } cases[] = {
        {"{\"final\":{\"valid_rmse\":0.875,\"baseline_rmse\":0.9375,\"valid_ndcg\":0.25,"
         "\"baseline_ndcg\":0.125}}",
         {0.875, 0.9375, 0.25, 0.125}},
        {"{\"final\":{\"valid_rmse\":0.875}}", {0.875, NAN, NAN, NAN}},
        {"{\"final\":{\"valid_ndcg\":0.25,\"baseline_ndcg\":0.125}}", {NAN, NAN, 0.25, 0.125}},
        {"{\"final\":{\"valid_rmse\":null,\"baseline_rmse\":\"0.5\",\"valid_ndcg\":1e999,"
         "\"baseline_ndcg\":0}}",
         {NAN, NAN, NAN, 0}},
        {"{\"rmse\":1,\"ndcg\":1,\"final\":{}}", {NAN, NAN, NAN, NAN}},
        {"{}", {NAN, NAN, NAN, NAN}},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ValidationFigures *wanted = &cases[i].figures;
        g_auto(yajl_val) training = json_parse(cases[i].training, "training", NULL);
        const ValidationFigures figures = validation_figures_of_training(training);
        check(&figures, wanted->rmse, wanted->baseline_rmse, wanted->ndcg, wanted->baseline_ndcg);
    }
}

/* Each alone, all and none: what was put is read, and nothing else was put. */
static void test_put_and_read(void)
{
    for (guint known = 0; known < 16; known++) {
        const ValidationFigures figures = {
            (known & 1) != 0 ? 0.1 : NAN,
            (known & 2) != 0 ? 0.2 : NAN,
            (known & 4) != 0 ? 0.3 : NAN,
            (known & 8) != 0 ? 0.4 : NAN,
        };
        g_auto(yajl_gen) json = json_generator_new(FALSE);
        yajl_gen_map_open(json);
        validation_figures_put(json, "validation", &figures);
        yajl_gen_map_close(json);
        g_autofree char *text = json_take(json, NULL);
        g_auto(yajl_val) tree = json_parse(text, "figures", NULL);
        yajl_val object = json_get(tree, "validation");
        CU_ASSERT(YAJL_IS_OBJECT(object) &&
                  object->u.object.len == (gsize)__builtin_popcount(known));
        const ValidationFigures read = validation_figures_read(object);
        check(&read, figures.rmse, figures.baseline_rmse, figures.ndcg, figures.baseline_ndcg);
    }
}

static void test_nothing(void)
{
    const ValidationFigures figures = validation_figures_read(NULL);
    check(&figures, NAN, NAN, NAN, NAN);
}

static const UnitTest tests[] = {
    {"of a training", test_of_training},
    {"put and read", test_put_and_read},
    {"an object that is not there", test_nothing},
    {NULL, NULL},
};

TAP_MAIN("validation_figures", tests)
