/* What a solver has found of people and movies, before it is written as documents (a bundle's
 * rows): one vector and one offset for each whole person, one vector and one bias for each movie.
 *
 *   z(user, movie) = mean + offset_user + bias_movie + <vector_user, vector_movie>
 *
 * Symbols: U users, M movies, k factors. Users and movies are numbered as in rating_matrix.h. */
#pragma once

#include <glib.h>

typedef struct {
    guint users, movies, k;
    double mean;
    float *user_vectors;  /* [U, k] */
    float *user_offsets;  /* [U] */
    float *movie_vectors; /* [M, k] */
    float *movie_biases;  /* [M] */
} PeopleAndMovies;

/* All zero. */
PeopleAndMovies *people_and_movies_new(guint users, guint movies, guint k);
void people_and_movies_free(PeopleAndMovies *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PeopleAndMovies, people_and_movies_free)
