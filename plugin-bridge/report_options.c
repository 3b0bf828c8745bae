#include "report_options.h"

#include <stdio.h>

#include "json_failure.h"
#include "recsys_error.h"
#include "report_html.h"
#include "report_json.h"
#include "report_junit.h"
#include "report_text.h"
#include "whole_file.h"

void report_options_clear(ReportOptions *options)
{
    g_free(options->junit);
    g_free(options->html);
    *options = (ReportOptions){0};
}

GOptionEntry *report_options_entries(ReportOptions *options)
{
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {"junit", 0, 0, G_OPTION_ARG_FILENAME, &options->junit,
         "write JUnit XML too, a test case for each check", "FILE"},
        {"html", 0, 0, G_OPTION_ARG_FILENAME, &options->html,
         "write one page with figures too, to be opened in a browser", "FILE"},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

/* The first error stays, the next ones are said. */
static void save(const char *path, char *(*form)(const Report *), const Report *report,
                 GError **error)
{
    g_autoptr(GError) cause = NULL;
    if (path == NULL)
        return;
    g_autofree char *text = form(report);
    if (whole_file_save(path, text, -1, &cause))
        return;
    if (*error == NULL)
        g_propagate_prefixed_error(error, g_steal_pointer(&cause), "the report is not written: ");
    else
        g_printerr("the report is not written: %s\n", cause->message);
}

gboolean report_deliver(const Report *report, const ReportOptions *options, GError **error)
{
    g_autoptr(GError) cause = NULL;
    if (options->json)
        report_print_json(report, stdout);
    else
        report_print(report, stdout, report_wants_colour(stdout));
    fflush(stdout);
    save(options->junit, report_junit, report, &cause);
    save(options->html, report_html, report, &cause);
    if (report->violations > 0) {
        if (cause != NULL)
            g_printerr("%s\n", cause->message);
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                    "parity does not hold: %" G_GUINT64_FORMAT " violation%s", report->violations,
                    report->violations == 1 ? "" : "s");
        return FALSE;
    }
    if (cause == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

void report_deliver_failure(Report *report, const ReportOptions *options, const GError *cause)
{
    g_autoptr(GError) error = NULL;
    g_free(report->no_verdict);
    report->no_verdict = g_strdup(cause->message);
    if (options->json)
        json_failure_print(cause);
    save(options->junit, report_junit, report, &error);
    save(options->html, report_html, report, &error);
    if (error != NULL)
        g_printerr("%s\n", error->message);
}
