#include "line_output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line_reader.h"
#include "recsys_error.h"

#define MODE 0666
#define ERROR_MEMBER ",\"error\":"
#define NO_MOVIES ",\"movies\":[]"
#define MOST_REST 64 /* bytes: longer than any beginning that is looked at */

struct LineOutput {
    char *name;
    int descriptor;
    gboolean is_file;
    off_t whole;   /* where the last whole line ends */
    guint64 lines; /* whole ones */
};

void line_output_past_clear(LineOutputPast *past)
{
    g_free(past->last);
    g_free(past->rest);
    *past = (LineOutputPast){0};
}

static gboolean set_errno(GError **error, const LineOutput *output, const char *what)
{
    const int code = errno;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "%s %s: %s", output->name,
                what, g_strerror(code));
    return FALSE;
}

void line_output_free(LineOutput *output)
{
    if (output == NULL)
        return;
    if (output->is_file && output->descriptor >= 0)
        close(output->descriptor);
    g_free(output->name);
    g_free(output);
}

/* ---- opening ---- */

/* Whether the line of an item, as profiles_job.c writes it, has this member: no text has quotes
 * that are not escaped. */
static gboolean has_member(const char *line, gsize length, const char *member)
{
    return g_strstr_len(line, (gssize)length, member) != NULL;
}

static gboolean read_past(LineOutput *output, LineOutputPast *past, GError **error)
{
    struct stat status;
    if (fstat(output->descriptor, &status) != 0)
        return set_errno(error, output, "cannot be read");
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        return TRUE;
    g_autoptr(GMappedFile) map = g_mapped_file_new_from_fd(output->descriptor, FALSE, error);
    if (map == NULL)
        return FALSE;
    const char *at = g_mapped_file_get_contents(map), *begin = at, *last = NULL;
    const char *end = at + g_mapped_file_get_length(map), *stop;
    for (; (stop = memchr(at, '\n', (gsize)(end - at))) != NULL; at = stop + 1) {
        past->lines++;
        past->errors += has_member(at, (gsize)(stop - at), ERROR_MEMBER);
        past->empty += has_member(at, (gsize)(stop - at), NO_MOVIES);
        last = at;
    }
    output->whole = at - begin;
    output->lines = past->lines;
    if (last != NULL)
        past->last = g_strndup(last, (gsize)(at - 1 - last));
    if (at < end)
        past->rest = g_strndup(at, MIN((gsize)(end - at), MOST_REST));
    return TRUE;
}

static gboolean lock(const LineOutput *output, GError **error)
{
    if (flock(output->descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return TRUE; /* a file system without locks has none to respect */
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_LOCKED, "another job is writing %s",
                output->name);
    return FALSE;
}

static gboolean open_file(LineOutput *output, gboolean resume, GError **error)
{
    output->descriptor =
        open(output->name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (resume ? 0 : O_EXCL), MODE);
    if (output->descriptor >= 0)
        return lock(output, error);
    if (errno != EEXIST)
        return set_errno(error, output, "cannot be written");
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "%s is there already: --resume goes on with it; otherwise name or remove it",
                output->name);
    return FALSE;
}

LineOutput *line_output_open(const char *path, gboolean resume, LineOutputPast *past,
                             GError **error)
{
    g_autoptr(LineOutput) output = g_new0(LineOutput, 1);
    output->is_file = path != NULL;
    output->name = g_strdup(path != NULL ? path : "standard output");
    output->descriptor = STDOUT_FILENO;
    if (output->is_file && (!open_file(output, resume, error) || !read_past(output, past, error)))
        return NULL;
    return g_steal_pointer(&output);
}

gboolean line_output_rest_is_line(const LineOutputPast *past)
{
    g_autofree char *begin = g_strdup_printf("{\"line\":%" G_GUINT64_FORMAT ",", past->lines + 1);
    return past->rest == NULL || (past->rest[0] != '\0' && (g_str_has_prefix(past->rest, begin) ||
                                                            g_str_has_prefix(begin, past->rest)));
}

gboolean line_output_is_file(const LineOutput *output, int descriptor)
{
    struct stat one, other;
    return fstat(output->descriptor, &one) == 0 && fstat(descriptor, &other) == 0 &&
           S_ISREG(one.st_mode) && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* ---- writing ---- */

gboolean line_output_trim(LineOutput *output, GError **error)
{
    struct stat status;
    if (!output->is_file)
        return TRUE;
    if (fstat(output->descriptor, &status) != 0)
        return set_errno(error, output, "cannot be read");
    if (!S_ISREG(status.st_mode) || status.st_size == output->whole ||
        ftruncate(output->descriptor, output->whole) == 0)
        return TRUE;
    return set_errno(error, output, "cannot be cut to whole lines");
}

guint64 line_output_lines(const LineOutput *output)
{
    return output->lines;
}

static guint64 count_lines(const char *text, gsize length)
{
    guint64 lines = 0;
    for (gsize i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

gboolean line_output_write(LineOutput *output, const char *text, gsize length, GError **error)
{
    while (length > 0) {
        const gssize written = write(output->descriptor, text, length);
        if (written < 0 && errno != EINTR)
            return set_errno(error, output, "cannot be written");
        output->lines += count_lines(text, (gsize)MAX(written, 0));
        text += MAX(written, 0);
        length -= (gsize)MAX(written, 0);
    }
    return TRUE;
}

gboolean line_output_finish(LineOutput *output, GError **error)
{
    if (!output->is_file)
        return TRUE;
    if (fsync(output->descriptor) != 0 && errno != EINVAL && errno != EROFS)
        return set_errno(error, output, "cannot be written");
    return TRUE;
}
