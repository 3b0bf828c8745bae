#include "metrics.h"

#include <math.h>

double metrics_rmse(const float *predicted, const float *actual, guint count)
{
    double squares = 0.0;
    for (guint i = 0; i < count; i++) {
        double off = (double)predicted[i] - (double)actual[i];
        squares += off * off;
    }
    return sqrt(squares / count);
}

double metrics_mae(const float *predicted, const float *actual, guint count)
{
    double sum = 0.0;
    for (guint i = 0; i < count; i++)
        sum += fabs((double)predicted[i] - (double)actual[i]);
    return sum / count;
}

static double discount(guint rank)
{
    return 1.0 / log2(rank + 1.0);
}

double metrics_ndcg(const guint8 *hits, guint shown, guint size, guint relevant)
{
    double gained = 0.0, ideal = 0.0;
    for (guint i = 0; i < shown; i++)
        gained += hits[i] ? discount(i + 1) : 0.0;
    for (guint i = 0; i < MIN(relevant, size); i++)
        ideal += discount(i + 1);
    return gained / ideal;
}

double metrics_recall(const guint8 *hits, guint shown, guint relevant)
{
    guint found = 0;
    for (guint i = 0; i < shown; i++)
        found += hits[i] != 0;
    return (double)found / relevant;
}

guint metrics_top(guint32 *top, guint size, const float *scores, const guint8 *excluded,
                  guint count)
{
    guint held = 0;
    for (guint32 i = 0; i < count; i++) {
        if ((excluded != NULL && excluded[i]) ||
            (held == size && !(scores[i] > scores[top[held - 1]])))
            continue;
        guint at = held < size ? held++ : held - 1;
        for (; at > 0 && scores[i] > scores[top[at - 1]]; at--)
            top[at] = top[at - 1];
        top[at] = i;
    }
    return held;
}
