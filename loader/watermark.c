#include "watermark.h"

#include <math.h>
#include <string.h>

#define PREFIX "cluster.routing.allocation.disk."
#define DEFAULT_LOW "85%"
#define DEFAULT_HEADROOM "200gb" /* if neither is set; if `low` is, there is none */

gboolean watermark_parse_bytes(double *bytes, const char *text)
{
    static const struct {
        const char *unit;
        int power; /* of 1024 */
    } units[] = {{"b", 0},  {"k", 1}, {"kb", 1}, {"m", 2}, {"mb", 2}, {"g", 3},
                 {"gb", 3}, {"t", 4}, {"tb", 4}, {"p", 5}, {"pb", 5}};
    char *rest = NULL;
    *bytes = g_ascii_strtod(text, &rest);
    if (rest == text || !isfinite(*bytes))
        return FALSE;
    while (g_ascii_isspace(*rest))
        rest++;
    if (rest[0] == '\0')
        return *bytes == 0 || *bytes == -1;
    for (guint i = 0; i < G_N_ELEMENTS(units); i++)
        if (g_ascii_strcasecmp(rest, units[i].unit) == 0) {
            *bytes = ldexp(*bytes, 10 * units[i].power);
            return *bytes >= 0;
        }
    return FALSE;
}

gboolean watermark_parse(Watermark *watermark, const char *text)
{
    char *rest = NULL;
    const double number = g_ascii_strtod(text, &rest);
    const gboolean is_percentage = strcmp(rest, "%") == 0;
    watermark->is_used = rest != text && (is_percentage || rest[0] == '\0');
    if (!watermark->is_used)
        return watermark_parse_bytes(&watermark->free, text);
    watermark->used = is_percentage ? number / 100 : number;
    return watermark->used >= 0 && watermark->used <= 1;
}

/* Of the places where it can be set, the first one counts. */
static const char *setting(yajl_val settings, const char *name)
{
    static const char *const where[] = {"transient", "persistent", "defaults"};
    for (guint i = 0; settings != NULL && i < G_N_ELEMENTS(where); i++) {
        const char *keys[] = {where[i], name, NULL}; /* a name with dots in it */
        yajl_val value = yajl_tree_get(settings, keys, yajl_t_string);
        if (value != NULL)
            return YAJL_GET_STRING(value);
    }
    return NULL;
}

gboolean watermark_read(Watermark *watermark, yajl_val settings)
{
    const char *low = setting(settings, PREFIX "watermark.low");
    const char *headroom = setting(settings, PREFIX "watermark.low.max_headroom");
    const char *enabled = setting(settings, PREFIX "threshold_enabled");
    if (low == NULL && headroom == NULL)
        headroom = DEFAULT_HEADROOM;
    watermark->is_looked_at = g_strcmp0(enabled, "false") != 0;
    return watermark_parse(watermark, low != NULL ? low : DEFAULT_LOW) &&
           watermark_parse_bytes(&watermark->headroom, headroom != NULL ? headroom : "-1");
}

double watermark_free_bytes(const Watermark *watermark, double total)
{
    if (!watermark->is_used)
        return watermark->free;
    const double free = total * (1 - watermark->used);
    return watermark->headroom >= 0 ? MIN(free, watermark->headroom) : free;
}
