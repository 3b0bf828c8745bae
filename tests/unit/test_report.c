#include "report.h"

#include <math.h>

#include "made_report.h"

static void test_violations(void)
{
    g_autoptr(Report) report = made_bad_report(REPORT_SHOWN + 3);
    CU_ASSERT_EQUAL(report->violations, REPORT_SHOWN + 3 + 4);
    CU_ASSERT_EQUAL(report->first_violations->len, REPORT_SHOWN);
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(report->first_violations, REPORT_SHOWN - 1),
                           "document movie_19: missing");
    const KindFindings *kinds = report->kinds;
    CU_ASSERT_EQUAL(kinds[VIOLATION_MISSING].count, REPORT_SHOWN + 3);
    CU_ASSERT_EQUAL(kinds[VIOLATION_MISSING].first->len, REPORT_SHOWN);
    /* What comes after many of another kind is kept all the same. */
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(kinds[VIOLATION_ORDER].first, 0),
                           "order for {age 18}: a is returned above b");
    CU_ASSERT(kinds[VIOLATION_REFUSED].count == 2 && kinds[VIOLATION_REFUSED].first->len == 1);
    CU_ASSERT_PTR_NULL(kinds[VIOLATION_EXTRA].first);
    CU_ASSERT_EQUAL(report_kinds_found(report), 4);
    CU_ASSERT_EQUAL(report_violations_of(report, CHECK_DOCUMENTS), REPORT_SHOWN + 4);
    CU_ASSERT_EQUAL(report_violations_of(report, CHECK_RANKINGS), 2);
    CU_ASSERT_EQUAL(report_violations_of(report, CHECK_SCORES), 0);
}

/* Ids and titles are anybody's: they must not reach a terminal or a page as they are. */
static void test_nasty_texts(void)
{
    g_autoptr(Report) report = report_new();
    g_autofree char *long_title = g_strnfill(REPORT_LONGEST * 2, 'x');
    report_violation(report, VIOLATION_FIELD, "%s",
                     "a\x1b[2J\n\tb\xc2\x9b"
                     "c\xff"
                     "d é");
    report_violation(report, VIOLATION_FIELD, "%s", long_title);
    const GPtrArray *first = report->first_violations;
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(first, 0), "a�[2J��b�c�d é");
    CU_ASSERT_EQUAL(g_utf8_strlen(g_ptr_array_index(first, 1), -1), REPORT_LONGEST + 1);
    CU_ASSERT(g_str_has_suffix(g_ptr_array_index(first, 1), "x…"));
}

static void test_scores(void)
{
    g_autoptr(Report) report = report_new();
    CU_ASSERT(isnan(report->caught_ulps));
    CU_ASSERT(report_score(report, 1, 0x1p-22, 1.0f + 0x1p-23f, "movie_1", "p"));
    CU_ASSERT_EQUAL(report->worst_ulps, 1);
    CU_ASSERT_EQUAL(report->worst_share, 0.5);
    CU_ASSERT_EQUAL(report->caught_ulps, 4);
    CU_ASSERT(report_score(report, 1, 0x1p-23, 1.0f, "movie_2", "p"));
    CU_ASSERT_EQUAL(report->caught_ulps, 4);
    CU_ASSERT_FALSE(report_score(report, 1, 0x1p-23, 1.0f + 0x1p-22f, "movie_3", "p"));
    CU_ASSERT_FALSE(report_score(report, 1, 0x1p-23, NAN, "movie_4", "p"));
    CU_ASSERT_EQUAL(report->scores, 4);
    CU_ASSERT_EQUAL(report->sample.worst->len, 4);
    const ScorePoint *worst = g_ptr_array_index(report->sample.worst, 0);
    CU_ASSERT_STRING_EQUAL(worst->movie, "movie_4");
}

static void test_checks(void)
{
    g_autoptr(Report) report = report_new();
    report_check(report, CHECK_SCORES);
    for (guint check = 0; check < CHECKS; check++)
        CU_ASSERT_EQUAL(report_has_check(report, check), check == CHECK_SCORES);
}

/* Every kind has all its words, and no two the same name. */
static void test_kinds(void)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++) {
        const ViolationInfo *info = violation_info(kind);
        CU_ASSERT(info->name != NULL && g_hash_table_add(names, (gpointer)info->name));
        CU_ASSERT(info->title != NULL && info->advice != NULL && strlen(info->advice) > 40);
        CU_ASSERT(info->check < CHECKS);
    }
    for (guint check = 0; check < CHECKS; check++)
        CU_ASSERT(report_check_name(check) != NULL && report_check_claim(check) != NULL);
}

/* What turns a line round, or shows nothing, is shown as such. */
static void test_misleading_characters(void)
{
    g_autoptr(Report) report = report_new();
    report_violation(report, VIOLATION_FIELD,
                     "a\342\200\256b\342\201\246c\342\200\250d\342\200\215e");
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(report->first_violations, 0),
                           "a\357\277\275b\357\277\275c\357\277\275d\342\200\215e");
}

static const UnitTest tests[] = {
    {"characters that mislead", test_misleading_characters},
    {"violations by kind", test_violations},
    {"nasty texts", test_nasty_texts},
    {"scores", test_scores},
    {"checks", test_checks},
    {"kinds", test_kinds},
    {NULL, NULL},
};

TAP_MAIN("report", tests)
