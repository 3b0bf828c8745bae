#include "report_json.h"

#include <math.h>

#include "made_report.h"

static yajl_val parsed(const Report *report)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    report_print_json(report, out);
    fclose(out);
    CU_ASSERT_STRING_EQUAL(strchr(text, '\n'), "\n");
    yajl_val tree = json_parse(text, "the report", NULL);
    CU_ASSERT_PTR_NOT_NULL(tree);
    g_free(text);
    return tree;
}

static void test_figures(void)
{
    g_autoptr(Report) report = made_report();
    g_auto(yajl_val) tree = parsed(report);
    const struct {
        const char *path;
        double value;
    } numbers[] = {
        {"documents", 9776},
        {"features", 9777},
        {"profiles", 12},
        {"depth", 100},
        {"pairs_proved", 1100},
        {"pairs_within_rounding", 88},
        {"pairs_violated", 0},
        {"scores", 1200},
        {"violations", 0},
        {"worst_error_ulps", 1.25},
        {"worst_share_of_bound", 0.125},
        {"always_caught_ulps", 36.5},
        {"seconds", 3.5},
    };
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        double value = -1;
        CU_ASSERT(json_get_double(tree, numbers[i].path, &value) && value == numbers[i].value);
    }
    CU_ASSERT(json_is_true(tree, "parity"));
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "url"), "http://localhost:9200"), 0);
    CU_ASSERT_EQUAL(json_array_length(json_get(tree, "checks")), CHECKS);
    CU_ASSERT_EQUAL(json_array_length(json_get(tree, "violations_by_kind")), 0);
}

static void test_violations(void)
{
    g_autoptr(Report) report = made_bad_report(2);
    g_auto(yajl_val) tree = parsed(report);
    CU_ASSERT(YAJL_IS_FALSE(json_get(tree, "parity")));
    yajl_val first = json_get(tree, "first_violations");
    CU_ASSERT_EQUAL(json_array_length(first), 5);
    CU_ASSERT_EQUAL(
        g_strcmp0(YAJL_GET_STRING(json_array_get(first, 1)), "document movie_1: missing"), 0);
    yajl_val kinds = json_get(tree, "violations_by_kind");
    CU_ASSERT_EQUAL(json_array_length(kinds), 4);
    yajl_val missing = json_array_get(kinds, 0), bits = json_array_get(kinds, 1);
    gint64 count = 0;
    CU_ASSERT(json_get_int(missing, "violations", &count) && count == 2);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(missing, "kind"), "document-missing"), 0);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(missing, "check"), "documents"), 0);
    CU_ASSERT_EQUAL(
        g_strcmp0(json_get_string(missing, "advice"), violation_info(VIOLATION_MISSING)->advice),
        0);
    CU_ASSERT_EQUAL(json_array_length(json_get(missing, "first")), 2);
    CU_ASSERT_EQUAL(g_strcmp0(YAJL_GET_STRING(json_array_get(json_get(bits, "first"), 0)),
                              "document movie_<b>&\"'�[31m��]]>: bias is 1, the bundle has 2"),
                    0);
}

/* JSON has no word for them. */
static void test_not_finite(void)
{
    g_autoptr(Report) report = made_report();
    report->worst_ulps = INFINITY;
    report->caught_ulps = NAN;
    report->index = NULL;
    g_auto(yajl_val) tree = parsed(report);
    CU_ASSERT(YAJL_IS_NULL(json_get(tree, "worst_error_ulps")));
    CU_ASSERT(YAJL_IS_NULL(json_get(tree, "always_caught_ulps")));
    CU_ASSERT(YAJL_IS_NULL(json_get(tree, "index")));
}

static const UnitTest tests[] = {
    {"figures", test_figures},
    {"violations", test_violations},
    {"not finite", test_not_finite},
    {NULL, NULL},
};

TAP_MAIN("report_json", tests)
