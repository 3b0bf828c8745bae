/* What a person has rated: the lines of a file or of standard input.
 *
 * A line is a movie and a rating, with "::", a tab, a comma or blanks between them, or the movie
 * alone, if they have seen it and there is no rating; a movie in double quotes may hold commas (a
 * quote within is doubled). A rating has a point and no comma: "318 4,5" is refused, since it could
 * be of a movie "318 4" as well. Empty lines and lines that begin with # are left out, and so is a
 * header: a first line whose second field is "rating", or "movie" or "movieId" alone. Lines may end
 * with CRLF; the last one need not have an end. */
#pragma once

#include <glib.h>

typedef struct {
    char *movie;   /* its id in the data set */
    double rating; /* NAN: there is none */
    guint line;    /* from 1 */
} HistoryRating;

typedef struct {
    char *source;    /* for messages */
    GArray *ratings; /* HistoryRating, in the order of the lines; at least one */
} History;

#define HISTORY_MOST 10000 /* ratings: one request fetches their vectors */

/* Reads `path`, or standard input if it is "-". Errors: G_FILE_ERROR; RECSYS_ERROR_DATA naming file
 * and line for a line that is none, a movie that is there twice or one rating too many, and for a
 * history without ratings; RECSYS_ERROR_INTERRUPTED. */
History *history_read(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for a text in memory; `source` is for messages. */
History *history_parse(const char *text, gsize length, const char *source,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

void history_free(History *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(History, history_free)

static inline const HistoryRating *history_get(const History *history, guint index)
{
    return &g_array_index(history->ratings, HistoryRating, index);
}

/* Calls each movie by another name: `movies` (char *) has as many as there are ratings.
 * RECSYS_ERROR_DATA naming file and line if one is there twice then. */
gboolean history_rename(History *history, const GPtrArray *movies,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    double lowest, highest;
    gboolean is_open;    /* `highest` itself is no rating */
    gboolean by_ratings; /* each movie needs one */
} HistoryScale;

/* RECSYS_ERROR_DATA naming file and line if a rating is not on the scale, or needed and not there.
 */
gboolean history_check_scale(const History *history, const HistoryScale *scale,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
