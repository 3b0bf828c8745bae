/* Ratings a line each, as MovieLens 1M and 100k have them: user, movie, a whole rating from 1 to 5,
 * timestamp; all numbers, with the same separator between them. */
#pragma once

#include "ratings_builder.h"

typedef struct {
    const char *separator; /* one or two characters */
    const char *expected;  /* what a line should be, for errors */
} RatingsLines;

/* Reads the file `path` into the builder and finishes it. RECSYS_ERROR_DATA naming file and line.
 */
Dataset *ratings_lines_read(const RatingsLines *lines, RatingsBuilder *builder, const char *path,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
