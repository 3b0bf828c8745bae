#include "neighbours.h"

#include <math.h>

double neighbours_cosine(const float *a, const float *b, guint k)
{
    double product = 0.0, a_squares = 0.0, b_squares = 0.0;
    for (guint f = 0; f < k; f++) {
        product += (double)a[f] * (double)b[f];
        a_squares += (double)a[f] * (double)a[f];
        b_squares += (double)b[f] * (double)b[f];
    }
    if (a_squares == 0.0 || b_squares == 0.0)
        return 0.0;
    /* The square root of each, since their product may underflow. */
    return CLAMP(product / (sqrt(a_squares) * sqrt(b_squares)), -1.0, 1.0);
}

static int compare(gconstpointer a, gconstpointer b)
{
    const Neighbour *one = a, *two = b;
    if (one->cosine != two->cosine)
        return one->cosine > two->cosine ? -1 : 1;
    return one->feature < two->feature ? -1 : one->feature > two->feature;
}

GArray *neighbours_find(const FmModel *model, guint first, const GArray *candidates, guint feature,
                        guint size)
{
    GArray *found = g_array_sized_new(FALSE, FALSE, sizeof(Neighbour), candidates->len);
    const float *vector = fm_vector(model, feature) + first;
    for (guint i = 0; i < candidates->len; i++) {
        guint other = g_array_index(candidates, guint, i);
        if (other == feature)
            continue;
        Neighbour neighbour = {
            other, neighbours_cosine(vector, fm_vector(model, other) + first, model->k - first)};
        g_array_append_val(found, neighbour);
    }
    g_array_sort(found, compare);
    g_array_set_size(found, MIN(size, found->len));
    return found;
}
