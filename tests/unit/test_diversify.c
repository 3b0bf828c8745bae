#include "diversify.h"

#include <math.h>
#include <signal.h>

#include "fixtures.h"
#include "interrupt.h"
#include "recsys_error.h"
#include "tap.h"

typedef struct {
    guint n, k;
    double *scores;        /* [n] */
    float *values;         /* [n, k] */
    const float **vectors; /* [n] */
} List;

static int compare_down(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static void list_init(List *list, GRand *random, guint n, guint k)
{
    *list = (List){
        .n = n,
        .k = k,
        .scores = g_new(double, n),
        .values = g_new(float, (gsize)n *k),
        .vectors = g_new(const float *, n),
    };
    for (guint i = 0; i < n; i++) {
        list->scores[i] = fixture_uniform(random, 3);
        list->vectors[i] = list->values + (gsize)i * k;
    }
    for (guint i = 0; i < n * k; i++)
        list->values[i] = (float)fixture_uniform(random, 1);
    g_qsort_with_data(list->scores, (gint)n, sizeof *list->scores, compare_down, NULL);
}

static void list_clear(List *list)
{
    g_free(list->scores);
    g_free(list->values);
    g_free(list->vectors);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(List, list_clear)

/* ---- the oracle: the definition, with every similarity anew ---- */

static double cosine(const float *a, const float *b, guint k)
{
    double ab = 0, aa = 0, bb = 0;
    for (guint f = 0; f < k; f++) {
        ab += (double)a[f] * (double)b[f];
        aa += (double)a[f] * (double)a[f];
        bb += (double)b[f] * (double)b[f];
    }
    return aa > 0 && bb > 0 ? ab / (sqrt(aa) * sqrt(bb)) : 0;
}

static double gain(const List *list, guint candidate, const guint *taken, guint count, double l)
{
    const double top = list->scores[0], bottom = list->scores[list->n - 1];
    const double relevance = top > bottom ? (list->scores[candidate] - bottom) / (top - bottom) : 1;
    double closest = 0;
    for (guint i = 0; i < count; i++)
        closest = MAX(closest,
                      (1 + cosine(list->vectors[candidate], list->vectors[taken[i]], list->k)) / 2);
    return count > 0 ? (1 - l) * relevance - l * closest : relevance;
}

static gboolean contains(const guint *taken, guint count, guint candidate)
{
    for (guint i = 0; i < count; i++)
        if (taken[i] == candidate)
            return TRUE;
    return FALSE;
}

/* Each step's choice is the best by the definition, but for rounding. */
static void check_order(const List *list, const guint *order, guint size, double l)
{
    for (guint place = 0; place < size; place++) {
        CU_ASSERT(order[place] < list->n);
        CU_ASSERT_FALSE(contains(order, place, order[place]));
        const double chosen = gain(list, order[place], order, place, l);
        for (guint other = 0; other < list->n; other++)
            if (!contains(order, place, other))
                CU_ASSERT(gain(list, other, order, place, l) <= chosen + 1e-12);
    }
}

static void test_against_the_definition(void)
{
    static const double trades[] = {0, 0.1, 0.3, 0.5, 0.9, 1};
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint round = 0; round < 60; round++) {
        g_auto(List) list = {0};
        guint order[40];
        list_init(&list, random, 1 + (guint)g_rand_int_range(random, 0, 40), 1 + round % 9);
        const guint size = 1 + (guint)g_rand_int_range(random, 0, (gint32)list.n);
        const double l = trades[round % G_N_ELEMENTS(trades)];
        CU_ASSERT(diversify(order, size, list.scores, list.vectors, list.n, list.k, l, NULL));
        check_order(&list, order, size, l);
    }
}

static void test_no_diversity(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(List) list = {0};
    guint order[30];
    list_init(&list, random, 30, 4);
    list.scores[11] = list.scores[12] = list.scores[13]; /* equals keep their rank */
    CU_ASSERT(diversify(order, 30, list.scores, list.vectors, 30, 4, 0, NULL));
    for (guint i = 0; i < 30; i++)
        CU_ASSERT_EQUAL(order[i], i);
}

/* Two of a kind on top, something else below: even a little diversity puts it second. */
static void test_twins(void)
{
    const double scores[] = {3, 2.9, 2.8, 0};
    const float a[] = {1, 0}, b[] = {2, 0}, c[] = {0, 1}, d[] = {-1, 0};
    const float *const vectors[] = {a, b, c, d};
    guint order[4];
    CU_ASSERT(diversify(order, 4, scores, vectors, 4, 2, 0.3, NULL));
    const guint expected[] = {0, 2, 1, 3};
    for (guint i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(order[i], expected[i]);
    CU_ASSERT(diversify(order, 4, scores, vectors, 4, 2, 1, NULL));
    CU_ASSERT(order[0] == 0 && order[1] == 3 && order[2] == 2 && order[3] == 1);
}

static void test_equal_scores_and_zeros(void)
{
    const double scores[] = {1, 1, 1};
    const float zero[] = {0, 0}, a[] = {1, 1};
    const float *const vectors[] = {zero, a, a};
    guint order[3];
    CU_ASSERT(diversify(order, 3, scores, vectors, 3, 2, 0.5, NULL));
    CU_ASSERT(order[0] == 0 && order[1] == 1 && order[2] == 2);
    CU_ASSERT(diversify(order, 0, scores, vectors, 3, 2, 0.5, NULL));
    CU_ASSERT(diversify(order, 0, NULL, NULL, 0, 2, 0.5, NULL));
    CU_ASSERT(diversify(order, 1, scores, vectors, 1, 2, 1, NULL));
    CU_ASSERT_EQUAL(order[0], 0);
}

/* Twins by the half for lists, far apart in the other, which must not count. */
static void test_two_halves(void)
{
    const float vectors[][3] = {{9, 1, 0}, {-9, 2, 0}, {9, 0, 1}, {0, -1, 0}};
    const double scores[] = {3, 2.9, 2.8, 0};
    const char *const expected[] = {"0", "2", "1"};
    const ModelForm form = {.objective = OBJECTIVE_BOTH, .rating_dims = 1};
    g_autoptr(Ranking) ranking = ranking_new("index", "model", &form, 0);
    for (guint i = 0; i < 4; i++) {
        RankedMovie movie = {.value = g_strdup_printf("%u", i),
                             .score = scores[i],
                             .vector = g_memdup2(vectors[i], sizeof vectors[i])};
        ranking_add(ranking, &movie);
    }
    CU_ASSERT(diversify_ranking(ranking, 3, 3, 0.3, NULL));
    for (guint i = 0; i < 3; i++)
        CU_ASSERT_STRING_EQUAL(g_array_index(ranking->movies, RankedMovie, i).value, expected[i]);
}

static void test_candidates(void)
{
    CU_ASSERT_EQUAL(diversify_candidates(1), 100);
    CU_ASSERT_EQUAL(diversify_candidates(10), 100);
    CU_ASSERT_EQUAL(diversify_candidates(25), 250);
    CU_ASSERT_EQUAL(diversify_candidates(G_MAXUINT), G_MAXUINT);
}

/* Signals cannot be taken back: the last test. */
static void test_interrupted(void)
{
    g_autoptr(GError) error = NULL;
    const double scores[] = {2, 1};
    const float a[] = {1, 0}, b[] = {0, 1};
    const float *const vectors[] = {a, b};
    guint order[2];
    const ModelForm form = model_form_fm(5);
    g_autoptr(Ranking) ranking = ranking_new("index", "model", &form, 0);
    for (guint i = 0; i < 2; i++) {
        RankedMovie movie = {.score = scores[i], .vector = g_memdup2(vectors[i], sizeof a)};
        ranking_add(ranking, &movie);
    }
    interrupt_install();
    CU_ASSERT_EQUAL(raise(SIGINT), 0);
    CU_ASSERT_FALSE(diversify(order, 2, scores, vectors, 2, 2, 0.5, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED, "interrupted");
    CU_ASSERT_FALSE(diversify_ranking(ranking, 2, 1, 0.5, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED, "interrupted");
    CU_ASSERT_EQUAL(ranking->movies->len, 2);
}

static const UnitTest tests[] = {
    {"against the definition", test_against_the_definition},
    {"L = 0", test_no_diversity},
    {"twins", test_twins},
    {"equal scores, vectors of zeros", test_equal_scores_and_zeros},
    {"two halves", test_two_halves},
    {"how many candidates", test_candidates},
    {"interrupted", test_interrupted},
    {NULL, NULL},
};

TAP_MAIN("diversify", tests)
