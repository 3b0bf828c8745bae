/* A list of movies in order, from a cluster or from the local scorer, and how it is shown. */
#pragma once

#include <glib.h>
#include <stdio.h>

typedef struct {
    char *id;    /* the document's _id */
    char *value; /* the movie's id in the data set */
    char *title;
    char **genres;
    int year;        /* 0: unknown */
    float raw_score; /* from a cluster: _score as float32, shift included; otherwise 0 */
    double score;    /* w_m + <query, v_m>, shift taken off */
    double rating;   /* predicted */
} RankedMovie;

typedef struct {
    char *index; /* the index that answered, or NULL for the local scorer */
    char *model_id;
    double scale;   /* ratings are below it */
    double shift;   /* was added to every score */
    GArray *movies; /* RankedMovie, best first */
} Ranking;

Ranking *ranking_new(const char *index, const char *model_id, double scale, double shift);
void ranking_free(Ranking *ranking);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ranking, ranking_free)

/* Takes ownership of the movie's strings. */
void ranking_add(Ranking *ranking, RankedMovie *movie);

/* A table: rank, predicted rating, title, year, genres. */
void ranking_print(const Ranking *ranking, FILE *out);

/* One JSON object on one line. `profile` is its description. */
void ranking_print_json(const Ranking *ranking, const char *profile, FILE *out);
