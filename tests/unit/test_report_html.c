#include "report_html.h"

#include <math.h>

#include "made_report.h"

static void add_scores(Report *report, guint count)
{
    for (guint i = 0; i < count; i++)
        report_score(report, 10 + i * 1e-3, 1e-4, (float)(10 + i * 1e-3), "movie_1", "age 18");
}

static guint count_of(const char *text, const char *part)
{
    guint count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static void test_right(void)
{
    g_autoptr(Report) report = made_report();
    add_scores(report, 100);
    g_autofree char *html = report_html(report);
    CU_ASSERT(g_str_has_prefix(html, "<!DOCTYPE html>\n"));
    HAS(html, "<title>Parity holds: recsys-1</title>");
    HAS(html, "<header class=\"yes\"><h1>Parity holds</h1>");
    HAS(html, "recsys-1 at http://localhost:9200, model 0123456789ab");
    HAS(html, "2025-11-24 16:00:00 UTC");
    HAS(html, "<b>9\u202f776</b><span>documents compared, 9\u202f777 expected</span>");
    HAS(html, "<b>0</b><span>violations</span>");
    HAS(html, "<i class=\"proved\" style=\"flex:1100\">");
    HAS(html, "@media(prefers-color-scheme:dark)");
    HAS_NOT(html, "<section class=\"kind\">");
    CU_ASSERT_EQUAL(count_of(html, "<svg viewBox"), 2);
    CU_ASSERT_EQUAL(count_of(html, "<circle"), 2 * (100 + SAMPLE_WORST));
    HAS_NOT(html, "nan");
}

/* Nothing is fetched, and nothing runs. */
static void test_self_contained(void)
{
    g_autoptr(Report) report = made_bad_report(5);
    add_scores(report, 100);
    report->url = "x"; /* the only address there may be */
    g_autofree char *html = report_html(report);
    const char *const outside[] = {"http:", "https:", "url(", "<script", "<link", "<img", "src="};
    for (guint i = 0; i < G_N_ELEMENTS(outside); i++)
        HAS_NOT(html, outside[i]);
}

static void test_violations(void)
{
    g_autoptr(Report) report = made_bad_report(REPORT_SHOWN + 3);
    report_score(report, 10, 1e-6, 10.5f, NASTY_ID, "age \"<18>\"");
    g_autofree char *html = report_html(report);
    HAS(html, "<header class=\"no\"><h1>Parity is violated</h1>");
    HAS(html, "<h3>document missing: 23</h3>");
    HAS(html, "<li>document movie_0: missing</li>");
    HAS(html, "<summary>19 more</summary>");
    HAS(html, "<li>… and 3 more</li>");
    HAS(html, "<li>document movie_&lt;b&gt;&amp;&quot;&apos;�[31m��]]&gt;: bias is 1");
    HAS(html, "<title>movie_&lt;b&gt;&amp;&quot;&apos; [31m �]]&gt; for {age "
              "&quot;&lt;18&gt;&quot;}: cluster 10.5, model 10; off by 0.5, 5e+05 of its bound");
    HAS(html, "<td class=\"failed\">24 violations</td>");
    HAS_NOT(html, "\x1b");
    HAS_NOT(html, "\x01");
}

static void test_bounded(void)
{
    g_autoptr(Report) report = made_report();
    add_scores(report, 100000);
    report_score(report, 20, 1e-6, 21, "movie_late", "age 18");
    g_autofree char *html = report_html(report);
    printf("# %zu bytes\n", strlen(html));
    CU_ASSERT(strlen(html) < 400000);
    CU_ASSERT_EQUAL(count_of(html, "<title>movie_late for {age 18}"), 2);
}

/* Figures of next to nothing, and of what is no number. */
static void test_extremes(void)
{
    g_autoptr(Report) none = made_report();
    g_autofree char *without = report_html(none);
    HAS_NOT(without, "<svg viewBox");
    const double scores[][2] = {{1, 1},       {0, 0},        {1e-40, 1e-40},
                                {3e38, 3e38}, {1, INFINITY}, {1, NAN}};
    for (guint i = 0; i < G_N_ELEMENTS(scores); i++) {
        g_autoptr(Report) report = made_report();
        report_score(report, scores[i][0], 1e-6, (float)scores[i][1], "m", "p");
        g_autofree char *html = report_html(report);
        HAS_NOT(html, "\"nan");
        HAS_NOT(html, "\"-nan");
        HAS_NOT(html, "\"inf");
        HAS_NOT(html, "\"-inf");
    }
}

static void test_no_verdict(void)
{
    g_autoptr(Report) report = report_new();
    report->no_verdict = g_strdup("the cluster <went> away");
    g_autofree char *html = report_html(report);
    HAS(html, "<header class=\"unknown\"><h1>No verdict</h1>");
    HAS(html, "<p>the cluster &lt;went&gt; away</p>");
    HAS_NOT(html, "holds</td>");
    HAS_NOT(html, "scores compared");
}

static const UnitTest tests[] = {
    {"right", test_right},
    {"self-contained", test_self_contained},
    {"violations", test_violations},
    {"bounded in size", test_bounded},
    {"extremes", test_extremes},
    {"no verdict", test_no_verdict},
    {NULL, NULL},
};

TAP_MAIN("report_html", tests)
