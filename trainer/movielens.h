/* Reads the MovieLens 1M format: users.dat, movies.dat and ratings.dat, fields separated by "::".
 *
 * Features come from the rated users and movies only, sorted by numeric id, in the order user,
 * movie, age, gender, occupation. Titles may be UTF-8 or ISO-8859-1; lines may end with CRLF.
 * Files are at https://grouplens.org/datasets/movielens/1m/ (its README describes the format). */
#pragma once

#include "dataset.h"

/* NULL with RECSYS_ERROR_DATA naming file and line for whatever is missing, cut or malformed. */
Dataset *movielens_read(const char *directory, GError **error) G_GNUC_WARN_UNUSED_RESULT;
