#include "asked.h"

#include <string.h>

#define DIGITS 12 /* hex, of a sha256 */

static char *shortened(const char *checksum)
{
    return g_strndup(checksum, DIGITS);
}

/* ---- options ---- */

/* The clause that the cluster is asked with: whatever changes an answer is in it. */
static char *filter_checksum(const Filter *filter)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    filter_put(json, filter);
    g_autofree char *text = json_take(json, NULL);
    g_autofree char *checksum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    return shortened(checksum);
}

char *asked_options(const RecommendRequest *request, gboolean usual_candidates, const Seen *seen)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "size %u", request->size);
    if (request->candidates > 0 && usual_candidates)
        g_string_append(text, ", knn");
    else if (request->candidates > 0)
        g_string_append_printf(text, ", knn of %u candidates", request->candidates);
    if (request->user_only)
        g_string_append(text, ", user only");
    if (request->cold_start)
        g_string_append(text, ", cold start");
    if (!filter_is_empty(request->filter)) {
        g_autofree char *checksum = filter_checksum(request->filter);
        g_string_append_printf(text, ", filters %s", checksum);
    }
    if (seen_is_of_each(seen)) {
        g_autofree char *all = seen_checksum(seen);
        g_autofree char *checksum = shortened(all);
        g_string_append_printf(text, ", seen %s", checksum);
    }
    return g_strdup(text->str);
}

/* ---- lines ---- */

AskedLines *asked_lines_new(void)
{
    return g_checksum_new(G_CHECKSUM_SHA256);
}

char *asked_lines_add(AskedLines *lines, const char *line, gsize length)
{
    if (line != NULL)
        g_checksum_update(lines, (const guchar *)line, (gssize)length);
    g_checksum_update(lines, (const guchar *)"\n", 1);
    g_autoptr(GChecksum) until_here = g_checksum_copy(lines);
    return shortened(g_checksum_get_string(until_here));
}

/* ---- in a line of the output ---- */

void asked_put(yajl_gen json, const char *options, const char *profiles)
{
    json_put_key(json, "asked");
    yajl_gen_map_open(json);
    json_put_member_string(json, "options", options);
    json_put_member_string(json, "profiles", profiles);
    yajl_gen_map_close(json);
}

char *asked_difference(yajl_val line, const char *options, const char *profiles)
{
    const char *then = json_get_string(line, "asked.options");
    const char *of = json_get_string(line, "asked.profiles");
    if (then == NULL || of == NULL)
        return g_strdup("it does not say what was asked, being made by an earlier version: begin a "
                        "new file");
    if (strcmp(then, options) != 0)
        return g_strdup_printf("it was asked with {%s}, now it is {%s}: give the options that it "
                               "was begun with, or begin a new file",
                               then, options);
    if (strcmp(of, profiles) != 0)
        return g_strdup("it was made of other profiles: give those that it was begun with, or "
                        "begin a new file");
    return NULL;
}
