/* Reads lines from a descriptor, however many there are: in memory there is one of them. */
#pragma once

#include <glib.h>

#define LINE_READER_MOST (1024 * 1024) /* bytes of a line */

typedef struct LineReader LineReader;

/* `path` is a file, or "-" for standard input. G_FILE_ERROR if it cannot be read. */
LineReader *line_reader_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void line_reader_free(LineReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LineReader, line_reader_free)

typedef enum { LINE_READ, LINE_TOO_LONG, LINE_NONE_LEFT, LINE_FAILED } LineResult;

/* The next line without its end, [length], valid until the next call. The last one need not end
 * with a line end. LINE_TOO_LONG: it was skipped as a whole. LINE_FAILED: `error` is set, by a
 * signal as well (RECSYS_ERROR_INTERRUPTED). */
LineResult line_reader_next(LineReader *reader, const char **line, gsize *length, GError **error);

/* Whether no line is left; waits until that is clear. Errors as of line_reader_next(). */
gboolean line_reader_at_end(LineReader *reader, gboolean *at_end,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many lines the file has from the beginning; 0 if that cannot be known before it is read. */
guint64 line_reader_count(const LineReader *reader);

const char *line_reader_name(const LineReader *reader);
int line_reader_descriptor(const LineReader *reader);
