#include "neighbours.h"

#include <string.h>

#include "rng.h"
#include "tap.h"

static FmModel *model_of(const float *vectors, guint n, guint k)
{
    FmModel *model = fm_model_new(n, k);
    memcpy(model->embeddings, vectors, sizeof(float) * n * k);
    return model;
}

static GArray *indices(guint from, guint to)
{
    GArray *array = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = from; i < to; i++)
        g_array_append_val(array, i);
    return array;
}

static const Neighbour *at(const GArray *found, guint i)
{
    return &g_array_index(found, Neighbour, i);
}

static void test_cosine(void)
{
    const float a[] = {3, 4}, b[] = {4, 3}, far[] = {-6, -8}, none[] = {0, 0};
    const float tiny[] = {3e-30f, 4e-30f};
    CU_ASSERT_DOUBLE_EQUAL(neighbours_cosine(a, b, 2), 24.0 / 25.0, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(neighbours_cosine(a, far, 2), -1.0, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(neighbours_cosine(tiny, a, 2), 1.0, 1e-6);
    CU_ASSERT_EQUAL(neighbours_cosine(a, none, 2), 0.0);
    CU_ASSERT_EQUAL(neighbours_cosine(none, none, 2), 0.0);
}

/* Length does not count, the feature itself is left out, equal ones come by index, and a zero
 * vector is before those that point away. */
static void test_order(void)
{
    const float vectors[][2] = {{1, 0}, {0, 9}, {5, 0}, {1, 1}, {-1, 0}, {2, 0}, {0, 0}};
    const guint expected[] = {2, 5, 3, 1, 6, 4};
    g_autoptr(FmModel) model = model_of(vectors[0], 7, 2);
    g_autoptr(GArray) candidates = indices(0, 7);
    g_autoptr(GArray) found = neighbours_find(model, 0, candidates, 0, 10);
    CU_ASSERT_EQUAL(found->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < MIN(found->len, G_N_ELEMENTS(expected)); i++)
        CU_ASSERT_EQUAL(at(found, i)->feature, expected[i]);
}

static void test_only_candidates_and_no_more_than_asked(void)
{
    const float vectors[][2] = {{1, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0}};
    g_autoptr(FmModel) model = model_of(vectors[0], 5, 2);
    g_autoptr(GArray) candidates = indices(2, 5);
    g_autoptr(GArray) two = neighbours_find(model, 0, candidates, 0, 2);
    CU_ASSERT_EQUAL(two->len, 2);
    CU_ASSERT_EQUAL(at(two, 0)->feature, 2);
    CU_ASSERT_EQUAL(at(two, 1)->feature, 3);
    g_autoptr(GArray) none = neighbours_find(model, 0, candidates, 0, 0);
    CU_ASSERT_EQUAL(none->len, 0);
}

/* Of two halves the first does not count. */
static void test_half(void)
{
    const float vectors[][2] = {{9, 1}, {9, -2}, {-9, 3}, {9, 0}};
    const guint expected[] = {2, 3, 1};
    g_autoptr(FmModel) model = model_of(vectors[0], 4, 2);
    g_autoptr(GArray) candidates = indices(0, 4);
    g_autoptr(GArray) found = neighbours_find(model, 1, candidates, 0, 10);
    CU_ASSERT_EQUAL(found->len, 3);
    for (guint i = 0; i < MIN(found->len, 3); i++)
        CU_ASSERT_EQUAL(at(found, i)->feature, expected[i]);
    CU_ASSERT_EQUAL(at(found, 0)->cosine, 1);
}

/* Each of the found is as near as claimed, and nothing left out is nearer. */
static void test_random(void)
{
    enum { N = 200, K = 7, SIZE = 20 };
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    g_autoptr(FmModel) model = fm_model_new(N, K);
    for (guint i = 0; i < N * K; i++)
        model->embeddings[i] = (float)rng_normal(random);
    g_autoptr(GArray) candidates = indices(0, N);
    g_autoptr(GArray) found = neighbours_find(model, 0, candidates, 17, SIZE);
    CU_ASSERT_EQUAL(found->len, SIZE);
    guint nearer = 0;
    double last = at(found, SIZE - 1)->cosine;
    for (guint i = 0; i < N; i++)
        nearer += i != 17 && neighbours_cosine(fm_vector(model, 17), fm_vector(model, i), K) > last;
    CU_ASSERT_EQUAL(nearer, SIZE - 1);
    for (guint i = 1; i < SIZE; i++)
        CU_ASSERT(at(found, i)->cosine <= at(found, i - 1)->cosine);
}

static const UnitTest tests[] = {
    {"cosine", test_cosine},
    {"order", test_order},
    {"only candidates, and no more than asked", test_only_candidates_and_no_more_than_asked},
    {"half of a vector", test_half},
    {"random vectors", test_random},
    {NULL, NULL},
};

TAP_MAIN("neighbours", tests)
