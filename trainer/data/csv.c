#include "csv.h"

#include <string.h>

#include "recsys_error.h"

/* What ends a field that is not quoted, or must not be in it. */
static gboolean is_special(char c)
{
    return c == ',' || c == '\n' || c == '"';
}

/* The line from `begin` on, for messages. */
static gboolean fail_at(Csv *csv, const char *begin, const char *expected, GError **error)
{
    TextFile *file = csv->file;
    const char *stop = memchr(begin, '\n', (gsize)(file->end - begin));
    g_autofree char *shown = text_show((Text){begin, (gsize)(stop - begin)});
    return text_file_fail(file, csv->file->line, error, "expected %s, found \"%s\"", expected,
                          shown);
}

/* ---- fields ---- */

/* `at` is behind the opening quote. Returns the place behind the closing one, or NULL. */
static const char *end_of_quoted(Csv *csv, const char *at, gboolean *has_doubled)
{
    const TextFile *file = csv->file;
    *has_doubled = FALSE;
    for (;; at += 2) {
        const char *quote = memchr(at, '"', (gsize)(file->end - at));
        if (quote == NULL)
            return NULL;
        for (const char *p = at; p < quote; p++)
            csv->breaks += *p == '\n';
        if (quote[1] != '"') /* the file ends with a line end, so there is something behind it */
            return quote + 1;
        *has_doubled = TRUE;
        at = quote;
    }
}

static Text unescape(Csv *csv, guint column, Text raw)
{
    GString **room = &csv->unescaped[column];
    if (*room == NULL)
        *room = g_string_new(NULL);
    g_string_truncate(*room, 0);
    for (gsize i = 0; i < raw.length; i++) {
        g_string_append_c(*room, raw.text[i]);
        i += raw.text[i] == '"';
    }
    return (Text){(*room)->str, (*room)->len};
}

/* Reads a field and moves *at to the comma or line end behind it. */
static gboolean read_quoted(Csv *csv, const char **at, guint column, Text *field, GError **error)
{
    gboolean has_doubled;
    const char *begin = *at + 1;
    const char *end = end_of_quoted(csv, begin, &has_doubled);
    if (end == NULL)
        return fail_at(csv, *at, "a closing quote before the end of the file", error);
    if (*end != ',' && *end != '\n' && !(end[0] == '\r' && end[1] == '\n'))
        return fail_at(csv, *at, "a comma or line end behind a closing quote", error);
    const Text raw = {begin, (gsize)(end - 1 - begin)};
    *field = has_doubled && csv->unescaped != NULL ? unescape(csv, column, raw) : raw;
    *at = *end == '\r' ? end + 1 : end;
    return TRUE;
}

static gboolean read_plain(Csv *csv, const char **at, Text *field, GError **error)
{
    const char *begin = *at, *end = begin;
    while (!is_special(*end))
        end++;
    if (*end == '"')
        return fail_at(csv, begin, "quotes only around a whole field", error);
    const gboolean has_cr = *end == '\n' && end > begin && end[-1] == '\r';
    *field = (Text){begin, (gsize)(end - begin) - (has_cr ? 1 : 0)};
    *at = end;
    return TRUE;
}

static gboolean read_field(Csv *csv, const char **at, guint column, Text *field, GError **error)
{
    if (**at == '"')
        return read_quoted(csv, at, column, field, error);
    return read_plain(csv, at, field, error);
}

/* ---- records ---- */

static void begin_record(Csv *csv)
{
    csv->file->line += csv->breaks + 1;
    csv->breaks = 0;
}

static gboolean wrong_count(Csv *csv, guint count, GError **error)
{
    g_autofree char *header = g_strjoinv(",", csv->names);
    const Text names = {header, strlen(header)};
    g_autofree char *shown = text_show(names);
    return text_file_fail(csv->file, csv->file->line, error, "expected %u fields (%s), found %s%u",
                          csv->columns, shown, count > csv->columns ? "at least " : "", count);
}

gboolean csv_read(Csv *csv, GError **error)
{
    TextFile *file = csv->file;
    const char *at = file->at;
    begin_record(csv);
    for (guint column = 0;; column++) {
        if (column == csv->columns)
            return wrong_count(csv, column + 1, error);
        if (!read_field(csv, &at, column, &csv->fields[column], error))
            return FALSE;
        if (*at++ == '\n') {
            if (column + 1 < csv->columns)
                return wrong_count(csv, column + 1, error);
            break;
        }
    }
    file->current = (Text){file->at, (gsize)(at - 1 - file->at)};
    file->at = at;
    return TRUE;
}

gboolean csv_expected(Csv *csv, const char *expected, GError **error)
{
    gboolean is_header = TRUE;
    for (guint i = 0; i < csv->columns && is_header; i++)
        is_header = text_equals(csv->fields[i], csv->names[i]);
    if (is_header)
        return text_file_fail(csv->file, csv->file->line, error,
                              "the header is there for the second time");
    g_autofree char *shown = text_show(csv->file->current);
    return text_file_fail(csv->file, csv->file->line, error, "expected %s, found \"%s\"", expected,
                          shown);
}

/* ---- the header ---- */

static gboolean read_names(Csv *csv, GPtrArray *names, GError **error)
{
    TextFile *file = csv->file;
    const char *at = file->at;
    begin_record(csv);
    do {
        Text name = {0};
        if (!read_field(csv, &at, 0, &name, error))
            return FALSE;
        if (!text_is_id(name))
            return fail_at(csv, file->at, "a header with a name in UTF-8 for each column", error);
        g_ptr_array_add(names, g_strndup(name.text, name.length));
    } while (*at++ == ',');
    file->at = at;
    return TRUE;
}

int csv_find(const Csv *csv, const char *name)
{
    for (guint i = 0; i < csv->columns; i++)
        if (strcmp(csv->names[i], name) == 0)
            return (int)i;
    return -1;
}

gboolean csv_open(Csv *csv, TextFile *file, GError **error)
{
    *csv = (Csv){.file = file};
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    if (!read_names(csv, names, error))
        return FALSE;
    csv->columns = names->len;
    g_ptr_array_add(names, NULL);
    csv->names = g_strdupv((char **)names->pdata);
    csv->fields = g_new0(Text, csv->columns);
    csv->unescaped = g_new0(GString *, csv->columns);
    for (guint i = 0; i < csv->columns; i++) {
        if (csv_find(csv, csv->names[i]) == (int)i)
            continue;
        g_autofree char *shown = text_show((Text){csv->names[i], strlen(csv->names[i])});
        return text_file_fail(file, csv->file->line, error, "there are two columns \"%s\"", shown);
    }
    return TRUE;
}

void csv_close(Csv *csv)
{
    for (guint i = 0; csv->unescaped != NULL && i < csv->columns; i++)
        if (csv->unescaped[i] != NULL)
            g_string_free(csv->unescaped[i], TRUE);
    g_free(csv->unescaped);
    g_free(csv->fields);
    g_strfreev(csv->names);
    *csv = (Csv){0};
}
