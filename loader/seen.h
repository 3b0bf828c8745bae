/* Movies that somebody has seen, to be left out of the recommendations.
 *
 * The file is either a list, one movie id a line (blank lines do not count), or ratings of many
 * people, of which those of one user count. Which of them it is, its first line says:
 *
 *   318                                   a list
 *   1::318::5::978300760                  MovieLens 1M's ratings.dat: user, movie, …
 *   1<tab>318<tab>5<tab>978300760         MovieLens 100k's u.data: the same
 *   userId,movieId,rating,timestamp       a CSV file with a header: a column user or userId, and
 *                                         one of item, movie, itemId and movieId */
#pragma once

#include "filter.h"

/* Adds them to the filter's excluded movies. `user` may be NULL for a list; for ratings that is
 * RECSYS_ERROR_USAGE. An empty file has nothing to add. Errors: G_FILE_ERROR, RECSYS_ERROR_DATA
 * naming file and line. */
gboolean seen_exclude(Filter *filter, const char *path, const char *user,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
