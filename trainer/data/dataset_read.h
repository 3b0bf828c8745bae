/* Reads a data set in any of the formats there are, which is recognised by the files of a
 * directory, or by being a file:
 *
 *   MovieLens 1M    users.dat, movies.dat, ratings.dat
 *   MovieLens 100k  u.data, u.user, u.item; ages become the age codes of MovieLens 1M
 *   MovieLens CSV   ratings.csv, movies.csv, as ml-latest, ml-25m and ml-32m have them
 *   CSV             a file with a header; format_csv.c says which columns there can be
 *
 * In all of them lines may end with CRLF, the last one must have an end, and a UTF-8 byte order
 * mark is skipped. Features come from what is rated only, in the order user, movie, user features
 * (age, gender, occupation in the first two, none in the third, alphabetical in the last); ids of
 * digits are sorted by their numeric value, others follow bytewise. */
#pragma once

#include "dataset.h"

/* NULL with RECSYS_ERROR_DATA naming file and line for what is missing, cut, malformed or there
 * twice, or naming what each format needs if there is none of them at `path`; G_FILE_ERROR for
 * files that cannot be read. */
Dataset *dataset_read(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads the ratings of another data set of base's format in terms of base's features: `path` is a
 * file of ratings or a directory that has one. What users are comes from base, but for the format
 * CSV, where each row brings its own features. The result shares base's feature table and has its
 * scale. Rows with an id or a value that base does not have are left out and counted in `unknown`.
 * Fails like dataset_read(), and if no row remains. */
Dataset *dataset_read_like(const char *path, const Dataset *base,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
