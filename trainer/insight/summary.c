#include "summary.h"

#include <math.h>
#include <stdlib.h>

static int compare_doubles(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return one < two ? -1 : one > two;
}

Spread spread_of(double *values, guint count)
{
    g_assert(count > 0);
    qsort(values, count, sizeof *values, compare_doubles);
    return (Spread){values[0], (values[(count - 1) / 2] + values[count / 2]) / 2.0,
                    values[count - 1]};
}

static double norm_of(const float *vector, guint k)
{
    double squares = 0.0;
    for (guint f = 0; f < k; f++)
        squares += (double)vector[f] * (double)vector[f];
    return sqrt(squares);
}

GArray *summary_of_types(const Bundle *bundle)
{
    const GPtrArray *types = feature_table_types(bundle->features);
    GArray *summaries = g_array_new(FALSE, FALSE, sizeof(TypeSummary));
    for (guint t = 0; t < types->len; t++) {
        const char *type = g_ptr_array_index(types, t);
        const GArray *indices = feature_table_of_type(bundle->features, type);
        g_autofree double *norms = g_new(double, indices->len);
        g_autofree double *biases = g_new(double, indices->len);
        for (guint i = 0; i < indices->len; i++) {
            guint feature = g_array_index(indices, guint, i);
            norms[i] = norm_of(fm_vector(bundle->model, feature), bundle->model->k);
            biases[i] = (double)bundle->model->bias[feature];
        }
        TypeSummary summary = {type, indices->len, spread_of(norms, indices->len),
                               spread_of(biases, indices->len)};
        g_array_append_val(summaries, summary);
    }
    return summaries;
}

static int compare_biases(gconstpointer a, gconstpointer b, gpointer bias)
{
    guint one = *(const guint *)a, two = *(const guint *)b;
    float left = ((const float *)bias)[one], right = ((const float *)bias)[two];
    if (left != right)
        return left > right ? -1 : 1;
    return one < two ? -1 : one > two;
}

GArray *summary_movies_by_bias(const Bundle *bundle, guint least)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    GArray *chosen = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < movies->len; i++) {
        guint movie = g_array_index(movies, guint, i);
        if (feature_table_get(bundle->features, movie)->ratings >= least)
            g_array_append_val(chosen, movie);
    }
    g_array_sort_with_data(chosen, compare_biases, bundle->model->bias);
    return chosen;
}
