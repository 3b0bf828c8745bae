#include "line_reader.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interrupt.h"
#include "text_file.h"

#define CHUNK (64 * 1024)

struct LineReader {
    char *name;
    int descriptor;
    char *buffer; /* [LINE_READER_MOST + CHUNK] */
    gsize begin, end;
    gboolean at_end;
};

static void set_errno(GError **error, const LineReader *reader, const char *what)
{
    const int code = errno;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "%s %s: %s", reader->name,
                what, g_strerror(code));
}

LineReader *line_reader_open(const char *path, GError **error)
{
    g_autoptr(LineReader) reader = g_new0(LineReader, 1);
    reader->name = g_strdup(text_input_name(path));
    reader->descriptor = text_input_open(path, error);
    struct stat status;
    if (reader->descriptor < 0)
        return NULL;
    if (fstat(reader->descriptor, &status) != 0) {
        set_errno(error, reader, "cannot be read");
        return NULL;
    }
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        set_errno(error, reader, "cannot be read");
        return NULL;
    }
    reader->buffer = g_malloc(LINE_READER_MOST + CHUNK);
    return g_steal_pointer(&reader);
}

void line_reader_free(LineReader *reader)
{
    if (reader == NULL)
        return;
    if (reader->descriptor > STDIN_FILENO)
        close(reader->descriptor);
    g_free(reader->buffer);
    g_free(reader->name);
    g_free(reader);
}

const char *line_reader_name(const LineReader *reader)
{
    return reader->name;
}

int line_reader_descriptor(const LineReader *reader)
{
    return reader->descriptor;
}

/* ---- reading ---- */

/* FALSE with an error; sets at_end when there is nothing more. There must be room for a chunk. */
static gboolean fill(LineReader *reader, GError **error)
{
    if (reader->begin > 0) {
        memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
        reader->end -= reader->begin;
        reader->begin = 0;
    }
    while (TRUE) {
        const gssize got = read(reader->descriptor, reader->buffer + reader->end, CHUNK);
        if (got >= 0) {
            reader->end += (gsize)got;
            reader->at_end = got == 0;
            return TRUE;
        }
        const int code = errno;
        if (code == EINTR && !interrupt_requested(error))
            continue;
        if (code != EINTR) {
            errno = code;
            set_errno(error, reader, "cannot be read on");
        }
        return FALSE;
    }
}

static LineResult take(LineReader *reader, const char **line, gsize *length, gsize size,
                       gboolean has_end)
{
    *line = reader->buffer + reader->begin;
    *length = size;
    reader->begin += size + (has_end ? 1 : 0);
    if (size > 0 && (*line)[size - 1] == '\r')
        --*length;
    return size <= LINE_READER_MOST ? LINE_READ : LINE_TOO_LONG;
}

/* To behind the end of a line that is too long. */
static LineResult skip_rest(LineReader *reader, GError **error)
{
    while (TRUE) {
        const char *at = reader->buffer + reader->begin;
        const char *stop = memchr(at, '\n', reader->end - reader->begin);
        reader->begin = stop != NULL ? (gsize)(stop + 1 - reader->buffer) : reader->end;
        if (stop != NULL || reader->at_end)
            return LINE_TOO_LONG;
        if (!fill(reader, error))
            return LINE_FAILED;
    }
}

LineResult line_reader_next(LineReader *reader, const char **line, gsize *length, GError **error)
{
    gsize looked = 0;
    while (TRUE) {
        const char *at = reader->buffer + reader->begin;
        const gsize size = reader->end - reader->begin;
        const char *stop = memchr(at + looked, '\n', size - looked);
        if (stop != NULL)
            return take(reader, line, length, (gsize)(stop - at), TRUE);
        if (reader->at_end)
            return size > 0 ? take(reader, line, length, size, FALSE) : LINE_NONE_LEFT;
        if (size > LINE_READER_MOST)
            return skip_rest(reader, error);
        looked = size;
        if (!fill(reader, error))
            return LINE_FAILED;
    }
}

gboolean line_reader_at_end(LineReader *reader, gboolean *at_end, GError **error)
{
    while (reader->begin == reader->end && !reader->at_end)
        if (!fill(reader, error))
            return FALSE;
    *at_end = reader->begin == reader->end;
    return TRUE;
}

guint64 line_reader_count(const LineReader *reader)
{
    struct stat status;
    guint64 count = 0;
    char last = '\n';
    g_autofree char *chunk = g_malloc(CHUNK);
    if (fstat(reader->descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    gssize got;
    for (off_t at = 0; (got = pread(reader->descriptor, chunk, CHUNK, at)) > 0; at += got) {
        for (gssize i = 0; i < got; i++)
            count += chunk[i] == '\n';
        last = chunk[got - 1];
    }
    return count + (last != '\n');
}
