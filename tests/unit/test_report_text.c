#include "report_text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "made_report.h"

static char *printed(const Report *report, gboolean colour)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    report_print(report, out, colour);
    fclose(out);
    return text;
}

static guint count_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return g_strv_length(lines) - 1;
}

static void test_right(void)
{
    g_autoptr(Report) report = made_report();
    g_autofree char *text = printed(report, FALSE);
    CU_ASSERT(g_str_has_prefix(text, "parity: yes\n"));
    const char *const parts[] = {
        "recsys-1 at http://localhost:9200 (model 0123456789ab)",
        "9776 compared bit for bit, 9777 expected",
        "12 profiles at depth 100: 1100 pairs proved, 88 within rounding, 0 violated",
        "1200 compared; largest error 1.25 ulp, 12 % of its bound",
        "an error of 36.5 ulp in any of these scores is always caught",
        "violations  0\n",
        "3.5 s",
    };
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        HAS(text, parts[i]);
    HAS_NOT(text, "What to do");
    HAS_NOT(text, "\033");
    CU_ASSERT(count_lines(text) <= 12);
}

static void test_violated(void)
{
    g_autoptr(Report) report = made_bad_report(REPORT_SHOWN + 3);
    g_autofree char *text = printed(report, FALSE);
    CU_ASSERT(g_str_has_prefix(text, "parity: NO\n"));
    HAS(text, "violations  27\n");
    HAS(text, "document missing (23)\n  document movie_0: missing\n");
    HAS(text, "  document movie_4: missing\n  … and 18 more\n  What to do: Release");
    HAS(text, "stored numbers differ (1)\n  document movie_<b>&\"'�[31m��]]>: bias is 1");
    HAS(text, "wrong order (1)\n  order for {age 18}: a is returned above b\n  What to do: ");
    HAS(text, "ranking refused (2)\n  ranking for {age 18}: no\n  … and 1 more\n");
    HAS_NOT(text, "document movie_5");
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++) {
        const char *advice = strstr(text, violation_info(kind)->advice);
        CU_ASSERT_EQUAL(advice != NULL, report->kinds[kind].count > 0);
    }
}

static void test_one_kind(void)
{
    g_autoptr(Report) report = made_report();
    for (guint i = 0; i < REPORT_SHOWN + 3; i++)
        report_violation(report, VIOLATION_EXTRA, "thing %u", i);
    g_autofree char *text = printed(report, FALSE);
    HAS(text, "thing 19\n  … and 3 more\n");
}

static void test_unknown_strength(void)
{
    g_autoptr(Report) report = made_report();
    g_autoptr(Report) fresh = report_new();
    report->caught_ulps = fresh->caught_ulps;
    g_autofree char *text = printed(report, FALSE);
    HAS_NOT(text, "caught");
    HAS_NOT(text, "nan");
}

static void test_colour(void)
{
    g_autoptr(Report) right = made_report();
    g_autoptr(Report) wrong = made_bad_report(1);
    g_autofree char *yes = printed(right, TRUE), *no = printed(wrong, TRUE);
    HAS(yes, "parity: \033[1;32myes\033[0m\n");
    HAS(no, "parity: \033[1;31mNO\033[0m\n");
    HAS(no, "\033[1mdocument missing\033[0m (1)\n");
    HAS_NOT(no, "\033[31m"); /* the id's own */
}

/* A file is no terminal; a terminal has colour unless somebody says otherwise. */
static void test_wants_colour(void)
{
    FILE *file = tmpfile();
    g_unsetenv("NO_COLOR");
    g_setenv("TERM", "xterm", TRUE);
    CU_ASSERT_FALSE(report_wants_colour(file));
    fclose(file);
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        tap_skip("there are no terminals here");
        return;
    }
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY); /* ours, but not our master */
    FILE *terminal = slave >= 0 ? fdopen(slave, "r") : NULL;
    CU_ASSERT(terminal != NULL && report_wants_colour(terminal));
    g_setenv("NO_COLOR", "", TRUE); /* as if it were not set */
    CU_ASSERT(terminal != NULL && report_wants_colour(terminal));
    g_setenv("NO_COLOR", "1", TRUE);
    CU_ASSERT(terminal != NULL && !report_wants_colour(terminal));
    g_unsetenv("NO_COLOR");
    g_setenv("TERM", "dumb", TRUE);
    CU_ASSERT(terminal != NULL && !report_wants_colour(terminal));
    if (terminal != NULL)
        fclose(terminal);
    close(master);
}

static const UnitTest tests[] = {
    {"right", test_right},
    {"violated", test_violated},
    {"one kind alone", test_one_kind},
    {"unknown strength", test_unknown_strength},
    {"colour", test_colour},
    {"who wants colour", test_wants_colour},
    {NULL, NULL},
};

TAP_MAIN("report_text", tests)
