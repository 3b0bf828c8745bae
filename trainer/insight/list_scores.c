#include "list_scores.h"

#include <string.h>

#include "dense_kernels.h"

/* A panel and what is computed from it stay in the cache. */
#define PANEL 256

static guint count_panels(guint count)
{
    return (count + PANEL - 1) / PANEL;
}

ListScores *list_scores_new(const FmModel *model, const guint32 *features, guint count)
{
    const gsize k = model->k;
    ListScores *made = g_new0(ListScores, 1);
    made->count = count;
    made->k = model->k;
    made->panels = g_new0(float, count_panels(count) * k * PANEL + 1);
    made->bias = g_new(float, (gsize)count + 1);
    for (guint c = 0; c < count; c++) {
        const float *vector = fm_vector(model, features[c]);
        float *column = made->panels + c / PANEL * k * PANEL + c % PANEL;
        for (guint d = 0; d < k; d++)
            column[d * PANEL] = vector[d];
        made->bias[c] = model->bias[features[c]];
    }
    return made;
}

void list_scores_free(ListScores *scores)
{
    if (scores == NULL)
        return;
    g_free(scores->panels);
    g_free(scores->bias);
    g_free(scores);
}

void list_scores_fill(float *scores, const ListScores *of, const float *queries, guint rows)
{
    float products[LIST_SCORES_BLOCK * PANEL];
    g_assert(rows <= LIST_SCORES_BLOCK);
    for (guint begin = 0; begin < of->count; begin += PANEL) {
        const guint width = MIN(PANEL, of->count - begin);
        memset(products, 0, sizeof products);
        dense_kernels()->multiply_add(products, queries, of->k, 1,
                                      of->panels + (gsize)begin * of->k, rows, of->k, PANEL);
        for (guint r = 0; r < rows; r++)
            for (guint c = 0; c < width; c++)
                scores[(gsize)r * of->count + begin + c] =
                    products[r * PANEL + c] + of->bias[begin + c];
    }
}
