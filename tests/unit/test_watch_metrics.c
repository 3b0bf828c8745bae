#include "watch_metrics.h"

#include <math.h>

#include "made_report.h"

/* Every line is a comment of a known form or a sample, and every sample's name has its HELP and
 * TYPE before it. */
static void check_format(const char *text)
{
    g_autoptr(GHashTable) typed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GRegex) sample = g_regex_new(
        "^([a-z_]+)(\\{[a-z_]+=\"([^\"\\\\\\n]|\\\\[\\\\\"n])*\"(,[a-z_]+=\"([^\"\\\\\\n]|"
        "\\\\[\\\\\"n])*\")*\\})? (NaN|[+-]Inf|-?[0-9.]+(e[+-]?[0-9]+)?)$",
        0, 0, NULL);
    g_autoptr(GRegex) type =
        g_regex_new("^# HELP ([a-z_]+) [^\\n]+\\n# TYPE \\1 (gauge|counter)$", 0, 0, NULL);
    CU_ASSERT(g_str_has_suffix(text, "\n"));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
        g_autoptr(GMatchInfo) match = NULL;
        g_autofree char *two = lines[i][0] == '#' && lines[i + 1] != NULL
                                   ? g_strdup_printf("%s\n%s", lines[i], lines[i + 1])
                                   : NULL;
        gboolean right =
            g_regex_match(two != NULL ? type : sample, two != NULL ? two : lines[i], 0, &match);
        g_autofree char *name = right ? g_match_info_fetch(match, 1) : g_strdup("");
        if (two != NULL)
            right = right && g_hash_table_add(typed, g_strdup(name));
        else
            right = right && g_hash_table_contains(typed, name);
        CU_ASSERT(right);
        if (!right)
            printf("# line %u: %s\n", i + 1, lines[i]);
        i += two != NULL;
    }
}

static void test_nothing_yet(void)
{
    WatchTotals totals = {.alias = "recsys"};
    g_autofree char *text = watch_metrics(&totals);
    check_format(text);
    HAS(text, "\nrecsys_watch_up 0\n");
    HAS(text, "\nrecsys_watch_parity NaN\n");
    HAS(text, "\nrecsys_watch_rounds_total{result=\"right\"} 0\n");
    HAS_NOT(text, "release_info");
}

static void test_counts(void)
{
    g_auto(WatchTotals) totals = {.alias = "recsys"};
    g_autoptr(Report) right = made_report();
    g_autoptr(Report) wrong = made_bad_report(3);
    g_autoptr(Report) unknown = report_new();
    wrong->worst_ulps = 0.5;
    watch_totals_add(&totals, ROUND_RIGHT, right, 1764000000.25);
    g_autofree char *first = watch_metrics(&totals);
    HAS(first, "\nrecsys_watch_parity 1\n");
    HAS(first, "\nrecsys_watch_worst_error_ulps 1.25\n");
    watch_totals_add(&totals, ROUND_VIOLATED, wrong, 1764000010);
    watch_totals_add(&totals, ROUND_UNREACHABLE, unknown, 1764000020);
    g_autofree char *text = watch_metrics(&totals);
    check_format(text);
    const char *const parts[] = {
        "recsys_watch_up 0",
        "recsys_watch_parity 0",
        "recsys_watch_last_round_timestamp_seconds 1764000020",
        "recsys_watch_last_verdict_timestamp_seconds 1764000010",
        "recsys_watch_worst_error_ulps 0.5",
        "recsys_watch_rounds_total{result=\"right\"} 1",
        "recsys_watch_rounds_total{result=\"violated\"} 1",
        "recsys_watch_rounds_total{result=\"unreachable\"} 1",
        "recsys_watch_rounds_total{result=\"refused\"} 0",
        "recsys_watch_violations_total{kind=\"document-missing\"} 3",
        "recsys_watch_violations_total{kind=\"ranking-refused\"} 2",
        "recsys_watch_violations_total{kind=\"score\"} 0",
        "recsys_watch_pairs_total{order=\"proved\"} 2200",
        "recsys_watch_pairs_total{order=\"within_rounding\"} 176",
        "recsys_watch_scores_total 2400",
        "recsys_watch_profiles_total 24",
        "recsys_watch_documents_total 19552",
    };
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *line = g_strdup_printf("\n%s\n", parts[i]);
        HAS(text, line);
    }
    CU_ASSERT_EQUAL(watch_totals_rounds(&totals), 3);
    CU_ASSERT_EQUAL(watch_totals_violations(&totals), 7);
    /* An answer that says nothing about parity is an answer. */
    watch_totals_add(&totals, ROUND_REFUSED, unknown, 1764000030);
    g_autofree char *later = watch_metrics(&totals);
    HAS(later, "\nrecsys_watch_up 1\n");
    HAS(later, "\nrecsys_watch_parity 0\n");
}

static void test_labels(void)
{
    g_auto(WatchTotals) totals = {.alias = "a\\b"};
    totals.index = g_strdup("i\"}\nj");
    totals.model_id = g_strdup("m");
    totals.worst_ulps = INFINITY;
    g_autofree char *text = watch_metrics(&totals);
    check_format(text);
    HAS(text,
        "recsys_watch_release_info{alias=\"a\\\\b\",index=\"i\\\"}\\nj\",model_id=\"m\"} 1\n");
    HAS(text, "recsys_watch_worst_error_ulps +Inf\n");
}

static void test_summary(void)
{
    g_auto(WatchTotals) totals = {.alias = "recsys"};
    g_autoptr(Report) right = made_report();
    char *text = NULL;
    size_t size = 0;
    watch_totals_add(&totals, ROUND_RIGHT, right, 1);
    watch_totals_add(&totals, ROUND_INCONCLUSIVE, right, 2);
    FILE *out = open_memstream(&text, &size);
    watch_totals_print(&totals, out);
    fclose(out);
    CU_ASSERT_STRING_EQUAL(text, "2 rounds: 1 right, 0 violated, 1 without a verdict; 1100 pairs "
                                 "proved, 88 within rounding; largest error 1.25 ulp\n");
    g_free(text);
}

static const UnitTest tests[] = {
    {"nothing yet", test_nothing_yet},
    {"counts", test_counts},
    {"labels", test_labels},
    {"summary", test_summary},
    {NULL, NULL},
};

TAP_MAIN("watch_metrics", tests)
