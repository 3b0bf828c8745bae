#include "history.h"

#include <math.h>
#include <string.h>

#include "feature_table.h"
#include "recsys_error.h"
#include "text_file.h"

#define EXPECTED                                                                                   \
    "a movie and a rating with \"::\", a tab, a comma or blanks between them, such as \"318 "      \
    "4.5\" or \"318::4.5\", or a movie alone"

static void rating_clear(gpointer data)
{
    g_free(((HistoryRating *)data)->movie);
}

void history_free(History *history)
{
    if (history == NULL)
        return;
    g_free(history->source);
    g_array_unref(history->ratings);
    g_free(history);
}

static gboolean fail(const History *history, guint line, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static gboolean fail(const History *history, guint line, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s:%u: %s", history->source, line, what);
    return FALSE;
}

/* ---- one line ---- */

/* `"Lamp, green",4`: the movie with its quotes undone, and what follows the comma; without one
 * rest->text is NULL. */
static char *take_quoted(Text line, Text *rest)
{
    g_autofree char *movie = text_take_quoted_id(&line);
    if (movie == NULL || (line.length > 0 && line.text[0] != ','))
        return NULL;
    *rest = line.length > 0 ? text_strip((Text){line.text + 1, line.length - 1}) : (Text){NULL, 0};
    return g_steal_pointer(&movie);
}

/* Two words with any blanks between them; of a single one the second is NULL. */
static gboolean split_words(Text line, Text *fields)
{
    gsize end = 0;
    while (end < line.length && line.text[end] != ' ')
        end++;
    fields[0] = (Text){line.text, end};
    fields[1] = (Text){NULL, 0};
    if (end == line.length)
        return TRUE;
    fields[1] = text_strip((Text){line.text + end, line.length - end});
    return memchr(fields[1].text, ' ', fields[1].length) == NULL;
}

static gboolean split_plain(Text line, Text *fields)
{
    static const char *const separators[] = {"::", "\t", ","};
    for (gsize i = 0; i < G_N_ELEMENTS(separators); i++)
        if (memmem(line.text, line.length, separators[i], strlen(separators[i])) != NULL)
            return text_split(line, separators[i], fields, 2);
    return split_words(line, fields);
}

static gboolean is_all_digits(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
    return length > 0;
}

/* "318 4,5" and the like: a comma for the point of the rating, or a movie "318 4"? The number
 * behind the last separator that is no comma, "4,5", if there is one. */
static gboolean has_decimal_comma(Text line, Text *number)
{
    const char *end = line.text + line.length, *at = end;
    while (at > line.text && strchr(" \t:;", at[-1]) == NULL)
        at--;
    const char *comma = memchr(at, ',', (gsize)(end - at));
    *number = (Text){at, (gsize)(end - at)};
    return line.text[0] != '"' && at > line.text && comma != NULL &&
           is_all_digits(at, (gsize)(comma - at)) &&
           is_all_digits(comma + 1, (gsize)(end - comma - 1));
}

static gboolean fail_decimal_comma(const History *history, guint line, Text number, GError **error)
{
    g_autofree char *comma = g_strndup(number.text, number.length);
    g_autofree char *point = g_strdelimit(g_strdup(comma), ",", '.');
    return fail(history, line, error,
                "is %s the rating? Write %s; or, if the blank is a part of the movie's id, the id "
                "in double quotes",
                comma, point);
}

/* The movie, or NULL if the line is neither one nor two fields; of one, rating->text is NULL. */
static char *split_line(Text line, Text *rating)
{
    Text fields[2];
    if (line.text[0] == '"')
        return take_quoted(line, rating);
    if (!split_plain(line, fields))
        return NULL;
    const Text movie = text_strip(fields[0]);
    *rating = fields[1].text != NULL ? text_strip(fields[1]) : fields[1];
    return text_is_id(movie) ? g_strndup(movie.text, movie.length) : NULL;
}

/* ---- all lines ---- */

/* `seen`: movie -> its line. */
static gboolean check_once(const History *history, GHashTable *seen, const HistoryRating *rating,
                           GError **error)
{
    const guint before = GPOINTER_TO_UINT(g_hash_table_lookup(seen, rating->movie));
    if (before != 0)
        return fail(history, rating->line, error, "movie %s is rated in line %u already",
                    rating->movie, before);
    g_hash_table_insert(seen, rating->movie, GUINT_TO_POINTER(rating->line));
    return TRUE;
}

static gboolean add(History *history, GHashTable *seen, HistoryRating *rating, GError **error)
{
    if (!feature_fits(FEATURE_MOVIE, strlen(rating->movie)))
        return fail(history, rating->line, error,
                    "a movie's id of %" G_GSIZE_FORMAT " bytes, which is longer than any can be",
                    strlen(rating->movie));
    if (history->ratings->len == HISTORY_MOST)
        return fail(history, rating->line, error, "more than %d ratings", HISTORY_MOST);
    if (!check_once(history, seen, rating, error))
        return FALSE;
    g_array_append_val(history->ratings, *rating);
    return TRUE;
}

static gboolean is_header(const char *movie, Text rating)
{
    return rating.text != NULL ? text_equals(rating, "rating")
                               : strcmp(movie, FEATURE_MOVIE) == 0 || strcmp(movie, "movieId") == 0;
}

static gboolean parse_rating(Text text, double *rating)
{
    *rating = NAN;
    return text.text == NULL || text_parse_decimal(text, rating);
}

static gboolean read_line(History *history, GHashTable *seen, Text line, guint number,
                          GError **error)
{
    Text rest = {"", 0};
    line = text_strip(line);
    if (line.length == 0 || line.text[0] == '#')
        return TRUE;
    if (has_decimal_comma(line, &rest))
        return fail_decimal_comma(history, number, rest, error);
    g_autofree char *movie = split_line(line, &rest);
    HistoryRating rating = {.movie = movie, .line = number};
    if (movie != NULL && number == 1 && is_header(movie, rest))
        return TRUE;
    if (movie == NULL || movie[0] == '\0' || !parse_rating(rest, &rating.rating)) {
        g_autofree char *shown = text_show(line);
        return fail(history, number, error, "expected " EXPECTED ", found \"%s\"", shown);
    }
    if (!add(history, seen, &rating, error))
        return FALSE;
    (void)g_steal_pointer(&movie);
    return TRUE;
}

History *history_parse(const char *text, gsize length, const char *source, GError **error)
{
    g_autoptr(History) history = g_new0(History, 1);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const char *at = text, *end = text + length;
    history->source = g_strdup(source);
    history->ratings = g_array_new(FALSE, FALSE, sizeof(HistoryRating));
    g_array_set_clear_func(history->ratings, rating_clear);
    if (length >= 3 && memcmp(at, "\357\273\277", 3) == 0)
        at += 3;
    for (guint number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (gsize)(end - at));
        if (stop == NULL)
            stop = end;
        if (!read_line(history, seen, (Text){at, (gsize)(stop - at)}, number, error))
            return NULL;
        at = stop < end ? stop + 1 : end;
    }
    if (history->ratings->len > 0)
        return g_steal_pointer(&history);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "%s has no ratings: each line is to be " EXPECTED, source);
    return NULL;
}

History *history_read(const char *path, GError **error)
{
    gsize length = 0;
    g_autoptr(GBytes) bytes = text_read_input(path, error);
    if (bytes == NULL)
        return NULL;
    const char *text = g_bytes_get_data(bytes, &length);
    return history_parse(text, length, text_input_name(path), error);
}

gboolean history_rename(History *history, const GPtrArray *movies, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < history->ratings->len; i++) {
        HistoryRating *rating = &g_array_index(history->ratings, HistoryRating, i);
        g_free(rating->movie);
        rating->movie = g_strdup(g_ptr_array_index(movies, i));
        if (!check_once(history, seen, rating, error))
            return FALSE;
    }
    return TRUE;
}

/* "go from 0 to below 5.5" */
static char *describe_scale(const HistoryScale *scale)
{
    if (scale->lowest == scale->highest)
        return g_strdup_printf("are all %g: leave them out", scale->lowest);
    return g_strdup_printf("go from %g to %s%g", scale->lowest, scale->is_open ? "below " : "",
                           scale->highest);
}

static gboolean is_on_scale(const HistoryScale *scale, double rating)
{
    return rating >= scale->lowest &&
           (scale->is_open ? rating < scale->highest : rating <= scale->highest);
}

gboolean history_check_scale(const History *history, const HistoryScale *scale, GError **error)
{
    for (guint i = 0; i < history->ratings->len; i++) {
        const HistoryRating *rating = history_get(history, i);
        if (isnan(rating->rating) && scale->by_ratings)
            return fail(history, rating->line, error,
                        "movie %s has no rating; this release folds in by ratings, and needs one",
                        rating->movie);
        if (isnan(rating->rating) || is_on_scale(scale, rating->rating))
            continue;
        g_autofree char *expected = describe_scale(scale);
        return fail(history, rating->line, error,
                    "movie %s is rated %g; ratings of this release %s", rating->movie,
                    rating->rating, expected);
    }
    return TRUE;
}
