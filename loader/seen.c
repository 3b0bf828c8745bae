#include "seen.h"

#include <string.h>

#include "csv.h"
#include "feature_table.h"
#include "id_table.h"
#include "recsys_error.h"
#include "text_file.h"

struct Seen {
    GPtrArray *movies; /* char *: seen by everybody */
    GPtrArray *notes;  /* char * */

    /* Each user's rows: users and movies by their positions. */
    gboolean of_each;
    IdTable *users, *rated;
    GPtrArray *names; /* char *, nullable: what the rated movies are excluded as */
    GPtrArray *rows;  /* [users] GArray of guint32, the movies of a user */
};

Seen *seen_new(void)
{
    Seen *seen = g_new0(Seen, 1);
    seen->movies = g_ptr_array_new_with_free_func(g_free);
    seen->notes = g_ptr_array_new_with_free_func(g_free);
    seen->users = id_table_new();
    seen->rated = id_table_new();
    seen->names = g_ptr_array_new_with_free_func(g_free);
    seen->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    return seen;
}

void seen_free(Seen *seen)
{
    if (seen == NULL)
        return;
    g_ptr_array_unref(seen->movies);
    g_ptr_array_unref(seen->notes);
    id_table_free(seen->users);
    id_table_free(seen->rated);
    g_ptr_array_unref(seen->names);
    g_ptr_array_unref(seen->rows);
    g_free(seen);
}

/* ---- what is there ---- */

const GPtrArray *seen_notes(const Seen *seen)
{
    return seen->notes;
}

void seen_exclude(const Seen *seen, Filter *filter)
{
    for (guint i = 0; i < seen->movies->len; i++)
        filter_exclude(filter, g_ptr_array_index(seen->movies, i));
}

gboolean seen_is_of_each(const Seen *seen)
{
    return seen->of_each;
}

guint seen_exclude_of(const Seen *seen, const char *user, Filter *filter)
{
    const guint position = id_table_find(seen->users, (Text){user, strlen(user)});
    if (position == ID_TABLE_NONE)
        return 0;
    const GArray *rows = g_ptr_array_index(seen->rows, position);
    for (guint i = 0; i < rows->len; i++) {
        const char *movie = g_ptr_array_index(seen->names, g_array_index(rows, guint32, i));
        if (movie != NULL)
            filter_exclude(filter, movie);
    }
    return rows->len;
}

GPtrArray *seen_movies_of_each(Seen *seen)
{
    return seen->names;
}

static void add_ids(GChecksum *checksum, const IdTable *table)
{
    for (guint i = 0; i < id_table_size(table); i++) {
        g_autofree char *id = id_table_get(table, i);
        g_checksum_update(checksum, (const guchar *)id, (gssize)strlen(id) + 1);
    }
    g_checksum_update(checksum, (const guchar *)"", 1); /* no id is empty */
}

char *seen_checksum(const Seen *seen)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    add_ids(checksum, seen->users);
    add_ids(checksum, seen->rated);
    for (guint i = 0; i < seen->rows->len; i++) {
        const GArray *rows = g_ptr_array_index(seen->rows, i);
        const guint32 count = rows->len;
        g_checksum_update(checksum, (const guchar *)&count, sizeof count);
        g_checksum_update(checksum, (const guchar *)rows->data, (gssize)(count * sizeof count));
    }
    return g_strdup(g_checksum_get_string(checksum));
}

/* ---- adding ---- */

static guint position_of(IdTable *table, Text id)
{
    const guint position = id_table_find(table, id);
    return position != ID_TABLE_NONE ? position : id_table_add(table, id);
}

static void add_row(Seen *seen, Text user, Text movie)
{
    const guint position = position_of(seen->users, user);
    const guint32 rated = position_of(seen->rated, movie);
    if (seen->names->len <= rated)
        g_ptr_array_add(seen->names, g_strndup(movie.text, movie.length));
    while (seen->rows->len <= position)
        g_ptr_array_add(seen->rows, g_array_new(FALSE, FALSE, sizeof(guint32)));
    GArray *rows = g_ptr_array_index(seen->rows, position);
    g_array_append_val(rows, rated);
}

typedef struct {
    Seen *seen;
    TextFile file;
    const SeenWhose *whose;
    guint added; /* movies, or rows */
} Reading;

static void reading_clear(Reading *reading)
{
    text_file_close(&reading->file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static void add_movie(Reading *reading, Text movie)
{
    g_ptr_array_add(reading->seen->movies, g_strndup(movie.text, movie.length));
    reading->added++;
}

/* A row of a file of ratings. */
static void add_rating(Reading *reading, Text user, Text movie)
{
    if (reading->whose->everybody) {
        add_row(reading->seen, user, movie);
        reading->added++;
    } else if (text_equals(user, reading->whose->user)) {
        add_movie(reading, movie);
    }
}

static gboolean begin_ratings(Reading *reading, GError **error)
{
    const SeenWhose *whose = reading->whose;
    reading->seen->of_each = reading->seen->of_each || whose->everybody;
    if (whose->everybody || whose->user != NULL)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "%s has ratings of many people: %s",
                reading->file.path, whose->way_out);
    return FALSE;
}

/* ---- a list ---- */

static gboolean has(Text text, const char *separator)
{
    return g_strstr_len(text.text, (gssize)text.length, separator) != NULL;
}

/* The id in a line that is one in double quotes, or NULL. */
static char *take_whole_quoted(Text line)
{
    g_autofree char *id = text_take_quoted_id(&line);
    return id != NULL && text_strip(line).length == 0 ? g_steal_pointer(&id) : NULL;
}

/* NULL if the line is not one id: with a separator in it, it is rather one of another file. */
static char *id_of_line(Text line)
{
    if (line.text[0] == '"')
        return take_whole_quoted(line);
    return text_is_id(line) && !has(line, ",") && !has(line, "::")
               ? g_strndup(line.text, line.length)
               : NULL;
}

static gboolean fail_long(const TextFile *file, gsize length, GError **error)
{
    return text_file_fail(file, file->line, error,
                          "a movie's id of %" G_GSIZE_FORMAT " bytes, which is longer than any "
                          "can be",
                          length);
}

static gboolean read_list(Reading *reading, GError **error)
{
    TextFile *file = &reading->file;
    while (text_file_next(file)) {
        const Text line = text_strip(file->current);
        if (line.length == 0)
            continue;
        g_autofree char *movie = id_of_line(line);
        if (movie == NULL)
            return text_file_expected(file,
                                      "one movie id (in double quotes if a comma or \"::\" is a "
                                      "part of it)",
                                      error);
        if (!feature_fits(FEATURE_MOVIE, strlen(movie)))
            return fail_long(file, strlen(movie), error);
        add_movie(reading, (Text){movie, strlen(movie)});
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
        const char *end = memmem(at, left, separator, gap);
        if (end == NULL)
            return FALSE;
        fields[i] = (Text){at, (gsize)(end - at)};
        left -= fields[i].length + gap;
        at = end + gap;
    }
    return text_is_id(fields[0]) && text_is_id(fields[1]);
}

static gboolean read_ratings(Reading *reading, const char *separator, GError **error)
{
    if (!begin_ratings(reading, error))
        return FALSE;
    while (text_file_next(&reading->file)) {
        Text fields[2];
        if (!first_fields(&reading->file, separator, fields))
            return text_file_expected(&reading->file, "user, movie and more, as in its first line",
                                      error);
        if (!feature_fits(FEATURE_MOVIE, fields[1].length))
            return fail_long(&reading->file, fields[1].length, error);
        add_rating(reading, fields[0], fields[1]);
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

static gboolean read_records(Reading *reading, Csv *csv, const int columns[2], GError **error)
{
    const gboolean everybody = reading->whose->everybody;
    while (csv_has_more(csv)) {
        if (!csv_read(csv, error))
            return FALSE;
        const Text user = csv->fields[columns[0]], movie = csv->fields[columns[1]];
        if (!everybody && !text_equals(user, reading->whose->user))
            continue;
        if (!text_is_id(movie))
            return csv_expected(csv, "a movie id", error);
        if (!feature_fits(FEATURE_MOVIE, movie.length))
            return fail_long(csv->file, movie.length, error);
        if (!text_is_id(user))
            return csv_expected(csv, "a user id", error);
        add_rating(reading, user, movie);
    }
    return TRUE;
}

static gboolean read_csv(Reading *reading, GError **error)
{
    static const char *const of_user[] = {"user", "userId", NULL};
    static const char *const of_movie[] = {"item", "movie", "itemId", "movieId", NULL};
    g_auto(Csv) csv = {0};
    if (!csv_open(&csv, &reading->file, error))
        return FALSE;
    const int columns[2] = {find_column(&csv, of_user), find_column(&csv, of_movie)};
    if (columns[0] < 0 || columns[1] < 0)
        return text_file_fail(&reading->file, 1, error,
                              "expected a column user or userId, and one of item, movie, itemId "
                              "and movieId");
    return begin_ratings(reading, error) && read_records(reading, &csv, columns, error);
}

/* ---- any ---- */

/* What stands between the fields of the first line; NULL: nothing, it is one id. */
static const char *separator_of(const TextFile *file)
{
    static const char *const separators[] = {"::", "\t", ","};
    const gsize size = (gsize)(file->end - file->at);
    const char *end = size > 0 ? memchr(file->at, '\n', size) : NULL;
    const Text line = text_strip((Text){file->at, end != NULL ? (gsize)(end - file->at) : 0});
    g_autofree char *id = take_whole_quoted(line);
    for (guint i = 0; id == NULL && i < G_N_ELEMENTS(separators); i++)
        if (has(line, separators[i]))
            return separators[i];
    return NULL;
}

static gboolean read_any(Reading *reading, const char *separator, GError **error)
{
    if (separator == NULL)
        return read_list(reading, error);
    return strcmp(separator, ",") == 0 ? read_csv(reading, error)
                                       : read_ratings(reading, separator, error);
}

static void note_nothing(const Reading *reading, gboolean is_list)
{
    const char *path = reading->file.path, *user = reading->whose->user;
    char *note =
        is_list || user == NULL
            ? g_strdup_printf("%s names no movie: it excludes nothing.", path)
            : g_strdup_printf("%s has no ratings of user %s: it excludes nothing.", path, user);
    g_ptr_array_add(reading->seen->notes, note);
}

gboolean seen_read(Seen *seen, const char *path, const SeenWhose *whose, GError **error)
{
    g_auto(Reading) reading = {.seen = seen, .whose = whose};
    if (!text_file_open_input(&reading.file, path, error))
        return FALSE;
    const char *separator = separator_of(&reading.file);
    if (!read_any(&reading, separator, error))
        return FALSE;
    if (reading.added == 0)
        note_nothing(&reading, separator == NULL);
    return TRUE;
}
