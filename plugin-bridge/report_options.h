/* Where a report goes: the options that verify has for it. */
#pragma once

#include "report.h"

typedef struct {
    gboolean json;
    char *junit, *html; /* files, or NULL */
} ReportOptions;

void report_options_clear(ReportOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReportOptions, report_options_clear)

/* The option table that fills `options`; free with g_free. */
GOptionEntry *report_options_entries(ReportOptions *options);

/* Prints the report and writes the files that are asked for. FALSE with RECSYS_ERROR_GATE if
 * parity is violated, else with RECSYS_ERROR_DATA if a file could not be written; the verdict is
 * printed either way. */
gboolean report_deliver(const Report *report, const ReportOptions *options,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the files that are asked for as those of a verification that came to no verdict because
 * of `cause`, lest a former verdict stay in them; what cannot be written is said on stderr. With
 * --json it is said on standard output too (json_failure.h). */
void report_deliver_failure(Report *report, const ReportOptions *options, const GError *cause);
