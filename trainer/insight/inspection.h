/* What there is to say about a bundle: how it was trained, what its parameters look like, and which
 * movies are near one of them. */
#pragma once

#include "bundle.h"
#include "curve.h"
#include "neighbours.h"
#include "summary.h"

#define INSPECTION_LEAST_RATINGS 50 /* of a movie, for its bias to say something */

typedef struct {
    Bundle *bundle;
    Curve *curve;
    GArray *types;      /* TypeSummary */
    GArray *by_bias;    /* guint: movies with enough ratings, highest bias first */
    guint movie;        /* the feature index of the movie asked about */
    GArray *neighbours; /* Neighbour: the movies nearest to it; NULL if none was asked about */
} Inspection;

/* Opens the bundle at `path` and looks at all of it. `movie_id` (nullable) is a movie's id in the
 * data set, `size` how many of its neighbours are wanted. Errors: those of bundle_open();
 * RECSYS_ERROR_USAGE for a movie the bundle does not have, with the ids of movies whose title holds
 * that text, or else how to find ids. */
Inspection *inspection_new(const char *path, const char *movie_id, guint size,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void inspection_free(Inspection *inspection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Inspection, inspection_free)

/* How many movies are shown with the highest and with the lowest bias; no movie is in both. */
guint inspection_extremes(const Inspection *inspection);

/* The feature indices of the i-th of them from the top and from the bottom. */
guint inspection_highest(const Inspection *inspection, guint i);
guint inspection_lowest(const Inspection *inspection, guint i);

/* The text of a JSON string, number or boolean; NULL for anything else. */
const char *inspection_scalar(yajl_val value);
