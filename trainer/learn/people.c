#include "people.h"

PeopleAndMovies *people_and_movies_new(guint users, guint movies, guint k)
{
    PeopleAndMovies *model = g_new0(PeopleAndMovies, 1);
    model->users = users;
    model->movies = movies;
    model->k = k;
    model->user_vectors = g_new0(float, (gsize)users *k);
    model->user_offsets = g_new0(float, users);
    model->movie_vectors = g_new0(float, (gsize)movies *k);
    model->movie_biases = g_new0(float, movies);
    return model;
}

void people_and_movies_free(PeopleAndMovies *model)
{
    if (model == NULL)
        return;
    g_free(model->user_vectors);
    g_free(model->user_offsets);
    g_free(model->movie_vectors);
    g_free(model->movie_biases);
    g_free(model);
}
