#include "title.h"

#include <string.h>

int title_width(const char *text)
{
    int width = 0;
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

char *title_printable(const char *text)
{
    GString *safe = g_string_new(NULL);
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(safe, g_unichar_iscntrl(c) ? ' ' : c);
    }
    return g_string_free(safe, FALSE);
}

char *title_without_year(const char *title, int year)
{
    char suffix[16];
    g_snprintf(suffix, sizeof suffix, " (%d)", year);
    gsize length = strlen(title);
    if (year != 0 && g_str_has_suffix(title, suffix))
        length -= strlen(suffix);
    return g_strndup(title, length);
}

char *title_of_movie(const Feature *movie)
{
    if (movie->title == NULL || movie->title[0] == '\0')
        return g_strdup_printf("movie %s", movie->value);
    return title_without_year(movie->title, movie->year);
}
