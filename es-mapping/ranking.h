/* A list of movies in order, from a cluster or from the local scorer, and how it is shown. */
#pragma once

#include <glib.h>
#include <stdio.h>

#include "json.h"
#include "model_form.h"

typedef struct {
    char *id;    /* the document's _id */
    char *value; /* the movie's id in the data set */
    char *title;
    char **genres;
    int year;        /* 0: unknown */
    float raw_score; /* from a cluster: _score as float32, shift included; otherwise 0 */
    double score;    /* w_m + <query, v_m>, shift taken off */
    double rating;   /* predicted; NAN: none, the score is not the model's */

    /* Only if they were asked for: */
    float *vector;  /* [k] v_m, or NULL */
    double bias;    /* w_m */
    double *shares; /* [terms] of the score, which is their sum but for rounding; or NULL */
} RankedMovie;

void ranked_movie_clear(RankedMovie *movie);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RankedMovie, ranked_movie_clear)

typedef struct {
    char *index; /* the index that answered, or NULL for the local scorer */
    char *model_id;
    ModelForm form;      /* what the scores mean */
    double shift;        /* was added to every score */
    const char *measure; /* what the scores are, "cosine" …, if there are no ratings; or NULL */
    double offset;       /* what z has besides the movie's part; NAN: there are no ratings */
    GArray *movies;      /* RankedMovie, best first */

    guint candidates; /* of an approximate ranking (query_body.h); 0: it is exact */
    guint from;       /* movies before the first one */
    char **terms;     /* what each movie's shares are of, NULL-terminated; or NULL */
    char *left_out;   /* "user 4711" of the profile, unknown to the release; or NULL */
    char *after;      /* sort values of the last movie, as JSON; or NULL */
    gint64 took;      /* ms that the server says it took; -1: unknown */
} Ranking;

Ranking *ranking_new(const char *index, const char *model_id, const ModelForm *form, double shift);
void ranking_free(Ranking *ranking);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ranking, ranking_free)

/* Takes what the movie owns, and leaves it empty. */
void ranking_add(Ranking *ranking, RankedMovie *movie);

/* A table: rank, predicted rating (or the measure), title, year, genres; below each movie its
 * shares, if it has them. Columns line up as a terminal shows them, and no title can send it
 * anything but text. */
void ranking_print(const Ranking *ranking, FILE *out);

/* The members of that object, for an object that has more. */
void ranking_put_members(yajl_gen json, const Ranking *ranking, const char *profile);

/* One JSON object on one line. `profile` is its description, or that of what the movies are like.
 */
void ranking_print_json(const Ranking *ranking, const char *profile, FILE *out);
