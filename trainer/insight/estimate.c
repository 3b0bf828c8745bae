#include "estimate.h"

#include <math.h>

static Figure figure_new(double value, guint people)
{
    return (Figure){value, people, g_new0(double, (gsize)people + 1)};
}

void figure_clear(Figure *figure)
{
    g_clear_pointer(&figure->influence, g_free);
}

Figure figure_none(guint people)
{
    return figure_new(NAN, people);
}

Figure figure_mean(const double *x, guint people)
{
    double sum = 0;
    for (guint u = 0; u < people; u++)
        sum += x[u];
    Figure figure = figure_new(people > 0 ? sum / people : NAN, people);
    for (guint u = 0; u < people; u++)
        figure.influence[u] = (x[u] - figure.value) / people;
    return figure;
}

Figure figure_ratio(const double *sums, const guint *counts, guint people, gboolean root)
{
    double sum = 0, count = 0;
    for (guint u = 0; u < people; u++) {
        sum += sums[u];
        count += counts[u];
    }
    const double ratio = count > 0 ? sum / count : NAN;
    Figure figure = figure_new(root ? sqrt(ratio) : ratio, people);
    /* At 0 the root has no slope, but then nobody differs either. */
    const double slope = root ? (ratio > 0 ? 0.5 / figure.value : 0.0) : 1.0;
    for (guint u = 0; u < people; u++)
        figure.influence[u] = slope * (sums[u] - ratio * counts[u]) / count;
    return figure;
}

Figure figure_coverage(const guint32 *lists, const guint *shown, guint people, guint size,
                       guint top, guint movies)
{
    g_autofree guint *uses = g_new0(guint, (gsize)movies + 1);
    guint covered = 0, alone = 0;
    for (guint u = 0; u < people; u++)
        for (guint i = 0; i < MIN(shown[u], top); i++)
            covered += uses[lists[(gsize)u * size + i]]++ == 0;
    for (guint m = 0; m < movies; m++)
        alone += uses[m] == 1;
    Figure figure = figure_new(people > 0 ? (double)covered / movies : NAN, people);
    for (guint u = 0; u < people; u++) {
        guint own = 0;
        for (guint i = 0; i < MIN(shown[u], top); i++)
            own += uses[lists[(gsize)u * size + i]] == 1;
        figure.influence[u] = (people - 1.0) / people * (own - (double)alone / people) / movies;
    }
    return figure;
}

static Estimate estimate(double value, double squares, guint people)
{
    const double error = people > 1 ? sqrt(squares * people / (people - 1.0)) : NAN;
    return (Estimate){value, isnan(value) ? NAN : error};
}

Estimate figure_estimate(const Figure *figure)
{
    double squares = 0;
    for (guint u = 0; u < figure->people; u++)
        squares += figure->influence[u] * figure->influence[u];
    return estimate(figure->value, squares, figure->people);
}

Estimate figure_difference(const Figure *a, const Figure *b)
{
    double squares = 0;
    g_assert(a->people == b->people);
    for (guint u = 0; u < a->people; u++) {
        const double influence = a->influence[u] - b->influence[u];
        squares += influence * influence;
    }
    return estimate(a->value - b->value, squares, a->people);
}
