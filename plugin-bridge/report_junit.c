#include "report_junit.h"

#include "markup.h"

#define SUITE "recsys-bridge"

static void append_attribute(GString *xml, const char *name, const char *value)
{
    g_string_append_printf(xml, " %s=\"", name);
    markup_append(xml, value);
    g_string_append_c(xml, '"');
}

static void append_property(GString *xml, const char *name, const char *value)
{
    if (value == NULL)
        return;
    g_string_append(xml, "      <property");
    append_attribute(xml, "name", name);
    append_attribute(xml, "value", value);
    g_string_append(xml, "/>\n");
}

static void append_figure(GString *xml, const char *name, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    append_property(xml, name, g_ascii_formatd(text, sizeof text, "%.10g", value));
}

static void append_properties(GString *xml, const Report *report)
{
    g_string_append(xml, "    <properties>\n");
    append_property(xml, "url", report->url);
    append_property(xml, "index", report->index);
    append_property(xml, "model_id", report->model_id);
    append_figure(xml, "documents", report->documents);
    append_figure(xml, "profiles", report->profiles);
    append_figure(xml, "depth", report->depth);
    append_figure(xml, "scores", (double)report->scores);
    append_figure(xml, "pairs_proved", (double)report->proved);
    append_figure(xml, "pairs_within_rounding", (double)report->within_rounding);
    append_figure(xml, "worst_error_ulps", report->worst_ulps);
    append_figure(xml, "worst_share_of_bound", report->worst_share);
    append_property(xml, "kernel", report->kernel);
    if (report->kernel != NULL)
        append_figure(xml, "scores_bit_for_bit", (double)report->bits);
    g_string_append(xml, "    </properties>\n");
}

/* The violations of one check, a kind after the other. */
static void append_findings(GString *xml, const Report *report, ReportCheck check)
{
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++) {
        const KindFindings *findings = &report->kinds[kind];
        const ViolationInfo *info = violation_info(kind);
        if (info->check != check || findings->count == 0)
            continue;
        const guint shown = findings->first != NULL ? findings->first->len : 0;
        g_string_append_printf(xml, "%s (%" G_GUINT64_FORMAT ")\n", info->title, findings->count);
        for (guint i = 0; i < shown; i++) {
            g_string_append(xml, "  ");
            markup_append(xml, g_ptr_array_index(findings->first, i));
            g_string_append_c(xml, '\n');
        }
        if (findings->count > shown)
            g_string_append_printf(xml, "  … and %" G_GUINT64_FORMAT " more\n",
                                   findings->count - shown);
        g_string_append(xml, "  What to do: ");
        markup_append(xml, info->advice);
        g_string_append_c(xml, '\n');
    }
}

static const ViolationInfo *first_kind(const Report *report, ReportCheck check)
{
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++)
        if (violation_info(kind)->check == check && report->kinds[kind].count > 0)
            return violation_info(kind);
    return NULL;
}

static void append_failure(GString *xml, const Report *report, ReportCheck check)
{
    const guint64 count = report_violations_of(report, check);
    const ViolationInfo *info = first_kind(report, check);
    g_autofree char *message =
        g_strdup_printf("%" G_GUINT64_FORMAT " violation%s, beginning with: %s", count,
                        count == 1 ? "" : "s", info->title);
    g_string_append(xml, ">\n      <failure");
    append_attribute(xml, "type", info->name);
    append_attribute(xml, "message", message);
    g_string_append_c(xml, '>');
    append_findings(xml, report, check);
    g_string_append(xml, "</failure>\n    </testcase>\n");
}

static void append_case(GString *xml, const Report *report, ReportCheck check)
{
    g_string_append(xml, "    <testcase classname=\"" SUITE ".parity\"");
    append_attribute(xml, "name", report_check_name(check));
    if (report->no_verdict != NULL) {
        g_string_append(xml, ">\n      <error type=\"no-verdict\"");
        append_attribute(xml, "message", report->no_verdict);
        g_string_append(xml, "/>\n    </testcase>\n");
    } else if (report_violations_of(report, check) > 0) {
        append_failure(xml, report, check);
    } else if (!report_has_check(report, check)) {
        g_string_append(xml, "><skipped message=\"not asked for\"/></testcase>\n");
    } else {
        g_string_append(xml, "/>\n");
    }
}

char *report_junit(const Report *report)
{
    guint failures = 0, skipped = 0;
    for (guint check = 0; check < CHECKS; check++) {
        failures += report_violations_of(report, check) > 0;
        skipped += !report_has_check(report, check) && report_violations_of(report, check) == 0;
    }
    const gboolean is_known = report->no_verdict == NULL;
    char seconds[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(seconds, sizeof seconds, "%.3f", report->seconds);
    g_autofree char *counts = g_strdup_printf(
        "tests=\"%d\" failures=\"%u\" errors=\"%d\" skipped=\"%u\" time=\"%s\"", CHECKS,
        is_known ? failures : 0, is_known ? 0 : CHECKS, is_known ? skipped : 0, seconds);
    g_autoptr(GDateTime) started = g_date_time_new_from_unix_utc(report->started / G_USEC_PER_SEC);
    g_autofree char *stamp = g_date_time_format(started, "%Y-%m-%dT%H:%M:%S");

    GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    g_string_append_printf(xml, "<testsuites name=\"" SUITE "\" %s>\n", counts);
    g_string_append_printf(xml, "  <testsuite name=\"" SUITE ".parity\" %s timestamp=\"%s\">\n",
                           counts, stamp);
    append_properties(xml, report);
    for (guint check = 0; check < CHECKS; check++)
        append_case(xml, report, check);
    g_string_append(xml, "  </testsuite>\n</testsuites>\n");
    return g_string_free(xml, FALSE);
}
