#include "tsne.h"

#include <math.h>
#include <string.h>

#include "recsys_error.h"
#include "rng.h"
#include "tap.h"

enum { K = 5 };

/* Two Gaussian clusters of standard deviation 1, their centres `apart` from one another. */
static float *clusters(guint n, double apart, GRand *random)
{
    float *points = g_new(float, n *K);
    for (guint i = 0; i < n * K; i++)
        points[i] = (float)(rng_normal(random) + (i % K == 0 && i / K >= n / 2 ? apart : 0.0));
    return points;
}

static double *map_of(const float *points, guint n, guint64 seed, guint threads)
{
    TsneOptions options = tsne_options_default();
    options.iterations = 400;
    options.seed = seed;
    g_autoptr(Team) team = team_new(threads);
    double *map = g_new(double, 2 * MAX(n, 1));
    g_autoptr(GError) error = NULL;
    CU_ASSERT(tsne(map, points, n, K, &options, team, NULL, NULL, &error));
    return map;
}

static double distance(const double *map, guint i, guint j)
{
    return hypot(map[2 * i] - map[2 * j], map[2 * i + 1] - map[2 * j + 1]);
}

/* Every point's nearest neighbour on the map is of its own cluster. */
static void test_separates_clusters(void)
{
    enum { N = 80 };
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    g_autofree float *points = clusters(N, 30.0, random);
    g_autofree double *map = map_of(points, N, 1, 2);
    for (guint i = 0; i < N; i++) {
        guint nearest = i == 0 ? 1 : 0;
        for (guint j = 0; j < N; j++)
            if (j != i && distance(map, i, j) < distance(map, i, nearest))
                nearest = j;
        CU_ASSERT_EQUAL(nearest < N / 2, i < N / 2);
    }
}

static void test_deterministic(void)
{
    enum { N = 50 };
    g_autoptr(GRand) random = rng_new(3, 0);
    g_autofree float *points = clusters(N, 5.0, random);
    g_autofree double *one = map_of(points, N, 7, 1);
    g_autofree double *two = map_of(points, N, 7, 3);
    g_autofree double *other = map_of(points, N, 8, 1);
    CU_ASSERT(memcmp(one, two, sizeof(double) * 2 * N) == 0);
    CU_ASSERT(memcmp(one, other, sizeof(double) * 2 * N) != 0);
    double sum_x = 0, sum_y = 0;
    for (guint i = 0; i < N; i++) {
        sum_x += one[2 * i];
        sum_y += one[2 * i + 1];
    }
    CU_ASSERT(fabs(sum_x) < 1e-9 && fabs(sum_y) < 1e-9);
}

/* Symmetric, sums to 1, and each row's perplexity before symmetrisation is what was asked for: so
 * far as can be told from the joint probabilities of points on a regular polygon, whose rows are
 * all alike and hence equal to the conditional ones divided by n. */
static void test_affinities(void)
{
    enum { N = 60 };
    float points[N * 2];
    g_autofree double *p = g_new(double, N *N);
    g_autoptr(Team) team = team_new(2);
    for (guint i = 0; i < N; i++) {
        points[2 * i] = (float)cos(2.0 * G_PI * i / N);
        points[2 * i + 1] = (float)sin(2.0 * G_PI * i / N);
    }
    tsne_affinities(p, points, N, 2, 7.0, team);
    double sum = 0.0;
    for (guint i = 0; i < N; i++) {
        double entropy = 0.0;
        CU_ASSERT_EQUAL(p[i * N + i], 0.0);
        for (guint j = 0; j < N; j++) {
            double conditional = N * p[i * N + j];
            CU_ASSERT_EQUAL(p[i * N + j], p[j * N + i]);
            sum += p[i * N + j];
            entropy -= conditional > 0.0 ? conditional * log(conditional) : 0.0;
        }
        CU_ASSERT_DOUBLE_EQUAL(exp(entropy), 7.0, 1e-3); /* float32 coordinates */
    }
    CU_ASSERT_DOUBLE_EQUAL(sum, 1.0, 1e-12);
}

/* ∂C/∂y by central differences, with an error of h² |C'''| / 6 + eps |C| / h. */
static void test_gradient(void)
{
    enum { N = 12 };
    const double h = 1e-5;
    g_autoptr(GRand) random = rng_new(tap_seed(), 1);
    g_autofree float *points = clusters(N, 2.0, random);
    g_autofree double *p = g_new(double, N *N);
    g_autoptr(Team) team = team_new(1);
    double y[2 * N], gradient[2 * N];
    tsne_affinities(p, points, N, K, 3.0, team);
    for (guint i = 0; i < 2 * N; i++)
        y[i] = rng_normal(random);
    tsne_gradient(gradient, p, y, N, 1.0, team);
    for (guint i = 0; i < 2 * N; i++) {
        double kept = y[i];
        y[i] = kept + h;
        double above = tsne_divergence(p, y, N);
        y[i] = kept - h;
        double below = tsne_divergence(p, y, N);
        y[i] = kept;
        CU_ASSERT_DOUBLE_EQUAL(gradient[i], (above - below) / (2.0 * h), 1e-8);
    }
}

/* The divergence against its definition, for three points. */
static void test_divergence(void)
{
    const double y[] = {0, 0, 1, 0, 0, 2}; /* t: 1/2, 1/5, 1/6 */
    const double p[] = {0, 0.25, 0.125, 0.25, 0, 0.125, 0.125, 0.125, 0};
    double z = 2.0 * (1.0 / 2 + 1.0 / 5 + 1.0 / 6);
    double expected =
        2.0 * (0.25 * log(0.25 * z * 2) + 0.125 * log(0.125 * z * 5) + 0.125 * log(0.125 * z * 6));
    CU_ASSERT_DOUBLE_EQUAL(tsne_divergence(p, y, 3), expected, 1e-14);
}

static void test_few_and_equal_points(void)
{
    for (guint n = 0; n <= 6; n++) {
        g_autofree float *points = g_new0(float, K *(n + 1)); /* all of them equal */
        g_autofree double *map = map_of(points, n, 1, 1);
        for (guint i = 0; i < 2 * n; i++)
            CU_ASSERT(isfinite(map[i]));
        if (n > 0)
            points[0] = 3.0f;
        g_autofree double *with_one_apart = map_of(points, n, 1, 1);
        for (guint i = 0; i < 2 * n; i++)
            CU_ASSERT(isfinite(with_one_apart[i]));
    }
}

static void test_too_many_points(void)
{
    TsneOptions options = tsne_options_default();
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(tsne(NULL, NULL, TSNE_MOST_POINTS + 1, K, &options, NULL, NULL, NULL, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "5001");
}

static const UnitTest tests[] = {
    {"separates clusters", test_separates_clusters},
    {"deterministic", test_deterministic},
    {"affinities", test_affinities},
    {"gradient", test_gradient},
    {"divergence", test_divergence},
    {"few and equal points", test_few_and_equal_points},
    {"too many points", test_too_many_points},
    {NULL, NULL},
};

TAP_MAIN("tsne", tests)
