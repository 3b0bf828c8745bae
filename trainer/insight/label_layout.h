/* Where the labels of points go, such that they can be read. */
#pragma once

#include "picture.h"

typedef struct {
    double x, y; /* the point */
    double radius;
    double width, height; /* of the text */
    gboolean placed;      /* from here on: the result */
    Box box;
} Label;

/* Puts labels beside their points, in the order given, so that none leaves `bounds`, covers another
 * label or the point of a label placed before; of the places that remain it takes the one that
 * covers, or nearly, the fewest of the `points` (x, y) [count, 2], and none if that would be more
 * than `tolerated`. At most `most` are placed. */
void label_layout(Label *labels, guint label_count, guint most, const double *points, guint count,
                  guint tolerated, const Box *bounds);

gboolean box_overlaps(const Box *a, const Box *b);
