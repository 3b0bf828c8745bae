/* Reports that no verification has made, for the tests of what is said of them. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "report.h"
#include "tap.h"

/* An id as nobody should choose it. */
#define NASTY_ID "movie_<b>&\"'\x1b[31m\x01\xff]]>"

static inline Report *made_report(void)
{
    Report *report = report_new();
    report->url = "http://localhost:9200";
    report->index = "recsys-1";
    report->model_id = "0123456789ab";
    report->started = G_GINT64_CONSTANT(1764000000) * G_USEC_PER_SEC;
    report->documents = 9776;
    report->features = 9777;
    report->profiles = 12;
    report->depth = 100;
    report->scores = 1200;
    report->proved = 1100;
    report->within_rounding = 88;
    report->worst_ulps = 1.25;
    report->worst_share = 0.125;
    report->caught_ulps = 36.5;
    report->seconds = 3.5;
    for (guint check = 0; check < CHECKS; check++)
        report_check(report, check);
    return report;
}

/* The same with documents missing, and with one violation of each of some other kinds. */
static inline Report *made_bad_report(guint missing)
{
    Report *report = made_report();
    for (guint i = 0; i < missing; i++)
        report_violation(report, VIOLATION_MISSING, "document movie_%u: missing", i);
    report_violation(report, VIOLATION_BITS, "document %s: bias is 1, the bundle has 2", NASTY_ID);
    report_violation(report, VIOLATION_ORDER, "order for {age 18}: a is returned above b");
    report_violation(report, VIOLATION_REFUSED, "ranking for {age 18}: no");
    report_repeat(report, VIOLATION_REFUSED);
    return report;
}

#define HAS(text, part) CU_ASSERT(made_has(text, part))
#define HAS_NOT(text, part) CU_ASSERT_PTR_NULL(strstr(text, part))

static inline gboolean made_has(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        return TRUE;
    printf("# not found: %s\n", part);
    return FALSE;
}
