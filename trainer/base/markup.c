#include "markup.h"

static gboolean is_in_xml(gunichar c)
{
    return c >= 0x20 && (c < 0x7f || c > 0x9f) && (c & 0xfffe) != 0xfffe;
}

char *markup_escape(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GString) clean = g_string_sized_new(64);
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(clean, is_in_xml(c) ? c : ' ');
    }
    return g_markup_escape_text(clean->str, (gssize)clean->len);
}

void markup_append(GString *out, const char *text)
{
    g_autofree char *escaped = markup_escape(text);
    g_string_append(out, escaped);
}
