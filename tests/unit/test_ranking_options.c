#include "ranking_options.h"

#include "recommend.h"
#include "recsys_error.h"
#include "tap.h"

static void test_sizes(void)
{
    const struct {
        gint size;
        gboolean valid;
    } cases[] = {{1, TRUE},         {10, TRUE},       {RECOMMEND_MOST, TRUE},
                 {0, FALSE},        {-1, FALSE},      {RECOMMEND_MOST + 1, FALSE},
                 {G_MAXINT, FALSE}, {G_MININT, FALSE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        RankingOptions options = {.size = cases[i].size};
        g_autoptr(GError) error = NULL;
        CU_ASSERT_EQUAL(ranking_options_check(&options, &error), cases[i].valid);
        if (!cases[i].valid)
            TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--size must be 1 to 10000");
        CU_ASSERT_PTR_NULL(error);
    }
}

static void test_parsing(void)
{
    RankingOptions options = RANKING_OPTIONS_DEFAULT;
    CU_ASSERT(options.size == 10 && !options.json);
    g_autofree GOptionEntry *entries = ranking_options_entries(&options);
    g_autoptr(GOptionContext) context = g_option_context_new("");
    g_option_context_add_main_entries(context, entries, NULL);
    const char *const arguments[] = {"x", "--size", "25", "--json", NULL};
    g_auto(GStrv) argv = g_strdupv((char **)arguments);
    CU_ASSERT(g_option_context_parse_strv(context, &argv, NULL));
    CU_ASSERT(options.size == 25 && options.json);
}

static const UnitTest tests[] = {
    {"sizes", test_sizes},
    {"parsing", test_parsing},
    {NULL, NULL},
};

TAP_MAIN("ranking_options", tests)
