/* A MovieLens-shaped data set with a known truth in it.
 *
 * synth_write() invents users, movies and ratings from a planted model and writes them in the
 * formats of MovieLens 1M, together with what was planted, so that a test can check that training
 * finds it.
 *
 * Symbols: u user, m movie, N ratings, s = SynthOptions.noise.
 *
 * The planted model, on the scale of the ratings:
 *
 *     mu(u, m) = c + b_u + q_m + <p_u, t_m>
 *     rating   = clamp(floor(mu + s * gaussian + 1/2), 1, 5)
 *
 * b_u is the user's bias and q_m the movie's quality, to which its genres contribute. Tastes are a
 * sum of a part for the gender, one for the age, one for the occupation and the user's own, traits
 * a sum of parts for the movie's genres and its own; each has SYNTH_TASTES entries. p_u and t_m are
 * the first SYNTH_RANK of them, weighted. So a second-order factorization machine over user, movie,
 * age, gender and occupation can represent mu. The best prediction anybody can make is
 *
 *     E[r | mu] = sum_{r=1..5} r P(r) = 1 + sum_{j=1..4} Phi((mu - j - 1/2) / s)
 *
 * and its RMSE on the written ratings is the noise floor.
 *
 * Ratings are missing not at random. A user comes across movies by popularity, which is log-normal
 * and rises with quality, and rates one of them with a probability that is logistic in the product
 * of all tastes and traits: what they like, and what people like them watch. So popularity,
 * metadata and other people's choices each say something about which movies a user rates, and a
 * good rating is not the same as a likely one. Given mu, a rating does not depend on that choice.
 * Activity is log-normal, and as in the real data each user has rated at least 20 movies as long as
 * the sizes allow it.
 */
#pragma once

#include <glib.h>

enum { SYNTH_RANK = 4, SYNTH_TASTES = 12 };

typedef struct {
    guint users;   /* ids 1..users, without gaps */
    guint movies;  /* movies with at least one rating; about 5 % more are listed in movies.dat */
    guint ratings; /* rows, all with different (user, movie) */
    guint64 seed;  /* below 2^63, the largest integer that JSON readers agree on */
    double noise;  /* standard deviation of the Gaussian added before rounding; in (0, 10] */
} SynthOptions;

/* The size of MovieLens 1M, in round figures. */
#define SYNTH_OPTIONS_DEFAULT                                                                      \
    ((SynthOptions){.users = 6040, .movies = 3706, .ratings = 1000000, .seed = 1, .noise = 0.9})

/* Writes into `directory`, which must not exist yet or be empty; its parent must exist:
 *
 *   users.dat            UserID::Gender::Age::Occupation::Zip-code, in order of id
 *   movies.dat           MovieID::Title (Year)::Genre|Genre, in order of id, with gaps; ISO-8859-1
 *   ratings.dat          UserID::MovieID::Rating::Timestamp, in order of user, movies shuffled
 *   planted-ratings.f32  E[r | mu] of each row of ratings.dat: N little-endian float32, no header
 *   planted.json         one flat object: seed, users, movies, listed_movies, ratings, rank,
 *                        noise_sigma, global_mean (of the written ratings), global_mean_rmse (the
 *                        RMSE of always predicting that mean) and noise_floor
 *
 * The same options give the same bytes. Each of the 2 genders, 7 ages and 21 occupations occurs as
 * soon as there are as many users. The directory is filled under a temporary name beside it and
 * renamed: it is whole or it is not there.
 *
 * Errors: RECSYS_ERROR_USAGE for sizes that cannot be and for a directory that is not empty;
 * RECSYS_ERROR_DATA when the files cannot be written. */
gboolean synth_write(const char *directory, const SynthOptions *options,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
