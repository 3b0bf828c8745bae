#include "lifted_vectors.h"

#include <string.h>

#include "document.h"

#define KEY "\"embedding\""

void lifted_vectors_init(LiftedVectors *lifted)
{
    lifted->values = g_array_new(FALSE, FALSE, sizeof(float));
    lifted->ends = g_array_new(FALSE, FALSE, sizeof(guint));
    lifted->valid = TRUE;
}

void lifted_vectors_clear(LiftedVectors *lifted)
{
    g_clear_pointer(&lifted->values, g_array_unref);
    g_clear_pointer(&lifted->ends, g_array_unref);
}

static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
        at++;
    return at;
}

/* The numbers between brackets; moves *at past them. */
static gboolean take_numbers(GArray *values, const char **at)
{
    const char *next = skip_space(*at + 1);
    for (gboolean first = TRUE; *next != ']'; first = FALSE) {
        float value;
        if (!first && *next != ',')
            return FALSE;
        next = first ? next : skip_space(next + 1);
        if (!json_scan_float(&next, &value))
            return FALSE;
        g_array_append_val(values, value);
        next = skip_space(next);
    }
    *at = next + 1;
    return TRUE;
}

/* At what follows the key: lifts the vector and writes its number to `out`. */
static char *take_value(LiftedVectors *lifted, const char **at, char *out)
{
    const guint begin = lifted->values->len;
    const char *next = skip_space(*at);
    if (*next != ':')
        return out; /* it was no key */
    next = skip_space(next + 1);
    if (*next == '"')
        return out;
    if (*next != '[' || !take_numbers(lifted->values, &next)) {
        g_array_set_size(lifted->values, begin);
        lifted->valid = FALSE;
        return out;
    }
    char digits[16];
    const int length = g_snprintf(digits, sizeof digits, ":%u", lifted->ends->len);
    if (length > next - *at) { /* no room: an empty vector */
        lifted->valid = FALSE;
        return out;
    }
    memcpy(out, digits, (gsize)length);
    g_array_append_val(lifted->ends, lifted->values->len);
    *at = next;
    return out + length;
}

/* Where the string ends that begins at `at`. */
static const char *end_of_string(const char *at)
{
    for (at++; *at != '\0' && *at != '"'; at++)
        if (*at == '\\' && at[1] != '\0')
            at++;
    return *at == '"' ? at + 1 : at;
}

void lifted_vectors_take(LiftedVectors *lifted, GString *text)
{
    const char *at = text->str;
    char *out = text->str;
    while (*at != '\0') {
        const char *quote = at + strcspn(at, "\"");
        const char *end = *quote == '"' ? end_of_string(quote) : quote;
        memmove(out, at, (gsize)(end - at));
        out += end - at;
        at = end;
        if (end - quote == (gssize)strlen(KEY) && memcmp(out - strlen(KEY), KEY, strlen(KEY)) == 0)
            out = take_value(lifted, &at, out);
    }
    g_string_truncate(text, (gsize)(out - text->str));
}

gboolean lifted_vectors_read(const LiftedVectors *lifted, float *vector, guint k, yajl_val value)
{
    if (!lifted->valid)
        return FALSE;
    if (!YAJL_IS_INTEGER(value))
        return YAJL_IS_STRING(value) && document_read_vector(vector, k, value);
    const gint64 number = YAJL_GET_INTEGER(value);
    if (number < 0 || number >= lifted->ends->len)
        return FALSE;
    const guint begin = number > 0 ? g_array_index(lifted->ends, guint, number - 1) : 0;
    if (g_array_index(lifted->ends, guint, number) - begin != k)
        return FALSE;
    memcpy(vector, &g_array_index(lifted->values, float, begin), k * sizeof *vector);
    return TRUE;
}
