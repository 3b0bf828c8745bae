#include "list_scores.h"

#include <float.h>
#include <math.h>

#include "fixtures.h"
#include "rng.h"
#include "tap.h"

/* A sum of k + 1 terms in float32 is off by no more than (k + 1) eps Σ |terms|, in whatever order.
 */
static void check_score(float score, const FmModel *model, const float *query, guint feature)
{
    double sum = (double)model->bias[feature], size = fabs(sum);
    for (guint d = 0; d < model->k; d++) {
        const double term = (double)query[d] * (double)fm_vector(model, feature)[d];
        sum += term;
        size += fabs(term);
    }
    CU_ASSERT(fabs((double)score - sum) <= (model->k + 1.0) * (double)FLT_EPSILON * size);
}

static void check(guint k, guint count, guint rows, GRand *random)
{
    g_autoptr(FmModel) model = fixture_model(count + 5, k, 1, 7);
    g_autofree guint32 *features = g_new(guint32, count + 1);
    g_autofree float *queries = g_new0(float, (gsize)rows *k);
    g_autofree float *scores = g_new(float, (gsize)rows *count + 1);
    g_autofree float *alone = g_new(float, (gsize)count + 1);
    for (guint c = 0; c < count; c++)
        features[c] = rng_below(random, count + 5);
    for (guint i = 0; i < rows * k; i++)
        queries[i] = (float)fixture_uniform(random, 2);
    g_autoptr(ListScores) of = list_scores_new(model, features, count);
    list_scores_fill(scores, of, queries, rows);
    guint different = 0;
    for (guint r = 0; r < rows; r++) {
        list_scores_fill(alone, of, queries + (gsize)r * k, 1);
        for (guint c = 0; c < count; c++) {
            check_score(scores[(gsize)r * count + c], model, queries + (gsize)r * k, features[c]);
            different += scores[(gsize)r * count + c] != alone[c];
        }
    }
    CU_ASSERT_EQUAL(different, 0);
}

static void test_against_definition(void)
{
    static const guint factors[] = {1, 3, 16, 120, 300}, counts[] = {1, 255, 256, 257, 700};
    g_autoptr(GRand) random = rng_new(tap_seed(), 3);
    for (guint i = 0; i < G_N_ELEMENTS(factors); i++)
        for (guint j = 0; j < G_N_ELEMENTS(counts); j++)
            check(factors[i], counts[j], 1 + (i + j) % LIST_SCORES_BLOCK, random);
}

static const UnitTest tests[] = {
    {"against the definition", test_against_definition},
    {NULL, NULL},
};

TAP_MAIN("list_scores", tests)
