#include "printable.h"

#include <string.h>

gboolean printable_is_plain(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (g_ascii_iscntrl(*at))
            return FALSE;
    return g_utf8_validate(text, -1, NULL);
}

static void put_character(GString *out, gunichar c)
{
    static const char named[] = "\a\b\t\n\v\f\r", names[] = "abtnvfr";
    const GUnicodeType type = g_unichar_type(c);
    const char *name = c < 0x80 ? strchr(named, (int)c) : NULL;
    if (name != NULL)
        g_string_append_printf(out, "\\%c", names[name - named]);
    else if (type == G_UNICODE_CONTROL && c < 0x80)
        g_string_append_printf(out, "\\x%02x", c);
    else if (type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR ||
             type == G_UNICODE_PARAGRAPH_SEPARATOR)
        g_string_append_printf(out, "\\u%04x", c);
    else
        g_string_append_unichar(out, c);
}

char *printable_text(const char *text)
{
    GString *out = g_string_new(NULL);
    const char *at = text;
    while (*at != '\0') {
        const gunichar c = g_utf8_get_char_validated(at, -1);
        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_printf(out, "\\x%02x", (guchar)*at++);
            continue;
        }
        put_character(out, c);
        at = g_utf8_next_char(at);
    }
    return g_string_free(out, FALSE);
}
