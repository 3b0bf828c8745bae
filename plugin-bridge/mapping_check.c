#include "mapping_check.h"

#include <string.h>

#include "index_definition.h"

/* A scalar as text, for comparing and showing; other values by their kind. */
static char *show(yajl_val value)
{
    if (value == NULL)
        return g_strdup("absent");
    if (YAJL_IS_STRING(value))
        return g_strdup(YAJL_GET_STRING(value));
    if (YAJL_IS_NUMBER(value)) {
        char text[G_ASCII_DTOSTR_BUF_SIZE];
        double number = 0;
        json_to_double(value, &number);
        return g_strdup(g_ascii_dtostr(text, sizeof text, number));
    }
    if (YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value))
        return g_strdup(YAJL_IS_TRUE(value) ? "true" : "false");
    return g_strdup(YAJL_IS_NULL(value) ? "null" : "not a scalar");
}

static yajl_val member(yajl_val object, const char *name)
{
    for (gsize i = 0; YAJL_IS_OBJECT(object) && i < object->u.object.len; i++)
        if (strcmp(object->u.object.keys[i], name) == 0)
            return object->u.object.values[i];
    return NULL;
}

/* Compares what `expected` has, at all depths. */
static void compare(Report *report, const char *where, yajl_val expected, yajl_val found)
{
    if (YAJL_IS_OBJECT(expected)) {
        for (gsize i = 0; i < expected->u.object.len; i++) {
            const char *key = expected->u.object.keys[i];
            g_autofree char *path = g_strdup_printf("%s%s%s", where, where[0] ? "." : "", key);
            compare(report, path, expected->u.object.values[i], member(found, key));
        }
        return;
    }
    g_autofree char *wanted = show(expected);
    g_autofree char *actual = show(found);
    if (strcmp(wanted, actual) != 0)
        report_violation(report, "mapping: %s is %s, the bundle needs %s", where, actual, wanted);
}

/* What the definition leaves out but would change answers: fields of its own, and a similarity. */
static void find_extra(Report *report, yajl_val expected, yajl_val found)
{
    yajl_val wanted = json_get(expected, "properties");
    yajl_val fields = json_get(found, "properties");
    for (gsize i = 0; YAJL_IS_OBJECT(fields) && i < fields->u.object.len; i++)
        if (member(wanted, fields->u.object.keys[i]) == NULL)
            report_violation(report, "mapping: there is a field %s that the bundle does not have",
                             fields->u.object.keys[i]);
    const char *similarity = json_get_string(found, "properties.embedding.similarity");
    if (similarity != NULL)
        report_violation(report,
                         "mapping: properties.embedding.similarity is %s: it changes the stored "
                         "vectors; the bundle needs none",
                         similarity);
}

gboolean mapping_check(Report *report, const ReleaseMeta *release, const Bundle *bundle,
                       GError **error)
{
    const IndexForm form = {release->doc_ids, release->knn, RELEASE_NO_STATE};
    g_autofree char *text = index_definition_in_form(bundle, &form);
    g_auto(yajl_val) definition = json_parse(text, "the index definition", error);
    if (definition == NULL)
        return FALSE;
    yajl_val expected = json_get(definition, "mappings");
    yajl_val found = json_get(release->tree->u.object.values[0], "mappings");
    compare(report, "", expected, found);
    find_extra(report, expected, found);
    return TRUE;
}
