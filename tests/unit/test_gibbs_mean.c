#include "gibbs_mean.h"

#include <math.h>

#include "fixtures.h"
#include "rng.h"
#include "tap.h"

enum { K = 16, ROWS = 30, COLUMNS = 25, SWEEPS = 7 };

/* A chain whose vectors are put there by the test. */
typedef struct {
    RatingMatrix ratings;
    SideFeatures people, movies;
    GibbsChain *chain;
} Setting;

static void setting_init(Setting *s)
{
    *s = (Setting){.people = {.lines = ROWS}, .movies = {.lines = COLUMNS}};
    SideFeatures *const features[] = {&s->people, &s->movies};
    s->chain = gibbs_chain_new(&s->ratings, features, K, 1);
    s->chain->mean = 3.25;
}

static void setting_clear(Setting *s)
{
    gibbs_chain_free(s->chain);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Setting, setting_clear)

static void fill(float *values, guint lines, GRand *random)
{
    for (guint i = 0; i < lines * K; i++)
        values[i] = (float)rng_normal(random);
}

static double predict(const float *x, const float *z)
{
    double sum = 3.25 + x[K - 1] + z[K - 1];
    for (guint f = 0; f < K - 1; f++)
        sum += (double)x[f] * z[f];
    return sum;
}

/* The mean over sweeps of the mean of both halves, computed for every pair. */
static void test_mean(void)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    g_autoptr(Team) team = team_new(1);
    g_auto(Setting) s;
    static double expected[ROWS][COLUMNS];
    setting_init(&s);
    g_autoptr(GibbsMean) mean = gibbs_mean_new(s.chain, 32);
    GibbsChain *c = s.chain;
    for (guint sweep = 0; sweep < SWEEPS; sweep++) {
        fill(c->vectors[PEOPLE], ROWS, random);
        fill(c->expected[PEOPLE], ROWS, random);
        fill(c->expected[MOVIES], COLUMNS, random);
        fill(c->earlier, COLUMNS, random);
        gibbs_mean_add(mean, c, team);
        for (guint u = 0; u < ROWS; u++)
            for (guint m = 0; m < COLUMNS; m++)
                expected[u][m] +=
                    (predict(c->expected[PEOPLE] + u * K, c->earlier + m * K) +
                     predict(c->vectors[PEOPLE] + u * K, c->expected[MOVIES] + m * K)) /
                    (2 * SWEEPS);
    }
    CU_ASSERT_EQUAL(gibbs_mean_samples(mean), SWEEPS);
    g_autoptr(PeopleAndMovies) model = gibbs_mean_distil(mean, 40, team);
    CU_ASSERT_EQUAL(model->k, 40);
    for (guint u = 0; u < ROWS; u++)
        for (guint m = 0; m < COLUMNS; m++) {
            double sum = model->mean + model->user_offsets[u] + model->movie_biases[m];
            for (guint f = 0; f < 40; f++)
                sum += (double)model->user_vectors[u * 40 + f] * model->movie_vectors[m * 40 + f];
            CU_ASSERT_DOUBLE_EQUAL(sum, expected[u][m], 1e-3);
        }
}

static const UnitTest tests[] = {
    {"the mean of sweeps", test_mean},
    {NULL, NULL},
};

TAP_MAIN("gibbs_mean", tests)
