#include "profile_line.h"

#include <string.h>

#include "feature_table.h"
#include "recsys_error.h"

#define MOST_MEMBERS 1000 /* of a line */

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean fail(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_DATA, what);
    return FALSE;
}

static gboolean take_id(BatchItem *item, yajl_val value, GError **error)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    if (YAJL_IS_STRING(value))
        json_put_string(json, YAJL_GET_STRING(value));
    else if (YAJL_IS_NUMBER(value))
        yajl_gen_number(json, YAJL_GET_NUMBER(value), strlen(YAJL_GET_NUMBER(value)));
    else
        return fail(error, "id is neither a text nor a number");
    item->id = json_take(json, NULL);
    return TRUE;
}

static gboolean take_size(BatchItem *item, yajl_val value, GError **error)
{
    if (!YAJL_IS_INTEGER(value) || YAJL_GET_INTEGER(value) < 1 ||
        YAJL_GET_INTEGER(value) > RECOMMEND_MOST)
        return fail(error, "size is not a number from 1 to %d", RECOMMEND_MOST);
    item->size = (guint)YAJL_GET_INTEGER(value);
    return TRUE;
}

/* The text of a number of any size if it is an integer: ids of digits may have more than 64 bits.
 */
static const char *integer_text(yajl_val value)
{
    const char *text = YAJL_IS_NUMBER(value) ? YAJL_GET_NUMBER(value) : NULL;
    return text != NULL && strpbrk(text, ".eE") == NULL ? text : NULL;
}

static gboolean take_feature(BatchItem *item, const char *type, yajl_val value, GError **error)
{
    const char *text = YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : integer_text(value);
    if (strcmp(type, FEATURE_MOVIE) == 0)
        return fail(error, "movies are what is recommended, not whom for");
    if (text == NULL)
        return fail(error, "%s is neither a text nor an integer", type);
    if (text[0] == '\0')
        return fail(error, "%s is empty", type);
    if (!feature_fits(type, strlen(text)))
        return fail(error, "%s is too long: \"%s_…\" can have %d bytes", type, type,
                    FEATURE_LONGEST_ID);
    profile_add(item->profile, type, text);
    return TRUE;
}

static gboolean take_flag(gboolean *flag, const char *key, yajl_val value, GError **error)
{
    if (!YAJL_IS_TRUE(value) && !YAJL_IS_FALSE(value))
        return fail(error, "%s is neither true nor false", key);
    *flag = YAJL_IS_TRUE(value);
    return TRUE;
}

/* `taken`: the keys so far. */
static gboolean take_member(BatchItem *item, yajl_val object, gsize at, GHashTable *taken,
                            GError **error)
{
    const char *key = object->u.object.keys[at];
    yajl_val value = object->u.object.values[at];
    if (!g_hash_table_add(taken, (gpointer)key))
        return fail(error, "%s is given twice: which one?", key);
    if (YAJL_IS_NULL(value) || strcmp(key, "id") == 0)
        return TRUE;
    if (strcmp(key, "size") == 0)
        return take_size(item, value, error);
    if (strcmp(key, "user_only") == 0)
        return take_flag(&item->profile->user_only, key, value, error);
    return strcmp(key, "anyone") == 0 ? take_flag(&item->profile->anyone, key, value, error)
                                      : take_feature(item, key, value, error);
}

static gboolean fail_empty(yajl_val object, GError **error)
{
    for (gsize i = 0; i < object->u.object.len; i++)
        if (YAJL_IS_NULL(object->u.object.values[i]))
            return fail(error,
                        "for whom? %s is null, which is as if it were absent, and nothing "
                        "else says who it is",
                        object->u.object.keys[i]);
    return fail(error, "for whom? the profile is empty; give e.g. {\"user\": 42}");
}

static gboolean take_object(BatchItem *item, yajl_val object, GError **error)
{
    const gsize members = object->u.object.len;
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < members; i++)
        if (strcmp(object->u.object.keys[i], "id") == 0 && item->id == NULL &&
            !YAJL_IS_NULL(object->u.object.values[i]) &&
            !take_id(item, object->u.object.values[i], error))
            return FALSE;
    if (members > MOST_MEMBERS)
        return fail(error, "the line has more than %d members", MOST_MEMBERS);
    for (gsize i = 0; i < members; i++)
        if (!take_member(item, object, i, taken, error))
            return FALSE;
    return profile_size(item->profile) > 0 || item->profile->anyone || fail_empty(object, error);
}

/* Whether one of the escapes in a JSON text is a NUL; what follows an escaped backslash is none. */
static gboolean has_escaped_nul(const char *text)
{
    for (; (text = strchr(text, '\\')) != NULL && text[1] != '\0'; text += 2)
        if (g_str_has_prefix(text, "\\u0000"))
            return TRUE;
    return FALSE;
}

gboolean profile_line_parse(BatchItem *item, const char *line, gsize length, guint usual_size,
                            GError **error)
{
    g_autofree char *text = g_strndup(line, length);
    item->profile = profile_new();
    item->size = usual_size;
    /* A NUL would end the text early: what stands behind it would go unseen. */
    if (strlen(text) != length || has_escaped_nul(text))
        return fail(error, "there is a NUL in it");
    if (strspn(text, " \t\r") == length)
        return fail(error, "the line is empty");
    g_auto(yajl_val) object = json_parse(text, "the line", error);
    if (object == NULL) {
        /* Without the picture of the place, which yajl draws over two lines. */
        char *picture = error != NULL ? strstr((*error)->message, "  ") : NULL;
        if (picture != NULL)
            *picture = '\0';
        return FALSE;
    }
    if (!YAJL_IS_OBJECT(object))
        return fail(error, "the line is not a JSON object");
    return take_object(item, object, error);
}
