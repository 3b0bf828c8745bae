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

/* Compares what `expected` has, at all depths. */
static void compare(Report *report, const char *where, yajl_val expected, yajl_val found)
{
    if (YAJL_IS_OBJECT(expected)) {
        for (gsize i = 0; i < expected->u.object.len; i++) {
            const char *key = expected->u.object.keys[i];
            g_autofree char *path = g_strdup_printf("%s%s%s", where, where[0] ? "." : "", key);
            compare(report, path, expected->u.object.values[i], json_member(found, key));
        }
        return;
    }
    g_autofree char *wanted = show(expected);
    g_autofree char *actual = show(found);
    if (strcmp(wanted, actual) != 0)
        report_violation(report,
                         g_str_has_prefix(where, "_meta") ? VIOLATION_META : VIOLATION_MAPPING,
                         "mapping: %s is %s, the bundle needs %s", where, actual, wanted);
}

/* Parameters that the definition leaves out since their default, `harmless`, is what the bundle
 * needs. */
static const struct {
    const char *name, *harmless; /* NULL: none is */
    const char *effect;
} parameters[] = {
    {"similarity", NULL, "it changes the stored vectors"},
    {"element_type", "float", "it rounds the vectors"},
    {"index_options", NULL, "it builds a graph that may round the vectors"},
    {"doc_values", "true", "rankings read them"},
    {"index", "true", "rankings filter by it"},
    {"null_value", NULL, "it makes up a value"},
    {"normalizer", NULL, "it changes what is found"},
    {"ignore_above", NULL, "long values are not found"},
    {"copy_to", NULL, "it fills another field"},
    {"script", NULL, "the value is computed"},
};

static void find_parameters(Report *report, const char *field, yajl_val expected, yajl_val found)
{
    for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++) {
        yajl_val value = json_member(found, parameters[i].name);
        if (value == NULL || json_member(expected, parameters[i].name) != NULL)
            continue;
        g_autofree char *shown = show(value);
        if (g_strcmp0(shown, parameters[i].harmless) != 0)
            report_violation(report, VIOLATION_MAPPING,
                             "mapping: properties.%s.%s is %s: %s; the bundle needs none", field,
                             parameters[i].name, shown, parameters[i].effect);
    }
}

/* What would hide the mapped fields, or the source. */
static void find_around(Report *report, yajl_val found)
{
    yajl_val runtime = json_member(found, "runtime"), source = json_member(found, "_source");
    yajl_val routing = json_member(found, "_routing");
    for (gsize i = 0; YAJL_IS_OBJECT(runtime) && i < runtime->u.object.len; i++)
        report_violation(report, VIOLATION_MAPPING,
                         "mapping: there is a runtime field %s that the bundle does not have",
                         runtime->u.object.keys[i]);
    if (json_is_true(routing, "required"))
        report_violation(report, VIOLATION_MAPPING,
                         "mapping: _routing is required: nobody finds a document by its _id; the "
                         "bundle needs none");
    if (YAJL_IS_OBJECT(source) && source->u.object.len > 0)
        report_violation(report, VIOLATION_MAPPING,
                         "mapping: _source is not as it is by default: documents may be "
                         "returned in part; the bundle needs all of them");
}

/* What the definition leaves out but would change answers. */
static void find_extra(Report *report, yajl_val expected, yajl_val found)
{
    yajl_val wanted = json_get(expected, "properties");
    yajl_val fields = json_get(found, "properties");
    for (gsize i = 0; YAJL_IS_OBJECT(fields) && i < fields->u.object.len; i++)
        if (json_member(wanted, fields->u.object.keys[i]) == NULL)
            report_violation(report, VIOLATION_MAPPING,
                             "mapping: there is a field %s that the bundle does not have",
                             fields->u.object.keys[i]);
    for (gsize i = 0; YAJL_IS_OBJECT(wanted) && i < wanted->u.object.len; i++) {
        const char *field = wanted->u.object.keys[i];
        find_parameters(report, field, wanted->u.object.values[i], json_member(fields, field));
    }
    find_around(report, found);
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
    report_check(report, CHECK_MAPPING);
    compare(report, "", expected, found);
    find_extra(report, expected, found);
    return TRUE;
}
