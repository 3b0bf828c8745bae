#include "recommend_options.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static void test_years(void)
{
    const struct {
        const char *text;
        int from, to;
    } good[] = {{"1990-1999", 1990, 1999}, {"1990-", 1990, 0},        {"-1999", 0, 1999},
                {"1995", 1995, 1995},      {"1995-1995", 1995, 1995}, {"1-9999", 1, 9999}};
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        int from = -1, to = -1;
        CU_ASSERT(recommend_options_parse_years(good[i].text, &from, &to, NULL));
        CU_ASSERT(from == good[i].from && to == good[i].to);
    }
    const char *bad[] = {"",       "-",       "x",    "19x",        "1990-x", "1990-1999-",
                         "1990 -", "--5",     "0",    "0-5",        "5-0",    "10000",
                         "-10000", "1990--1", " 199", "1990-1999 ", "+1990",  "123456"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        int from = 0, to = 0;
        g_autoptr(GError) error = NULL;
        CU_ASSERT_FALSE(recommend_options_parse_years(bad[i], &from, &to, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "1990-1999, 1990-");
    }
}

/* ---- the filter ---- */

static Filter *filter_of(const char *line, GError **error)
{
    g_auto(RecommendOptions) options = {0};
    g_autofree GOptionEntry *entries = recommend_options_filter_entries(&options, TRUE);
    g_autoptr(GOptionContext) context = g_option_context_new("");
    g_option_context_add_main_entries(context, entries, NULL);
    g_auto(GStrv) argv = NULL;
    CU_ASSERT(g_shell_parse_argv(line, NULL, &argv, NULL));
    CU_ASSERT(g_option_context_parse_strv(context, &argv, NULL));
    const SeenWhose whose = {.user = "42"};
    g_autoptr(Filter) filter = recommend_options_filter(&options, error);
    g_autoptr(Seen) seen =
        filter != NULL ? recommend_options_seen(&options, &whose, filter, error) : NULL;
    return seen != NULL ? g_steal_pointer(&filter) : NULL;
}

static void test_filter(void)
{
    g_autofree char *directory = tap_directory();
    fixture_put(directory, "seen", "7\n8\n", -1);
    g_autofree char *line = g_strdup_printf(
        "x --genre A --genre B --every-genre C --no-genre D --years 1990- --min-ratings 5 "
        "--exclude '1, 2' --exclude 3 --exclude-seen %s/seen --filter '{\"a\":{}}'",
        directory);
    g_autoptr(Filter) filter = filter_of(line, NULL);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    filter_put(json, filter);
    g_autofree char *text = json_take(json, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"terms\":{\"genres\":[\"A\",\"B\"]}}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"term\":{\"genres\":\"C\"}}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"year\":{\"gte\":1990}}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"ratings\":{\"gte\":5}}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"a\":{}}]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"terms\":{\"genres\":[\"D\"]}}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"value\":[\"1\",\"2\",\"3\",\"7\",\"8\"]}"));
}

static void test_refused(void)
{
    const struct {
        const char *line, *text;
    } cases[] = {
        {"x --from=-1", "--from must be from 0"},
        {"x --min-ratings=-1", "--min-ratings must be from 0"},
        {"x --years 2000-1990", "the years from 2000 to 1990 are none"},
        {"x --genre A --no-genre A", "both wanted and excluded"},
        {"x --exclude 1,,2", "ids of movies are expected"},
        {"x --exclude ''", "--exclude \"\": ids of movies are expected"},
        {"x --exclude 1, --exclude 2", "ids of movies are expected"},
        {"x --exclude '1,\"2'", "ids of movies are expected"},
        {"x --exclude '\"1\"2'", "ids of movies are expected"},
        {"x --exclude '1,\t2\t3'", "ids of movies are expected"},
        {"x --filter {", "the filter is not valid JSON"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(filter_of(cases[i].line, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, cases[i].text);
    }
}

static void check_excluded(const char *line, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Filter) filter = filter_of(line, &error);
    CU_ASSERT_PTR_NOT_NULL(filter);
    if (filter == NULL)
        return;
    g_ptr_array_add(filter->excluded, NULL);
    g_autofree char *excluded = g_strjoinv("|", (char **)filter->excluded->pdata);
    CU_ASSERT_STRING_EQUAL(excluded, expected);
}

static void test_excluded(void)
{
    check_excluded("x --exclude 1,2", "1|2");
    check_excluded("x --exclude ' 1 , two words'", "1|two words");
    check_excluded("x --exclude '\"a,b\"'", "a,b");
    check_excluded("x --exclude '1, \"a, \"\"b\"\"\" ,12\" single' --exclude c::d",
                   "1|a, \"b\"|12\" single|c::d");
    g_autofree char *id = g_strnfill(507, 'x');
    g_autofree char *longer = g_strdup_printf("x --exclude 1,%s", id);
    g_autofree char *longest = g_strdup_printf("x --exclude %s", id + 1);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(filter_of(longer, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "a movie's id of 507 bytes");
    check_excluded(longest, id + 1);
}

/* ---- what does not go together ---- */

static void test_together(void)
{
    char history[] = "seen.txt";
    const RecommendOptions good[] = {
        {0}, {.diversity = 1, .explain = TRUE}, {.history = history, .skip_unknown = TRUE}};
    for (guint i = 0; i < G_N_ELEMENTS(good); i++)
        CU_ASSERT(recommend_options_check(&good[i], NULL));
    const struct {
        RecommendOptions options;
        const char *message;
    } bad[] = {
        {{.diversity = -0.1}, "--diversify must be from 0 to 1"},
        {{.diversity = 1.1}, "--diversify must be from 0 to 1"},
        {{.diversity = NAN}, "--diversify must be from 0 to 1"},
        {{.diversity = 0.5, .from = 10}, "it has no --from"},
        {{.diversity = 0.5, .curl = TRUE}, "--curl prints what the cluster is asked"},
        {{.history = history, .curl = TRUE}, "--curl prints what the cluster is asked"},
        {{.skip_unknown = TRUE}, "--skip-unknown is about"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_FALSE(recommend_options_check(&bad[i].options, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, bad[i].message);
    }
}

static void test_standard_input(void)
{
    char input[] = "-", file[] = "seen.txt";
    char *one[] = {file, input, NULL}, *two[] = {input, input, NULL}, *none[] = {file, file, NULL};
    const struct {
        RecommendOptions options;
        const char *other;
        gboolean good;
    } cases[] = {
        {{0}, NULL, TRUE},
        {{.seen = none, .history = file}, "-", TRUE},
        {{.seen = one, .history = file}, "profiles.jsonl", TRUE},
        {{.history = input}, NULL, TRUE},
        {{.seen = two}, NULL, FALSE},
        {{.seen = one, .history = input}, NULL, FALSE},
        {{.seen = one}, "-", FALSE},
        {{.history = input}, "-", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_EQUAL(recommend_options_check_input(&cases[i].options, cases[i].other, &error),
                        cases[i].good);
        if (!cases[i].good)
            TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "can be read only once");
    }
}

static const UnitTest tests[] = {
    {"standard input once", test_standard_input},
    {"years", test_years},
    {"filter", test_filter},
    {"what is refused", test_refused},
    {"ids to exclude", test_excluded},
    {"what does not go together", test_together},
    {NULL, NULL},
};

TAP_MAIN("recommend_options", tests)
