/* Which (user, movie) pairs a model was trained on, and how each movie was rated in them: what it
 * takes to leave out of a list what a person has seen, and to know the trivial baselines, without
 * the data itself.
 *
 * Symbols: U users, M movies, N rows, L levels (the different ratings there are). Users and movies
 * are numbered from 0, in the order of their feature indices.
 *
 * The file, about 1.2 bytes a row for MovieLens 1M:
 *
 *   8 bytes "RECSYSTR", then unsigned LEB128 numbers, but for the levels
 *   1 (the version), U, M, N, L
 *   L little-endian float32: the levels, ascending
 *   for each user: how many rows, then their movies ascending, each as the difference from the one
 *     before (the first from 0)
 *   for each movie: how many levels occur, then for each of them, ascending, the difference of its
 *     number from the one before (the first from 0), and how often it occurs */
#pragma once

#include "feature_table.h"

typedef struct {
    guint32 level; /* position in `level` */
    guint32 count; /* rows */
} LevelCount;

typedef struct {
    guint users, movies, rows, levels;
    guint *begin;         /* [U + 1] */
    guint32 *movie;       /* [N] by user; ascending within each */
    float *level;         /* [L] ascending */
    guint *counts_begin;  /* [M + 1] */
    LevelCount *counts;   /* by movie; ascending by level within each */
    guint *movie_ratings; /* [M] rows of each movie */
} TrainingRows;

/* Of rows[0..count-1] of `features` [·, fields] (user first, movie second) and `ratings`. */
TrainingRows *training_rows_new(const FeatureTable *table, const guint32 *features, guint fields,
                                const float *ratings, const guint32 *rows, guint count);
void training_rows_free(TrainingRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TrainingRows, training_rows_free)

/* Whether a user has rated a movie in them. */
gboolean training_rows_has(const TrainingRows *rows, guint user, guint movie);

/* The sum of a movie's ratings. */
double training_rows_sum(const TrainingRows *rows, guint movie);

/* How many of a movie's ratings are `least` or more. */
guint training_rows_count_from(const TrainingRows *rows, guint movie, float least);

/* Free with g_bytes_unref. */
GBytes *training_rows_encode(const TrainingRows *rows);

/* NULL with RECSYS_ERROR_DATA naming `name` if it is not the rows of this table's users and movies.
 */
TrainingRows *training_rows_decode(GBytes *content, const FeatureTable *table, const char *name,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
