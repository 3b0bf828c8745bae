#include "text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interrupt.h"
#include "recsys_error.h"

#define MOST_SHOWN 100

/* ---- opening ---- */

/* Maps a file; another thing, which has no length beforehand, is read to its end. */
static GBytes *bytes_of_descriptor(int descriptor, GError **error)
{
    struct stat status;
    g_autoptr(GMappedFile) map = NULL;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
        map = g_mapped_file_new_from_fd(descriptor, FALSE, error);
        return map != NULL ? g_mapped_file_get_bytes(map) : NULL;
    }
    g_autoptr(GByteArray) text = g_byte_array_new();
    guint8 chunk[16 * 1024];
    gssize got;
    while ((got = read(descriptor, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR)) {
        if (got < 0 && interrupt_requested(error))
            return NULL;
        g_byte_array_append(text, chunk, (guint)MAX(got, 0));
    }
    if (got == 0)
        return g_byte_array_free_to_bytes(g_steal_pointer(&text));
    const int code = errno;
    g_set_error_literal(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), g_strerror(code));
    return NULL;
}

const char *text_input_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

int text_input_open(const char *path, GError **error)
{
    int descriptor = STDIN_FILENO, code = 0;
    if (strcmp(path, "-") == 0)
        return descriptor;
    /* Opening a named pipe waits for somebody who writes to it. */
    do {
        descriptor = open(path, O_RDONLY | O_CLOEXEC);
        code = descriptor < 0 ? errno : 0;
    } while (code == EINTR && !interrupt_requested(error));
    if (code != 0 && code != EINTR)
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code),
                    "%s cannot be read: %s", path, g_strerror(code));
    return descriptor;
}

GBytes *text_read_input(const char *path, GError **error)
{
    const int descriptor = text_input_open(path, error);
    if (descriptor < 0)
        return NULL;
    GBytes *bytes = bytes_of_descriptor(descriptor, error);
    if (bytes == NULL)
        g_prefix_error(error, "%s cannot be read: ", text_input_name(path));
    if (descriptor != STDIN_FILENO)
        close(descriptor);
    return bytes;
}

/* Of a file whose bytes are there. */
static gboolean check_text(TextFile *file, GError **error)
{
    gsize size = 0;
    file->at = g_bytes_get_data(file->bytes, &size);
    file->end = file->at + size;
    if (size >= 3 && memcmp(file->at, "\357\273\277", 3) == 0)
        file->at += 3;
    if (file->end - file->at >= 2 &&
        (memcmp(file->at, "\377\376", 2) == 0 || memcmp(file->at, "\376\377", 2) == 0)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s is UTF-16: save it as UTF-8",
                    file->path);
        return FALSE;
    }
    if (file->at < file->end && file->end[-1] != '\n') {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s does not end with a line end, so it was probably cut: fetch it again, or "
                    "add the line end if its last line is whole",
                    file->path);
        return FALSE;
    }
    return TRUE;
}

gboolean text_file_open(TextFile *file, const char *path, GError **error)
{
    *file = (TextFile){.path = g_strdup(path)};
    g_autoptr(GMappedFile) map = g_mapped_file_new(path, FALSE, error);
    if (map == NULL)
        return FALSE;
    file->bytes = g_mapped_file_get_bytes(map);
    if (!check_text(file, error))
        return FALSE;
    if (file->at < file->end)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s is empty", path);
    return FALSE;
}

gboolean text_file_open_input(TextFile *file, const char *path, GError **error)
{
    *file = (TextFile){.path = g_strdup(text_input_name(path))};
    file->bytes = text_read_input(path, error);
    return file->bytes != NULL && check_text(file, error);
}

void text_file_close(TextFile *file)
{
    g_clear_pointer(&file->path, g_free);
    g_clear_pointer(&file->bytes, g_bytes_unref);
}

/* ---- lines ---- */

gboolean text_file_next(TextFile *file)
{
    if (file->at == file->end)
        return FALSE;
    const char *stop = memchr(file->at, '\n', (gsize)(file->end - file->at));
    file->current = (Text){file->at, (gsize)(stop - file->at)};
    if (file->current.length > 0 && stop[-1] == '\r')
        file->current.length--;
    file->at = stop + 1;
    file->line++;
    return TRUE;
}

gsize text_file_count_lines(const TextFile *file)
{
    const gsize length = (gsize)(file->end - file->at);
    gsize lines = 0;
    for (gsize i = 0; i < length; i++)
        lines += file->at[i] == '\n';
    return lines;
}

gboolean text_file_fail(const TextFile *file, guint line, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s:%u: %s", file->path, line, what);
    return FALSE;
}

gboolean text_file_expected(const TextFile *file, const char *expected, GError **error)
{
    g_autofree char *shown = text_show(file->current);
    return text_file_fail(file, file->line, error, "expected %s, found \"%s\"", expected, shown);
}

/* ---- pieces of text ---- */

gboolean text_split(Text text, const char *separator, Text *fields, guint count)
{
    const char *at = text.text, *end = text.text + text.length;
    const gsize width = strlen(separator);
    for (guint i = 0; i < count; i++) {
        const char *stop = memmem(at, (gsize)(end - at), separator, width);
        if ((stop == NULL) != (i == count - 1))
            return FALSE;
        fields[i] = (Text){at, (gsize)((stop != NULL ? stop : end) - at)};
        at = stop != NULL ? stop + width : end;
    }
    return TRUE;
}

gboolean text_parse_uint(Text text, guint32 *number)
{
    guint64 value = 0;
    if (text.length == 0 || text.length > 10)
        return FALSE;
    for (gsize i = 0; i < text.length; i++) {
        if (!g_ascii_isdigit(text.text[i]))
            return FALSE;
        value = value * 10 + (guint64)(text.text[i] - '0');
    }
    *number = (guint32)value;
    return value <= G_MAXUINT32;
}

/* Up to 15 digits are an integer that a double holds, and so is the power of ten it is divided by:
 * one rounding. */
static gboolean parse_short_decimal(Text text, double *number)
{
    static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    gint64 value = 0;
    gsize point = text.length;
    if (text.length == 0 || text.length > 15)
        return FALSE;
    for (gsize i = 0; i < text.length; i++) {
        const char c = text.text[i];
        if (c == '.' && point == text.length && i > 0 && i + 1 < text.length)
            point = i;
        else if (g_ascii_isdigit(c))
            value = value * 10 + (c - '0');
        else
            return FALSE;
    }
    const gsize decimals = point < text.length ? text.length - point - 1 : 0;
    *number = (double)value / powers[decimals];
    return TRUE;
}

gboolean text_parse_decimal(Text text, double *number)
{
    char copy[64];
    char *end = NULL;
    if (parse_short_decimal(text, number))
        return TRUE;
    if (text.length == 0 || text.length >= sizeof copy)
        return FALSE;
    for (gsize i = 0; i < text.length; i++)
        if (text.text[i] == '\0' || strchr("0123456789+-.eE", text.text[i]) == NULL)
            return FALSE;
    memcpy(copy, text.text, text.length);
    copy[text.length] = '\0';
    *number = g_ascii_strtod(copy, &end);
    return end == copy + text.length && isfinite(*number);
}

gboolean text_equals(Text text, const char *other)
{
    return strlen(other) == text.length && memcmp(text.text, other, text.length) == 0;
}

gboolean text_has_control(Text text)
{
    for (gsize i = 0; i < text.length; i++)
        if (g_ascii_iscntrl(text.text[i]))
            return TRUE;
    return FALSE;
}

gboolean text_is_id(Text text)
{
    return text.length > 0 && !text_has_control(text) &&
           g_utf8_validate(text.text, (gssize)text.length, NULL);
}

Text text_strip(Text text)
{
    while (text.length > 0 && g_ascii_isspace(text.text[text.length - 1]))
        text.length--;
    while (text.length > 0 && g_ascii_isspace(text.text[0])) {
        text.text++;
        text.length--;
    }
    return text;
}

char *text_take_quoted_id(Text *at)
{
    g_autoptr(GString) id = g_string_new(NULL);
    const char *from = at->text + 1, *end = at->text + at->length, *quote;
    if (at->length == 0 || at->text[0] != '"')
        return NULL;
    for (;; from = quote + 2) {
        quote = memchr(from, '"', (gsize)(end - from));
        if (quote == NULL)
            return NULL;
        const gboolean is_doubled = quote + 1 < end && quote[1] == '"';
        g_string_append_len(id, from, quote - from + is_doubled);
        if (!is_doubled)
            break;
    }
    if (!text_is_id((Text){id->str, id->len}))
        return NULL;
    *at = (Text){quote + 1, (gsize)(end - quote - 1)};
    return g_string_free(g_steal_pointer(&id), FALSE);
}

char *text_to_utf8(Text text)
{
    if (g_utf8_validate(text.text, (gssize)text.length, NULL))
        return g_strndup(text.text, text.length);
    return g_convert(text.text, (gssize)text.length, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
}

char *text_show(Text text)
{
    const gboolean is_cut = text.length > MOST_SHOWN;
    GString *shown = g_string_new(NULL);
    for (gsize i = 0; i < MIN(text.length, MOST_SHOWN); i++) {
        const char c = text.text[i];
        if (c == '"' || c == '\\')
            g_string_append_printf(shown, "\\%c", c);
        else if (g_ascii_isprint(c))
            g_string_append_c(shown, c);
        else
            g_string_append_printf(shown, "\\%03o", (guchar)c);
    }
    return g_string_free(g_string_append(shown, is_cut ? "..." : ""), FALSE);
}

int text_year_of_title(const char *title)
{
    const gsize length = strlen(title);
    if (length < 6 || title[length - 6] != '(' || title[length - 1] != ')')
        return 0;
    guint32 year = 0;
    return text_parse_uint((Text){title + length - 5, 4}, &year) ? (int)year : 0;
}
