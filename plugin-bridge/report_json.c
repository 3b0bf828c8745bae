#include "report_json.h"

#include <math.h>

static void put_text(yajl_gen json, const char *key, const char *text)
{
    if (text != NULL) {
        json_put_member_string(json, key, text);
        return;
    }
    json_put_key(json, key);
    yajl_gen_null(json);
}

static void put_figure(yajl_gen json, const char *key, double value)
{
    json_put_key(json, key);
    if (isfinite(value))
        json_put_double(json, value);
    else
        yajl_gen_null(json);
}

static void put_texts(yajl_gen json, const char *key, const GPtrArray *texts)
{
    json_put_key(json, key);
    yajl_gen_array_open(json);
    for (guint i = 0; texts != NULL && i < texts->len; i++)
        json_put_string(json, g_ptr_array_index(texts, i));
    yajl_gen_array_close(json);
}

static void put_kinds(yajl_gen json, const Report *report)
{
    json_put_key(json, "violations_by_kind");
    yajl_gen_array_open(json);
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++) {
        const KindFindings *findings = &report->kinds[kind];
        const ViolationInfo *info = violation_info(kind);
        if (findings->count == 0)
            continue;
        yajl_gen_map_open(json);
        json_put_member_string(json, "kind", info->name);
        json_put_member_string(json, "check", report_check_name(info->check));
        json_put_member_int(json, "violations", (gint64)findings->count);
        put_texts(json, "first", findings->first);
        json_put_member_string(json, "advice", info->advice);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
}

static void put_checks(yajl_gen json, const Report *report)
{
    json_put_key(json, "checks");
    yajl_gen_array_open(json);
    for (guint check = 0; check < CHECKS; check++)
        if (report_has_check(report, check))
            json_put_string(json, report_check_name(check));
    yajl_gen_array_close(json);
}

void report_put_json(yajl_gen json, const Report *report)
{
    json_put_member_bool(json, "parity", report->violations == 0);
    put_text(json, "url", report->url);
    put_text(json, "index", report->index);
    put_text(json, "model_id", report->model_id);
    put_checks(json, report);
    json_put_member_int(json, "documents", report->documents);
    json_put_member_int(json, "features", report->features);
    json_put_member_int(json, "profiles", report->profiles);
    json_put_member_int(json, "standard_profiles", report->standard);
    json_put_member_int(json, "standard_profiles_possible", (gint64)report->standard_all);
    json_put_member_int(json, "depth", report->depth);
    json_put_member_int(json, "pairs_proved", (gint64)report->proved);
    json_put_member_int(json, "pairs_within_rounding", (gint64)report->within_rounding);
    json_put_member_int(json, "pairs_violated", (gint64)report->kinds[VIOLATION_ORDER].count);
    json_put_member_int(json, "scores", (gint64)report->scores);
    put_figure(json, "worst_error_ulps", report->worst_ulps);
    put_figure(json, "worst_share_of_bound", report->worst_share);
    put_figure(json, "always_caught_ulps", report->caught_ulps);
    if (report->kernel != NULL) {
        json_put_member_string(json, "kernel", report->kernel);
        json_put_member_int(json, "scores_bit_for_bit", (gint64)report->bits);
    }
    put_figure(json, "seconds", report->seconds);
    json_put_member_int(json, "violations", (gint64)report->violations);
    put_texts(json, "first_violations", report->first_violations);
    put_kinds(json, report);
}

void report_print_json(const Report *report, FILE *out)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    report_put_json(json, report);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    fprintf(out, "%s\n", text);
}
