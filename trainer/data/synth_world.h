/* The planted world behind a synthetic data set: users, movies, who rated what, and the mean of
 * each rating (the model is described in synth.h). All of it is drawn from one random stream. */
#pragma once

#include "synth.h"

typedef enum { SYNTH_GENDER, SYNTH_AGE, SYNTH_OCCUPATION, SYNTH_N_KINDS } SynthKind;

enum { SYNTH_N_GENRES = 18, SYNTH_N_CODES_MAX = 21, SYNTH_MAX_GENRES_PER_MOVIE = 3 };

typedef struct {
    guint code[SYNTH_N_KINDS];
    guint n_ratings;
    double bias;
    double taste[SYNTH_TASTES];
} SynthUser;

typedef struct {
    guint id;
    guint year;
    char *title; /* UTF-8 */
    guint n_genres;
    guint genre[SYNTH_MAX_GENRES_PER_MOVIE]; /* ascending */
    double quality;
    double trait[SYNTH_TASTES];
    gint64 weight; /* share of the popularity, at least 1 */
} SynthMovie;

typedef struct {
    SynthOptions size;
    GRand *rand; /* the only source of chance */
    guint n_listed;
    SynthUser *users;   /* [users] */
    SynthMovie *movies; /* [n_listed] */
    guint *rated;       /* [movies] -> index into .movies */
    guint *rows;        /* [ratings] -> index into .rated; user after user */
    double code_taste[SYNTH_N_KINDS][SYNTH_N_CODES_MAX][SYNTH_TASTES];
    double genre_trait[SYNTH_N_GENRES][SYNTH_TASTES];
    double genre_quality[SYNTH_N_GENRES];
} SynthWorld;

/* `options` must be possible; synth_write() checks them. */
SynthWorld *synth_world_new(const SynthOptions *options);
void synth_world_free(SynthWorld *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SynthWorld, synth_world_free)

/* mu(u, m) */
double synth_planted_mean(const SynthUser *user, const SynthMovie *movie);

/* E[r | mu], with Phi(x) = erfc(-x / sqrt(2)) / 2 */
double synth_expected_rating(double mean, double noise);

/* What a user's and a movie's codes stand for in the files. */
char synth_gender(const SynthUser *user);
guint synth_age(const SynthUser *user);
guint synth_occupation(const SynthUser *user);
const char *synth_genre_name(guint genre);
