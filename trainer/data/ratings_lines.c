#include "ratings_lines.h"

#include "fm.h"

typedef struct {
    guint32 user, movie, rating, time;
} Line;

static inline gboolean scan_separator(const char **at, const char *separator)
{
    return text_scan_char(at, separator[0]) &&
           (separator[1] == '\0' || text_scan_char(at, separator[1]));
}

static inline gboolean scan_line(const char **at, const char *separator, Line *line)
{
    return text_scan_uint(at, &line->user) && scan_separator(at, separator) &&
           text_scan_uint(at, &line->movie) && scan_separator(at, separator) &&
           text_scan_uint(at, &line->rating) && scan_separator(at, separator) &&
           text_scan_uint(at, &line->time) && text_scan_line_end(at) && line->rating >= 1 &&
           line->rating <= 5;
}

static gboolean unknown(RatingsBuilder *builder, guint field, guint32 id, const TextFile *file,
                        GError **error)
{
    char text[16];
    const int length = g_snprintf(text, sizeof text, "%u", id);
    return ratings_builder_unknown(builder, field, (Text){text, (gsize)length}, file, error);
}

static gboolean read_lines(const RatingsLines *lines, RatingsBuilder *builder, TextFile *file,
                           GError **error)
{
    while (file->at < file->end) {
        const char *at = file->at;
        Line line;
        if (!scan_line(&at, lines->separator, &line)) {
            gboolean is_line = text_file_next(file);
            g_assert(is_line);
            return text_file_expected(file, lines->expected, error);
        }
        file->at = at;
        file->line++;
        const guint user = ratings_builder_find_number(builder, DATASET_USER, line.user);
        if (G_UNLIKELY(user == ID_TABLE_NONE)) {
            if (!unknown(builder, DATASET_USER, line.user, file, error))
                return FALSE;
            continue;
        }
        const guint movie = ratings_builder_find_number(builder, DATASET_MOVIE, line.movie);
        if (G_UNLIKELY(movie == ID_TABLE_NONE)) {
            if (!unknown(builder, DATASET_MOVIE, line.movie, file, error))
                return FALSE;
            continue;
        }
        guint32 *row = ratings_builder_add(builder, (float)line.rating, file->line);
        ratings_builder_add_time(builder, line.time);
        row[DATASET_USER] = user;
        row[DATASET_MOVIE] = movie;
    }
    return TRUE;
}

Dataset *ratings_lines_read(const RatingsLines *lines, RatingsBuilder *builder, const char *path,
                            GError **error)
{
    g_auto(TextFile) file = {0};
    if (!text_file_open(&file, path, error) ||
        !ratings_builder_begin(builder, &file, text_file_count_lines(&file), error) ||
        !read_lines(lines, builder, &file, error))
        return NULL;
    text_file_close(&file);
    return ratings_builder_finish(builder, FM_RATING_SCALE, error);
}
