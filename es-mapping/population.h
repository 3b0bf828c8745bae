/* The average person of a model, from whom fold-in starts: `_meta.fold_in` of a release.
 *
 *   {"lambda": 8.1, "means": {"user": {"bias": 0.01, "embedding": "<base64>"}, "age": {…}, …}}
 *
 * A mean is that of all vectors (and biases) of a type: of users each counts once; of the others
 * each counts as often as the training data has it, or once if the bundle does not say. Vectors are
 * k big-endian float32 in base64.
 *
 * Lambda is the weight of the ridge in fold_in.h. Training's own is N·d/2 for N rows and weight
 * decay d; POPULATION_PRUDENCE times that does better for users who show few ratings and were not
 * part of the training (`./dev bench foldin` prints the comparison, on users that are neither
 * trained on nor part of its table). */
#pragma once

#include "bundle.h"

#define POPULATION_PRUDENCE 2

/* For bundles that were trained elsewhere, or without weight decay: that of MovieLens 1M with the
 * trainer's own options. */
#define POPULATION_DEFAULT_LAMBDA 9.0

typedef struct {
    char *type;
    float *vector; /* [k] */
    double bias;
} PopulationMean;

typedef struct {
    guint k;
    double lambda;
    GPtrArray *means; /* PopulationMean, one a type but movie, by the type's name */
} Population;

Population *population_of_bundle(const Bundle *bundle);

/* Writes the object. */
void population_put(yajl_gen json, const Population *population);

/* Reads it; what is absent or malformed, as in the releases of an earlier version, is the default
 * lambda and no means. `object` may be NULL. */
Population *population_read(yajl_val object, guint k);

void population_free(Population *population);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Population, population_free)

/* The mean of a type, or NULL. */
const PopulationMean *population_find(const Population *population, const char *type);
