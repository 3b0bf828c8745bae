#include "json.h"

#include <errno.h>
#include <float.h>
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

static float slow_float(const char *text)
{
    static gsize c_locale;
    if (g_once_init_enter(&c_locale))
        g_once_init_leave(&c_locale, (gsize)newlocale(LC_ALL_MASK, "C", (locale_t)0));
    return strtof_l(text, NULL, (locale_t)c_locale);
}

/* A number's text as RFC 8259 has it: digits without their point, and the power of ten that they
 * are to be multiplied by. Digits beyond the 19th are only counted. */
typedef struct {
    gboolean negative;
    guint64 mantissa;
    guint digits; /* significant ones */
    int exponent;
} Decimal;

static void scan_digits(const char **at, Decimal *decimal, int step)
{
    for (; g_ascii_isdigit(**at); ++*at) {
        if (decimal->digits > 0 || **at != '0')
            decimal->digits++;
        if (decimal->digits <= 19)
            decimal->mantissa = decimal->mantissa * 10 + (guint64)(**at - '0');
        decimal->exponent += step;
    }
}

static gboolean scan_exponent(const char **at, Decimal *decimal)
{
    const char *next = *at + 1;
    const gboolean negative = *next == '-';
    int exponent = 0;
    if (*next == '-' || *next == '+')
        next++;
    if (!g_ascii_isdigit(*next))
        return FALSE;
    for (; g_ascii_isdigit(*next); next++)
        exponent = MIN(exponent * 10 + (*next - '0'), 100000);
    decimal->exponent += negative ? -exponent : exponent;
    *at = next;
    return TRUE;
}

static gboolean scan_decimal(const char **at, Decimal *decimal)
{
    const char *next = *at;
    *decimal = (Decimal){.negative = *next == '-'};
    if (decimal->negative)
        next++;
    if (!g_ascii_isdigit(*next) || (*next == '0' && g_ascii_isdigit(next[1])))
        return FALSE;
    scan_digits(&next, decimal, 0);
    if (*next == '.') {
        next++;
        if (!g_ascii_isdigit(*next))
            return FALSE;
        scan_digits(&next, decimal, -1);
    }
    if ((*next == 'e' || *next == 'E') && !scan_exponent(&next, decimal))
        return FALSE;
    *at = next;
    return TRUE;
}

/* Digits below 2^53 and a power of ten up to 10^22 are doubles without an error, so that one
 * product or quotient is rounded once (Clinger, "How to read floating point numbers accurately",
 * 1990). Rounding that to float32 is right too, unless it lies half-way between two of them. */
static gboolean fast_float(const Decimal *decimal, float *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    guint64 bits;
    if (decimal->digits > 15 || decimal->exponent < -22 || decimal->exponent > 22)
        return FALSE;
    double nearest = (double)decimal->mantissa;
    if (decimal->exponent < 0)
        nearest /= powers[-decimal->exponent];
    else
        nearest *= powers[decimal->exponent];
    if (nearest != 0 && (nearest < FLT_MIN || nearest > FLT_MAX))
        return FALSE;
    memcpy(&bits, &nearest, sizeof bits);
    if ((bits & 0x1fffffff) == 0x10000000)
        return FALSE;
    *value = (float)(decimal->negative ? -nearest : nearest);
    return TRUE;
}

gboolean json_scan_float(const char **at, float *value)
{
    const char *next = *at;
    Decimal decimal;
    if (!scan_decimal(&next, &decimal))
        return FALSE;
    if (!fast_float(&decimal, value))
        *value = slow_float(*at);
    if (!isfinite(*value))
        return FALSE;
    *at = next;
    return TRUE;
}

gboolean json_to_float(yajl_val number, float *value)
{
    if (!YAJL_IS_NUMBER(number))
        return FALSE;
    const char *text = YAJL_GET_NUMBER(number);
    return json_scan_float(&text, value);
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

/* "-0" is an integer to some readers, and those have no sign of zero. */
static void put_zero(yajl_gen json, gboolean is_negative)
{
    const char *text = is_negative ? "-0.0" : "0";
    yajl_gen_number(json, text, strlen(text));
}

void json_put_double(yajl_gen json, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    g_assert(isfinite(value));
    if (value == 0) {
        put_zero(json, signbit(value) != 0);
        return;
    }
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
    if (value == 0) {
        put_zero(json, signbit(value) != 0);
        return;
    }
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

void json_put_member_strings(yajl_gen json, const char *key, const GPtrArray *strings)
{
    json_put_key(json, key);
    yajl_gen_array_open(json);
    for (guint i = 0; i < strings->len; i++)
        json_put_string(json, g_ptr_array_index(strings, i));
    yajl_gen_array_close(json);
}
