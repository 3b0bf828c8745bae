/* Movies that people have seen, to be left out of the recommendations.
 *
 * A file is either a list, one movie id a line (blank lines do not count), or ratings of many
 * people. Which of them it is, its first line says:
 *
 *   318                                   a list, for everybody; an id with a comma or "::" in it,
 *                                         or one that begins with a quote, in double quotes as in
 *                                         CSV
 *   1::318::5::978300760                  MovieLens 1M's ratings.dat: user, movie, …
 *   1<tab>318<tab>5<tab>978300760         MovieLens 100k's u.data: the same
 *   userId,movieId,rating,timestamp       a CSV file with a header: a column user or userId, and
 *                                         one of item, movie, itemId and movieId
 *
 * It may be a pipe, or "-", standard input. */
#pragma once

#include "filter.h"

/* Whose rows count in a file of ratings: */
typedef struct {
    gboolean everybody;  /* each user's, for seen_exclude_of(); or */
    const char *user;    /* this one's, for everybody; or, if that is NULL, */
    const char *way_out; /* nobody's: the end of the message that refuses such a file */
} SeenWhose;

typedef struct Seen Seen;

Seen *seen_new(void);
void seen_free(Seen *seen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Seen, seen_free)

/* Reads one more file. Errors: RECSYS_ERROR_USAGE for ratings where nobody's count, G_FILE_ERROR,
 * RECSYS_ERROR_DATA naming file and line. */
gboolean seen_read(Seen *seen, const char *path, const SeenWhose *whose,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What to tell of files that exclude nothing, a sentence each; char *. */
const GPtrArray *seen_notes(const Seen *seen);

/* Adds the movies that are seen by everybody to the filter's excluded ones. */
void seen_exclude(const Seen *seen, Filter *filter);

/* TRUE if there was a file of which everybody's rows are kept. */
gboolean seen_is_of_each(const Seen *seen);

/* Adds those of one user beside that, and returns how many they are. */
guint seen_exclude_of(const Seen *seen, const char *user, Filter *filter);

/* The movies in these rows, each once, owned by `seen`; char *. One may be replaced by another name
 * of the same movie, or by NULL (free the old one), and is no more excluded then; what
 * seen_exclude_of() returns and seen_checksum() stay as they are. */
GPtrArray *seen_movies_of_each(Seen *seen);

/* A checksum of these rows, in hex: another one for other rows. */
char *seen_checksum(const Seen *seen);
