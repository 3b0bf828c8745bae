/* What a model looks like in a few figures. */
#pragma once

#include "bundle.h"

typedef struct {
    double min, median, max; /* the median of an even count is the mean of the middle two */
} Spread;

/* Sorts `values` [count], count ≥ 1. */
Spread spread_of(double *values, guint count);

typedef struct {
    const char *type; /* owned by the bundle */
    guint count;      /* features of that type */
    Spread norm;      /* ‖v_f‖, Euclidean */
    Spread bias;      /* w_f */
} TypeSummary;

/* One a type, in the order of feature_table_types(). TypeSummary elements; g_array_unref. */
GArray *summary_of_types(const Bundle *bundle);

/* The feature indices (guint) of the movies with at least `least` ratings, by bias, best first,
 * equal ones by index; g_array_unref. */
GArray *summary_movies_by_bias(const Bundle *bundle, guint least);
