/* A text file in memory, read line by line, with errors that name file and line.
 *
 * The file is mapped, not copied; whoever cuts it short meanwhile ends the program. Lines end with
 * LF or CRLF, the last one too: a file that does not end with a line end was probably cut. A UTF-8
 * byte order mark is skipped. */
#pragma once

#include <glib.h>

/* A piece of text that somebody else owns; not NUL-terminated. */
typedef struct {
    const char *text;
    gsize length;
} Text;

typedef struct {
    char *path; /* for messages */
    GBytes *bytes;
    const char *at; /* where the next line begins; `end` if there is none */
    const char *end;
    guint line;   /* number of the current line, from 1; 0 before the first */
    Text current; /* the line that text_file_next() returned, without its end */
} TextFile;

/* Opens `path`. G_FILE_ERROR if it cannot be read; RECSYS_ERROR_DATA if it is empty, is UTF-16, or
 * does not end with a line end. Close it in either case; a zeroed TextFile can be closed too. */
gboolean text_file_open(TextFile *file, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for what may also be a pipe, or standard input ("-"), which is read into memory; and
 * being empty is no error here. */
gboolean text_file_open_input(TextFile *file, const char *path,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The bytes of a file, a pipe or standard input ("-"), for those who read them in their own way.
 * G_FILE_ERROR naming it; RECSYS_ERROR_INTERRUPTED if a signal came while it was waited for. */
GBytes *text_read_input(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A descriptor to read from, that of standard input for "-"; -1 with the same errors. */
int text_input_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* `path`, or "standard input" for "-". */
const char *text_input_name(const char *path);

void text_file_close(TextFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TextFile, text_file_close)

/* Makes the next line the current one; FALSE at the end of the file. */
gboolean text_file_next(TextFile *file);

/* How many line ends there are from `at` on. */
gsize text_file_count_lines(const TextFile *file);

/* Sets "PATH:LINE: …" as RECSYS_ERROR_DATA and returns FALSE. */
gboolean text_file_fail(const TextFile *file, guint line, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The same for the current line: "expected …, found "…"", shortened and escaped. */
gboolean text_file_expected(const TextFile *file, const char *expected, GError **error);

/* ---- pieces of text ---- */

/* Splits into exactly `count` fields; FALSE if there are fewer or more. */
gboolean text_split(Text text, const char *separator, Text *fields, guint count);

/* Without the white space at both ends. */
Text text_strip(Text text);

/* Takes a text in double quotes, a quote within doubled, from the beginning of *at and moves *at
 * behind it: a new string. NULL, and *at stays, if there is none, if nothing closes it, and if it
 * cannot be an id (text_is_id). */
char *text_take_quoted_id(Text *at);

/* Decimal digits only, below 2^32. */
gboolean text_parse_uint(Text text, guint32 *number);

/* A decimal number such as 4, -0.5 or 1e3: rounded once, finite. */
gboolean text_parse_decimal(Text text, double *number);

gboolean text_equals(Text text, const char *other);

/* TRUE if there is a byte below 32 or 127 in it: NUL, tab, escape … */
gboolean text_has_control(Text text);

/* TRUE if it can be an id: not empty, UTF-8, no control characters. */
gboolean text_is_id(Text text);

/* A copy in UTF-8; text that is not UTF-8 is taken for ISO-8859-1. */
char *text_to_utf8(Text text);

/* A copy for messages: printable ASCII, the rest escaped, cut after 100 bytes. */
char *text_show(Text text);

/* The year of "Title (1995)", or 0. */
int text_year_of_title(const char *title);

/* ---- scanning in place, for the files that are large ----
 *
 * Each moves *at past what it reads if it returns TRUE. A line end stops all of them, so nothing is
 * read past the end of a TextFile. */

static inline gboolean text_scan_uint(const char **at, guint32 *number)
{
    const char *begin = *at, *p = begin;
    guint64 value = 0;
    while ((guchar)(*p - '0') < 10 && p - begin < 11)
        value = value * 10 + (guint64)(*p++ - '0');
    *number = (guint32)value;
    *at = p;
    return p > begin && p - begin < 11 && value <= G_MAXUINT32;
}

static inline gboolean text_scan_char(const char **at, char expected)
{
    if (**at != expected)
        return FALSE;
    (*at)++;
    return TRUE;
}

/* LF or CRLF. */
static inline gboolean text_scan_line_end(const char **at)
{
    const char *p = *at;
    if (*p == '\r')
        p++;
    if (*p != '\n')
        return FALSE;
    *at = p + 1;
    return TRUE;
}
