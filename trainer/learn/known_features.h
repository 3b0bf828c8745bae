/* The raw columns of side_features.h's first block: metadata, genres, years, counts. */
#pragma once

#include "rating_matrix.h"

typedef struct {
    guint lines, width; /* the width is a multiple of DENSE_LANES, the last columns may be 0 */
    float *values;      /* [lines, width] */
} KnownFeatures;

/* One column for each value of the metadata (the most frequent ones if there are very many), one
 * for the count of ratings. */
KnownFeatures *known_features_of_people(const Dataset *data, const RatingMatrix *ratings);

/* One column for each genre (likewise), for each class of years, one for the count. */
KnownFeatures *known_features_of_movies(const Dataset *data, const RatingMatrix *ratings);

void known_features_free(KnownFeatures *features);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KnownFeatures, known_features_free)
