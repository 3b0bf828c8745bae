#include "report.h"

#include <math.h>

#include "order_proof.h"

Report *report_new(void)
{
    Report *report = g_new0(Report, 1);
    report->started = g_get_real_time();
    report->caught_ulps = NAN;
    report->first_violations = g_ptr_array_new_with_free_func(g_free);
    score_sample_init(&report->sample);
    return report;
}

void report_free(Report *report)
{
    if (report == NULL)
        return;
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++)
        g_clear_pointer(&report->kinds[kind].first, g_ptr_array_unref);
    g_ptr_array_unref(report->first_violations);
    score_sample_clear(&report->sample);
    g_free(report->no_verdict);
    g_free(report->kernel);
    g_free(report);
}

void report_check(Report *report, ReportCheck check)
{
    report->checks |= 1u << check;
}

gboolean report_has_check(const Report *report, ReportCheck check)
{
    return (report->checks & 1u << check) != 0;
}

/* ---- violations ---- */

/* Control characters, and those of format: they turn the line's direction, or show nothing.
 * Joiners are part of some scripts. */
static gboolean is_misleading(gunichar c)
{
    const GUnicodeType type = g_unichar_type(c);
    return g_unichar_iscntrl(c) || (type == G_UNICODE_FORMAT && c != 0x200c && c != 0x200d) ||
           type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

/* What a terminal, a page and a log can show without being led astray. */
static char *make_printable(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *clean = g_string_new(NULL);
    glong length = 0;
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        if (length++ == REPORT_LONGEST) {
            g_string_append(clean, "…");
            break;
        }
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(clean, is_misleading(c) ? 0xfffd : c);
    }
    return g_string_free(clean, FALSE);
}

void report_violation(Report *report, ViolationKind kind, const char *format, ...)
{
    KindFindings *findings = &report->kinds[kind];
    report_repeat(report, kind);
    if (findings->first == NULL)
        findings->first = g_ptr_array_new_with_free_func(g_free);
    if (findings->first->len == REPORT_SHOWN)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *raw = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    char *text = make_printable(raw);
    g_ptr_array_add(findings->first, text);
    if (report->first_violations->len < REPORT_SHOWN)
        g_ptr_array_add(report->first_violations, g_strdup(text));
}

void report_repeat(Report *report, ViolationKind kind)
{
    report->violations++;
    report->kinds[kind].count++;
}

guint64 report_violations_of(const Report *report, ReportCheck check)
{
    guint64 count = 0;
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++)
        if (violation_info(kind)->check == check)
            count += report->kinds[kind].count;
    return count;
}

guint report_kinds_found(const Report *report)
{
    guint found = 0;
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++)
        found += report->kinds[kind].count > 0;
    return found;
}

/* ---- scores ---- */

gboolean report_score(Report *report, double exact, double bound, float answer, const char *movie,
                      const char *profile)
{
    const ScorePoint point = {exact,  bound,         (double)answer - exact,
                              answer, (char *)movie, (char *)profile};
    const ExactScore judged = {exact, bound};
    const double ulps = order_error(judged, answer) / float_ulp(answer);
    report->scores++;
    report->worst_ulps = MAX(report->worst_ulps, ulps);
    report->worst_share = MAX(report->worst_share, score_point_share(&point));
    report->caught_ulps = fmax(report->caught_ulps, exact_score_resolution_ulps(judged));
    score_sample_add(&report->sample, &point);
    return order_score_is_right(judged, answer);
}

gboolean report_keeps_names(const Report *report, double error, double bound)
{
    const GPtrArray *worst = report->sample.worst;
    const ScorePoint point = {.error = error, .bound = bound};
    return worst->len < SAMPLE_WORST ||
           score_point_share(&point) >
               score_point_share(g_ptr_array_index(worst, SAMPLE_WORST - 1));
}

char *report_share_text(const Report *report)
{
    const double share = report->worst_share;
    return share <= 1 ? g_strdup_printf("%.0f %% of its bound", 100 * share)
                      : g_strdup_printf(
                            share < 1000 ? "%.3g times its bound" : "%.0f times its bound", share);
}
