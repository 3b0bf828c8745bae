#include "report.h"

#include <string.h>

#include "json.h"
#include "tap.h"

static Report *example(guint violations)
{
    Report *report = report_new();
    report->url = "http://localhost:9200";
    report->index = "recsys-1";
    report->model_id = "0123456789ab";
    report->documents = 9776;
    report->features = 9777;
    report->profiles = 12;
    report->depth = 100;
    report->scores = 1200;
    report->proved = 1100;
    report->within_rounding = 88;
    report->worst_ulps = 1.25;
    report->worst_share = 0.125;
    report->seconds = 3.5;
    for (guint i = 0; i < violations; i++)
        report_violation(report, "thing %u is \"%s\"", i, "wrong");
    return report;
}

static char *printed(const Report *report, gboolean json)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (json)
        report_print_json(report, out);
    else
        report_print(report, out);
    fclose(out);
    return text;
}

static void test_violations(void)
{
    g_autoptr(Report) report = example(REPORT_SHOWN + 3);
    CU_ASSERT_EQUAL(report->violations, REPORT_SHOWN + 3);
    CU_ASSERT_EQUAL(report->first_violations->len, REPORT_SHOWN);
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(report->first_violations, 0), "thing 0 is \"wrong\"");
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(report->first_violations, REPORT_SHOWN - 1),
                           "thing 19 is \"wrong\"");
}

static void test_text(void)
{
    g_autoptr(Report) good = example(0);
    g_autofree char *text = printed(good, FALSE);
    CU_ASSERT(g_str_has_prefix(text, "parity: yes\n"));
    const char *const parts[] = {
        "recsys-1",        "0123456789ab",  "9776 compared bit for bit, 9777 expected",
        "12 profiles",     "depth 100",     "1100 pairs proved",
        "88 within",       "1200 compared", "1.25 ulp",
        "violations  0\n", "3.5 s"};
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(text, parts[i]));
    CU_ASSERT_PTR_NULL(strstr(text, "What to do"));

    g_autoptr(Report) bad = example(REPORT_SHOWN + 3);
    g_autofree char *findings = printed(bad, FALSE);
    CU_ASSERT(g_str_has_prefix(findings, "parity: NO\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(findings, "violations  23\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(findings, "thing 19 is \"wrong\"\n"));
    CU_ASSERT_PTR_NULL(strstr(findings, "thing 20"));
    CU_ASSERT_PTR_NOT_NULL(strstr(findings, "and 3 more\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(findings, "What to do"));
}

static void test_json(void)
{
    g_autoptr(Report) report = example(2);
    g_autofree char *text = printed(report, TRUE);
    CU_ASSERT_STRING_EQUAL(strchr(text, '\n'), "\n");
    g_auto(yajl_val) tree = json_parse(text, "x", NULL);
    const struct {
        const char *path;
        double value;
    } numbers[] = {
        {"documents", 9776},        {"features", 9777},
        {"profiles", 12},           {"depth", 100},
        {"pairs_proved", 1100},     {"pairs_within_rounding", 88},
        {"scores", 1200},           {"violations", 2},
        {"worst_error_ulps", 1.25}, {"worst_share_of_bound", 0.125},
        {"seconds", 3.5},
    };
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        double value = -1;
        CU_ASSERT(json_get_double(tree, numbers[i].path, &value) && value == numbers[i].value);
    }
    CU_ASSERT(YAJL_IS_FALSE(json_get(tree, "parity")));
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "url"), "http://localhost:9200"), 0);
    yajl_val first = json_get(tree, "first_violations");
    CU_ASSERT_EQUAL(json_array_length(first), 2);
    CU_ASSERT_EQUAL(g_strcmp0(YAJL_GET_STRING(json_array_get(first, 1)), "thing 1 is \"wrong\""),
                    0);
    g_autoptr(Report) good = example(0);
    g_autofree char *good_text = printed(good, TRUE);
    g_auto(yajl_val) good_tree = json_parse(good_text, "x", NULL);
    CU_ASSERT(json_is_true(good_tree, "parity"));
}

static const UnitTest tests[] = {
    {"violations", test_violations},
    {"text", test_text},
    {"JSON", test_json},
    {NULL, NULL},
};

TAP_MAIN("report", tests)
