/* What is known of people and movies beside their ratings, as numbers: the side information of a
 * Bayesian factorization.
 *
 * Two blocks for each side. "Known": for people the metadata of their rows (one column a value; the
 * mean over a person's rows if they differ), for movies genres and years in classes of five; for
 * both the logarithm of how many ratings they have. "Implicit": who rated what, without the stars:
 * each line of the matrix of ones, the others in it divided by the fourth root of how many ratings
 * they have (a rare movie in common says more than a hit), scaled to length 1, in the largest
 * singular directions of all lines. All columns are centred over the lines that have ratings, and
 * those of a block are orthogonal to each other. A line without ratings has the mean of what
 * ratings would say (zeros), and its own metadata.
 *
 * Symbols: n lines (U users or M movies), p columns. */
#pragma once

#include "rating_matrix.h"
#include "team.h"

#define SIDE_BLOCKS 2

typedef struct {
    guint width;    /* p; 0: nothing is known */
    float *values;  /* [n, p] */
    float *squares; /* [p]: of each column, the sum of squares */
} FeatureBlock;

typedef struct {
    guint lines; /* n */
    FeatureBlock block[SIDE_BLOCKS];
} SideFeatures;

/* Of people from `ratings` (which were made of rows of `data`) and the metadata of all rows of
 * `data`; of movies. `directions` bounds the columns of the implicit block. Memory: p · n floats
 * each, p ≤ directions + about 300. RECSYS_ERROR_INTERRUPTED. */
SideFeatures *side_features_of_people(const Dataset *data, const RatingMatrix *ratings,
                                      guint directions, guint64 seed, Team *team,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
SideFeatures *side_features_of_movies(const Dataset *data, const RatingMatrix *ratings,
                                      guint directions, guint64 seed, Team *team,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void side_features_free(SideFeatures *features);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SideFeatures, side_features_free)
