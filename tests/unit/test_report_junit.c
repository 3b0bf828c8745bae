#include "report_junit.h"

#include "made_report.h"

/* What GLib's parser of XML makes of it: "name(attribute=value …)[text]" one after the other. */
typedef struct {
    GString *said;
    guint cases, failures, errors, skipped;
} Parsed;

static void on_start(GMarkupParseContext *context, const char *name, const char **names,
                     const char **values, gpointer data, GError **error)
{
    Parsed *parsed = data;
    (void)context;
    (void)error;
    parsed->cases += strcmp(name, "testcase") == 0;
    parsed->failures += strcmp(name, "failure") == 0;
    parsed->errors += strcmp(name, "error") == 0;
    parsed->skipped += strcmp(name, "skipped") == 0;
    g_string_append_printf(parsed->said, "%s(", name);
    for (; *names != NULL; names++, values++)
        g_string_append_printf(parsed->said, "%s=%s ", *names, *values);
    g_string_append(parsed->said, ")\n");
}

static void on_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
                    GError **error)
{
    Parsed *parsed = data;
    (void)context;
    (void)error;
    g_string_append_len(parsed->said, text, (gssize)length);
}

static Parsed parse(const Report *report)
{
    const GMarkupParser parser = {.start_element = on_start, .text = on_text};
    Parsed parsed = {.said = g_string_new(NULL)};
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = report_junit(report);
    g_autoptr(GMarkupParseContext) context =
        g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &parsed, NULL);
    CU_ASSERT(g_markup_parse_context_parse(context, xml, -1, &error) &&
              g_markup_parse_context_end_parse(context, &error));
    if (error != NULL)
        printf("# %s\n", error->message);
    for (const char *at = xml; *at != '\0'; at++)
        CU_ASSERT((guchar)*at >= 0x20 || *at == '\n'); /* which XML does not have */
    return parsed;
}

static void test_right(void)
{
    g_autoptr(Report) report = made_report();
    Parsed parsed = parse(report);
    CU_ASSERT_EQUAL(parsed.cases, CHECKS);
    CU_ASSERT_EQUAL(parsed.failures + parsed.errors + parsed.skipped, 0);
    HAS(parsed.said->str, "testsuite(name=recsys-bridge.parity tests=6 failures=0 errors=0 "
                          "skipped=0 time=3.500 timestamp=2025-11-24T16:00:00 )");
    HAS(parsed.said->str, "testcase(classname=recsys-bridge.parity name=mapping )");
    HAS(parsed.said->str, "property(name=model_id value=0123456789ab )");
    HAS(parsed.said->str, "property(name=pairs_proved value=1100 )");
    g_string_free(parsed.said, TRUE);
}

static void test_failures(void)
{
    g_autoptr(Report) report = made_bad_report(REPORT_SHOWN + 3);
    Parsed parsed = parse(report);
    CU_ASSERT_EQUAL(parsed.cases, CHECKS);
    CU_ASSERT_EQUAL(parsed.failures, 3); /* documents, rankings, orders */
    HAS(parsed.said->str, "failures=3 errors=0 skipped=0 ");
    HAS(parsed.said->str, "failure(type=document-missing message=24 violations, beginning with: "
                          "document missing )\ndocument missing (23)\n  document movie_0: missing");
    HAS(parsed.said->str, "  … and 3 more\n  What to do: Release the bundle again");
    HAS(parsed.said->str, "document movie_<b>&\"'�[31m��]]>: bias is 1, the bundle has 2\n");
    HAS(parsed.said->str, "failure(type=order message=1 violation, beginning with: wrong order )");
    g_string_free(parsed.said, TRUE);
}

static void test_nasty_names(void)
{
    g_autoptr(Report) report = made_report();
    report->index = "a\"b<c>&'\x01\xff";
    Parsed parsed = parse(report);
    HAS(parsed.said->str, "property(name=index value=a\"b<c>&' � )");
    g_string_free(parsed.said, TRUE);
}

static void test_not_asked_for(void)
{
    g_autoptr(Report) report = made_report();
    report->checks = 1u << CHECK_MAPPING | 1u << CHECK_DOCUMENTS;
    Parsed parsed = parse(report);
    CU_ASSERT_EQUAL(parsed.skipped, CHECKS - 2);
    HAS(parsed.said->str, "skipped=4 ");
    g_string_free(parsed.said, TRUE);
}

static void test_no_verdict(void)
{
    g_autoptr(Report) report = report_new();
    report->no_verdict = g_strdup("the cluster <went> away");
    Parsed parsed = parse(report);
    CU_ASSERT(parsed.errors == CHECKS && parsed.failures == 0 && parsed.skipped == 0);
    HAS(parsed.said->str, "errors=6 skipped=0 ");
    HAS(parsed.said->str, "error(type=no-verdict message=the cluster <went> away )");
    g_string_free(parsed.said, TRUE);
}

static const UnitTest tests[] = {
    {"right", test_right},
    {"failures", test_failures},
    {"nasty names", test_nasty_names},
    {"not asked for", test_not_asked_for},
    {"no verdict", test_no_verdict},
    {NULL, NULL},
};

TAP_MAIN("report_junit", tests)
