/* The two figures `plot` draws, each into a box of a picture. */
#pragma once

#include "curve.h"
#include "movie_map.h"
#include "picture.h"

/* Train and validation RMSE by epoch, the best epoch marked. The curve has at least one epoch with
 * an RMSE. `caption` is the line below the heading. */
void figure_curve(Picture *picture, const Box *box, const Curve *curve, const char *caption);

/* The map, coloured by genre, the most rated movies of each genre labelled. */
void figure_map(Picture *picture, const Box *box, const MovieMap *map,
                const FeatureTable *features);
