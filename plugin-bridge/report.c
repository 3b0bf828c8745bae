#include "report.h"

#include "json.h"

Report *report_new(void)
{
    Report *report = g_new0(Report, 1);
    report->first_violations = g_ptr_array_new_with_free_func(g_free);
    return report;
}

void report_free(Report *report)
{
    if (report == NULL)
        return;
    g_ptr_array_unref(report->first_violations);
    g_free(report->kernel);
    g_free(report);
}

void report_violation(Report *report, const char *format, ...)
{
    report->violations++;
    if (report->first_violations->len == REPORT_SHOWN)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_ptr_array_add(report->first_violations, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void report_repeat(Report *report)
{
    report->violations++;
}

void report_print(const Report *report, FILE *out)
{
    fprintf(out, "parity: %s\n", report->violations == 0 ? "yes" : "NO");
    fprintf(out, "release     %s at %s (model %s)\n", report->index, report->url, report->model_id);
    fprintf(out, "documents   %u compared bit for bit, %u expected\n", report->documents,
            report->features);
    fprintf(out,
            "orders      %u profiles at depth %u: %" G_GUINT64_FORMAT
            " pairs proved, %" G_GUINT64_FORMAT " within rounding\n",
            report->profiles, report->depth, report->proved, report->within_rounding);
    fprintf(out,
            "scores      %" G_GUINT64_FORMAT
            " compared; largest error %.2f ulp, %.0f %% of its bound\n",
            report->scores, report->worst_ulps, 100 * report->worst_share);
    if (report->kernel != NULL)
        fprintf(out, "bits        %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " scores are %s's\n",
                report->bits, report->scores, report->kernel);
    fprintf(out, "violations  %" G_GUINT64_FORMAT "\n", report->violations);
    fprintf(out, "time        %.1f s\n", report->seconds);
    for (guint i = 0; i < report->first_violations->len; i++)
        fprintf(out, "  %s\n", (const char *)g_ptr_array_index(report->first_violations, i));
    if (report->violations > report->first_violations->len)
        fprintf(out, "  … and %" G_GUINT64_FORMAT " more\n",
                report->violations - report->first_violations->len);
    if (report->violations > 0)
        fputs(
            "What to do: release the bundle again (`recsys-loader release`) and verify it; if the "
            "violations\nstay, keep the index and this report: the cluster computes something "
            "else.\n",
            out);
}

void report_print_json(const Report *report, FILE *out)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_bool(json, "parity", report->violations == 0);
    json_put_member_string(json, "url", report->url);
    json_put_member_string(json, "index", report->index);
    json_put_member_string(json, "model_id", report->model_id);
    json_put_member_int(json, "documents", report->documents);
    json_put_member_int(json, "features", report->features);
    json_put_member_int(json, "profiles", report->profiles);
    json_put_member_int(json, "depth", report->depth);
    json_put_member_int(json, "pairs_proved", (gint64)report->proved);
    json_put_member_int(json, "pairs_within_rounding", (gint64)report->within_rounding);
    json_put_member_int(json, "scores", (gint64)report->scores);
    json_put_member_double(json, "worst_error_ulps", report->worst_ulps);
    json_put_member_double(json, "worst_share_of_bound", report->worst_share);
    if (report->kernel != NULL) {
        json_put_member_string(json, "kernel", report->kernel);
        json_put_member_int(json, "scores_bit_for_bit", (gint64)report->bits);
    }
    json_put_member_double(json, "seconds", report->seconds);
    json_put_member_int(json, "violations", (gint64)report->violations);
    json_put_key(json, "first_violations");
    yajl_gen_array_open(json);
    for (guint i = 0; i < report->first_violations->len; i++)
        json_put_string(json, g_ptr_array_index(report->first_violations, i));
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    fprintf(out, "%s\n", text);
}
