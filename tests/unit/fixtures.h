/* Small invented things that several tests need: models, feature tables, bundles, data sets. */
#pragma once

#include "bundle.h"
#include "dataset.h"

/* 3 users, 4 movies, 2 ages, 2 genders and 2 occupations: the features of fixture_features(). */
#define FIXTURE_FEATURES 13
#define FIXTURE_FIRST_MOVIE 3
#define FIXTURE_MOVIES 4

/* Users 2, 5, 11; movies 1, 4, 7, 30; ages 18, 35; genders F, M; occupations 0, 12. Movie 4 has a
 * title that is not ASCII, movie 7 no year, movie 30 no genres. */
FeatureTable *fixture_features(void);

/* Gives users of such a table attributes: user 2 is 18, M, 12; user 5 is 35, F; user 11 has none.
 */
void fixture_set_attributes(FeatureTable *features);

/* Values of either sign, uniform up to `most`, with w0 as well. */
FmModel *fixture_model(guint n, guint k, double most, guint32 seed);

/* The least training.json that a bundle can have. */
#define FIXTURE_TRAINING "{\"link\": {\"type\": \"sigmoid\", \"scale\": 5.5}}"

/* A bundle in memory: fixture_features() and a random model of `k` factors. Nothing is written. */
Bundle *fixture_bundle(guint k, guint32 seed);

typedef struct {
    const char *type;
    guint count;
} FixtureType;

/* A bundle in memory with so many features of each type, in this order, of the values "0", "1" …,
 * and a random model: fixture_model(). */
Bundle *fixture_bundle_of(const FixtureType *types, guint count, guint k, double most,
                          guint32 seed);

/* The same n and k, and the same bits in all parameters; FALSE if either is NULL. */
gboolean fixture_same_bits(const FmModel *a, const FmModel *b);

/* `rows` ratings in whole stars, each of `fields` of `n` features, which may repeat in a row. */
Dataset *fixture_dataset(guint rows, guint fields, guint n, guint32 seed);

/* Writes `text` of `length` (-1: to its NUL) to a file of a directory. */
void fixture_put(const char *directory, const char *name, const char *text, gssize length);

/* A uniform number in [-most, most]. */
double fixture_uniform(GRand *random, double most);

/* ± 2^e with a random mantissa of 24 bits, e uniform in [least, most]. */
float fixture_float(GRand *random, int least, int most);
