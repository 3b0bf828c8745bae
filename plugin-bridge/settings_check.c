#include "settings_check.h"

#include "recommend.h"
#include "recsys_error.h"

/* Members of the flat settings that must not be less than a number, or must not be "true". */
static const struct {
    const char *name;
    gint64 least; /* 0: not to be true */
    const char *effect;
} limits[] = {
    {"index.blocks.read", 0, "nobody can search it"},
    {"index.max_result_window", RECOMMEND_MOST, "that many movies may be asked for"},
    {"index.max_docvalue_fields_search", 2, "vectors cannot be read back"},
    {"index.mapping.ignore_above", G_MAXINT32, "longer values are not found"},
};

static const char *setting(yajl_val settings, const char *name)
{
    for (gsize i = 0; YAJL_IS_OBJECT(settings) && i < settings->u.object.len; i++)
        if (g_strcmp0(settings->u.object.keys[i], name) == 0)
            return YAJL_GET_STRING(settings->u.object.values[i]);
    return NULL;
}

static void check_limits(Report *report, yajl_val settings)
{
    for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
        const char *value = setting(settings, limits[i].name);
        if (value == NULL)
            continue;
        if (limits[i].least == 0 && g_strcmp0(value, "true") == 0)
            report_violation(report, VIOLATION_SETTINGS, "settings: %s is true: %s", limits[i].name,
                             limits[i].effect);
        else if (limits[i].least > 0 && g_ascii_strtoll(value, NULL, 10) < limits[i].least)
            report_violation(report, VIOLATION_SETTINGS,
                             "settings: %s is %s, the bundle needs %" G_GINT64_FORMAT ": %s",
                             limits[i].name, value, limits[i].least, limits[i].effect);
    }
}

gboolean settings_check(Report *report, EsClient *client, const ReleaseMeta *release,
                        GError **error)
{
    g_autofree char *name = es_escape(release->index);
    g_autofree char *path = g_strdup_printf("/%s/_settings?flat_settings=true", name);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, error);
    if (answer == NULL)
        return FALSE;
    if (YAJL_IS_OBJECT(answer) && answer->u.object.len == 1) {
        check_limits(report, json_get(answer->u.object.values[0], "settings"));
        if (report->kinds[VIOLATION_SETTINGS].count > 0)
            report_check(report, CHECK_MAPPING);
        return TRUE;
    }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "the cluster's answer makes no sense: the settings of %s are not those of one "
                "index",
                release->index);
    return FALSE;
}
