#include "json.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recsys_error.h"

/* ---- reading ---- */

/* What yajl accepts but must not get: nesting so deep that freeing the tree, which recurses, would
 * exhaust the stack; and comments, which would hide brackets from the count. NULL: nothing. */
static const char *find_excess(const char *text)
{
    guint depth = 0;
    gboolean quoted = FALSE;
    for (const char *at = text; *at != '\0'; at++) {
        if (quoted && *at == '\\' && at[1] != '\0')
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (*at == '/')
            return "there is a comment";
        else if (*at == '[' || *at == '{') {
            if (++depth > JSON_DEEPEST)
                return "it is nested too deeply";
        } else if (depth > 0 && (*at == ']' || *at == '}'))
            depth--;
    }
    return NULL;
}

yajl_val json_parse(const char *text, const char *what, GError **error)
{
    char why[256] = "";
    const char *excess = find_excess(text);
    if (excess != NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s is not valid JSON: %s", what,
                    excess);
        return NULL;
    }
    yajl_val tree = yajl_tree_parse(text, why, sizeof why);
    if (tree == NULL) {
        g_strdelimit(why, "\n\r\t", ' ');
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s is not valid JSON: %s", what,
                    g_strstrip(why));
    }
    return tree;
}

static yajl_val get_member(yajl_val object, const char *key, gsize length)
{
    if (!YAJL_IS_OBJECT(object))
        return NULL;
    for (gsize i = 0; i < object->u.object.len; i++) {
        const char *name = object->u.object.keys[i];
        if (strncmp(name, key, length) == 0 && name[length] == '\0')
            return object->u.object.values[i];
    }
    return NULL;
}

yajl_val json_member(yajl_val object, const char *name)
{
    return get_member(object, name, strlen(name));
}

yajl_val json_get(yajl_val object, const char *path)
{
    while (object != NULL) {
        const char *dot = strchr(path, '.');
        gsize length = dot != NULL ? (gsize)(dot - path) : strlen(path);
        object = get_member(object, path, length);
        if (dot == NULL)
            return object;
        path = dot + 1;
    }
    return NULL;
}

const char *json_get_string(yajl_val object, const char *path)
{
    yajl_val value = json_get(object, path);
    return value != NULL ? YAJL_GET_STRING(value) : NULL;
}

gboolean json_get_int(yajl_val object, const char *path, gint64 *value)
{
    yajl_val number = json_get(object, path);
    if (!YAJL_IS_INTEGER(number))
        return FALSE;
    *value = YAJL_GET_INTEGER(number);
    return TRUE;
}

gboolean json_get_double(yajl_val object, const char *path, double *value)
{
    return json_to_double(json_get(object, path), value);
}

gboolean json_is_true(yajl_val object, const char *path)
{
    yajl_val value = json_get(object, path);
    return value != NULL && YAJL_IS_TRUE(value);
}

gsize json_array_length(yajl_val array)
{
    return YAJL_IS_ARRAY(array) ? array->u.array.len : 0;
}

yajl_val json_array_get(yajl_val array, gsize index)
{
    return index < json_array_length(array) ? array->u.array.values[index] : NULL;
}

gboolean json_to_double(yajl_val number, double *value)
{
    if (!YAJL_IS_NUMBER(number))
        return FALSE;
    *value = g_ascii_strtod(YAJL_GET_NUMBER(number), NULL);
    return isfinite(*value);
}

gboolean json_to_float(yajl_val number, float *value)
{
    static gsize c_locale;
    if (g_once_init_enter(&c_locale))
        g_once_init_leave(&c_locale, (gsize)newlocale(LC_ALL_MASK, "C", (locale_t)0));
    if (!YAJL_IS_NUMBER(number))
        return FALSE;
    *value = strtof_l(YAJL_GET_NUMBER(number), NULL, (locale_t)c_locale);
    return isfinite(*value);
}

/* ---- writing ---- */

yajl_gen json_generator_new(gboolean pretty)
{
    yajl_gen json = yajl_gen_alloc(NULL);
    yajl_gen_config(json, yajl_gen_beautify, pretty);
    yajl_gen_config(json, yajl_gen_indent_string, "  ");
    yajl_gen_config(json, yajl_gen_validate_utf8, 1);
    return json;
}

void json_take_into(yajl_gen json, GString *text)
{
    const unsigned char *buffer;
    size_t size;
    yajl_gen_get_buf(json, &buffer, &size);
    g_string_append_len(text, (const char *)buffer, (gssize)size);
    yajl_gen_clear(json);
    yajl_gen_reset(json, NULL);
}

char *json_take(yajl_gen json, gsize *length)
{
    GString *text = g_string_new(NULL);
    json_take_into(json, text);
    if (length != NULL)
        *length = text->len;
    return g_string_free(text, FALSE);
}

void json_put_string(yajl_gen json, const char *value)
{
    yajl_gen_status status = yajl_gen_string(json, (const unsigned char *)value, strlen(value));
    g_assert(status == yajl_gen_status_ok);
}

void json_put_key(yajl_gen json, const char *key)
{
    json_put_string(json, key);
}

void json_put_int(yajl_gen json, gint64 value)
{
    yajl_gen_integer(json, value);
}

void json_put_bool(yajl_gen json, gboolean value)
{
    yajl_gen_bool(json, value);
}

void json_put_double(yajl_gen json, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    g_assert(isfinite(value));
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(text, sizeof text, formats[i], value);
        if (g_ascii_strtod(text, NULL) == value)
            break;
    }
    yajl_gen_number(json, text, strlen(text));
}

void json_put_float(yajl_gen json, float value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_assert(isfinite(value));
    g_ascii_formatd(text, sizeof text, "%.9g", value);
    yajl_gen_number(json, text, strlen(text));
}

void json_put_member_string(yajl_gen json, const char *key, const char *value)
{
    json_put_key(json, key);
    json_put_string(json, value);
}

void json_put_member_int(yajl_gen json, const char *key, gint64 value)
{
    json_put_key(json, key);
    json_put_int(json, value);
}

void json_put_member_double(yajl_gen json, const char *key, double value)
{
    json_put_key(json, key);
    json_put_double(json, value);
}

void json_put_member_bool(yajl_gen json, const char *key, gboolean value)
{
    json_put_key(json, key);
    json_put_bool(json, value);
}
