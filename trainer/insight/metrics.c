#include "metrics.h"

#include <math.h>

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

static guint count_hits(const guint8 *hits, guint shown)
{
    guint found = 0;
    for (guint i = 0; i < shown; i++)
        found += hits[i] != 0;
    return found;
}

double metrics_precision(const guint8 *hits, guint shown, guint size)
{
    return (double)count_hits(hits, shown) / size;
}

double metrics_recall(const guint8 *hits, guint shown, guint relevant)
{
    return (double)count_hits(hits, shown) / relevant;
}

double metrics_hit_rate(const guint8 *hits, guint shown)
{
    return count_hits(hits, shown) > 0 ? 1.0 : 0.0;
}

double metrics_reciprocal_rank(const guint8 *hits, guint shown)
{
    for (guint i = 0; i < shown; i++)
        if (hits[i])
            return 1.0 / (i + 1.0);
    return 0.0;
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
