#include "seen.h"

#include <glib/gstdio.h>
#include <string.h>

#include "csv.h"
#include "recsys_error.h"
#include "text_file.h"

static gboolean is_of_many(const char *path, const char *user, GError **error)
{
    if (user != NULL)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "%s has ratings of many people: --user says whose count, or name a file with one "
                "movie id a line",
                path);
    return FALSE;
}

static void exclude(Filter *filter, Text movie)
{
    g_autofree char *id = g_strndup(movie.text, movie.length);
    filter_exclude(filter, id);
}

/* ---- a list ---- */

static Text stripped(Text text)
{
    while (text.length > 0 && g_ascii_isspace(text.text[0]))
        text.text++, text.length--;
    while (text.length > 0 && g_ascii_isspace(text.text[text.length - 1]))
        text.length--;
    return text;
}

static gboolean read_list(Filter *filter, TextFile *file, GError **error)
{
    while (text_file_next(file)) {
        const Text movie = stripped(file->current);
        if (movie.length == 0)
            continue;
        if (!text_is_id(movie) || memchr(movie.text, ',', movie.length) != NULL ||
            memchr(movie.text, ' ', movie.length) != NULL)
            return text_file_expected(file, "one movie id", error);
        exclude(filter, movie);
    }
    return TRUE;
}

/* ---- ratings ---- */

/* The first two fields of the current line. */
static gboolean first_fields(const TextFile *file, const char *separator, Text fields[2])
{
    const char *at = file->current.text;
    gsize left = file->current.length;
    const gsize gap = strlen(separator);
    for (guint i = 0; i < 2; i++) {
        const char *end = g_strstr_len(at, (gssize)left, separator);
        if (end == NULL)
            return FALSE;
        fields[i] = (Text){at, (gsize)(end - at)};
        left -= fields[i].length + gap;
        at = end + gap;
    }
    return text_is_id(fields[0]) && text_is_id(fields[1]);
}

static gboolean read_ratings(Filter *filter, TextFile *file, const char *separator,
                             const char *user, GError **error)
{
    while (text_file_next(file)) {
        Text fields[2];
        if (!first_fields(file, separator, fields))
            return text_file_expected(file, "user, movie and more, as in its first line", error);
        if (text_equals(fields[0], user))
            exclude(filter, fields[1]);
    }
    return TRUE;
}

static int find_column(const Csv *csv, const char *const *names)
{
    int column = -1;
    for (; *names != NULL && column < 0; names++)
        column = csv_find(csv, *names);
    return column;
}

static gboolean read_csv(Filter *filter, TextFile *file, const char *user, GError **error)
{
    static const char *const of_user[] = {"user", "userId", NULL};
    static const char *const of_movie[] = {"item", "movie", "itemId", "movieId", NULL};
    g_auto(Csv) csv = {0};
    if (!csv_open(&csv, file, error))
        return FALSE;
    const int user_column = find_column(&csv, of_user), movie_column = find_column(&csv, of_movie);
    if (user_column < 0 || movie_column < 0)
        return text_file_fail(file, 1, error,
                              "expected a column user or userId, and one of item, movie, itemId "
                              "and movieId");
    if (!is_of_many(file->path, user, error))
        return FALSE;
    while (csv_has_more(&csv)) {
        if (!csv_read(&csv, error))
            return FALSE;
        if (!text_equals(csv.fields[user_column], user))
            continue;
        if (!text_is_id(csv.fields[movie_column]))
            return csv_expected(&csv, "a movie id", error);
        exclude(filter, csv.fields[movie_column]);
    }
    return TRUE;
}

/* ---- any ---- */

/* What stands between the fields of the first line; NULL: nothing, it has one. */
static const char *separator_of(const TextFile *file)
{
    static const char *const separators[] = {"::", "\t", ","};
    const char *end = memchr(file->at, '\n', (gsize)(file->end - file->at));
    const gssize length = (end != NULL ? end : file->end) - file->at;
    for (guint i = 0; i < G_N_ELEMENTS(separators); i++)
        if (g_strstr_len(file->at, length, separators[i]) != NULL)
            return separators[i];
    return NULL;
}

gboolean seen_exclude(Filter *filter, const char *path, const char *user, GError **error)
{
    GStatBuf status;
    g_auto(TextFile) file = {0};
    if (g_stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0)
        return TRUE;
    if (!text_file_open(&file, path, error))
        return FALSE;
    const char *separator = separator_of(&file);
    if (separator == NULL)
        return read_list(filter, &file, error);
    if (strcmp(separator, ",") == 0)
        return read_csv(filter, &file, user, error);
    return is_of_many(path, user, error) && read_ratings(filter, &file, separator, user, error);
}
