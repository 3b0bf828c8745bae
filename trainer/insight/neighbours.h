/* The features whose embeddings point the same way.
 *
 *   cosine(a, b) = <v_a, v_b> / (‖v_a‖ ‖v_b‖),   in double; 0 if either vector is zero
 *
 * Symbols: n features, k factors. */
#pragma once

#include "fm.h"

typedef struct {
    guint feature; /* its index, 0..n-1 */
    double cosine; /* -1..1 */
} Neighbour;

double neighbours_cosine(const float *a, const float *b, guint k);

/* The `size` best of `candidates` (guint feature indices), `feature` itself left out, by cosine
 * with it, equal ones by index; fewer if there are not so many. Neighbour elements; free with
 * g_array_unref. Dimensions from `first` on count: where vectors have two halves (model_form.h),
 * those for lists. */
GArray *neighbours_find(const FmModel *model, guint first, const GArray *candidates, guint feature,
                        guint size);
