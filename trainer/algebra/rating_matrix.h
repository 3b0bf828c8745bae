/* Ratings as a sparse users × movies matrix, by rows and by columns: what the solvers that treat
 * all ratings of one person (or of one movie) at a time read.
 *
 * Symbols: U users, M movies, N ratings. Users and movies are numbered from 0 here, in the order of
 * their feature indices. */
#pragma once

#include "dataset.h"

/* One way of reading the matrix: the ratings of line i (a user, or a movie) are begin[i] ..
 * begin[i + 1] - 1, ascending by `other`. */
typedef struct {
    guint lines;    /* U or M */
    guint others;   /* M or U */
    guint *begin;   /* [lines + 1] */
    guint32 *other; /* [N] the movie, or the user */
    float *rating;  /* [N] */
} RatingLines;

typedef struct {
    guint rows; /* N */
    RatingLines by_user, by_movie;
    guint first_user, first_movie; /* feature indices of user 0 and movie 0 */
} RatingMatrix;

/* Of the dataset rows rows[0..count-1], which must not name a (user, movie) pair twice; users and
 * movies are all of the table's, rated in these rows or not. Takes 16 bytes a rating. */
RatingMatrix *rating_matrix_new(const Dataset *data, const guint32 *rows, guint count);
void rating_matrix_free(RatingMatrix *matrix);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RatingMatrix, rating_matrix_free)
