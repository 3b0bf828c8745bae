#include "gibbs_side.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "made_ratings.h"
#include "solver_kernels.h"
#include "tap.h"

enum { K = 16, USERS = 12, MOVIES = 30, PER_USER = 9 };

/* One side with random vectors, means and precision on the other. */
typedef struct {
    Dataset *data;
    RatingMatrix *ratings;
    SideFeatures features;
    GibbsPrior *prior;
    float *others; /* [MOVIES, K] */
    GibbsSide side;
} Setting;

static void setting_clear(Setting *s)
{
    dataset_free(s->data);
    rating_matrix_free(s->ratings);
    gibbs_prior_free(s->prior);
    g_aligned_free(s->others);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Setting, setting_clear)

/* User 0 has no ratings. */
static void setting_init(Setting *s, GRand *random)
{
    const MadeRatings world = {USERS, MOVIES, 2, PER_USER, 0.3, g_rand_int(random)};
    guint32 rows[(USERS - 1) * PER_USER];
    *s = (Setting){.data = made_ratings(&world, NULL), .features = {.lines = USERS}};
    for (guint32 i = 0; i < G_N_ELEMENTS(rows); i++)
        rows[i] = PER_USER + i;
    s->ratings = rating_matrix_new(s->data, rows, G_N_ELEMENTS(rows));
    s->prior = gibbs_prior_new(&s->features, K);
    s->others = g_aligned_alloc0(MOVIES * K, sizeof(float), SOLVER_ALIGNMENT);
    for (guint i = 0; i < MOVIES * K; i++)
        s->others[i] = (float)fixture_uniform(random, 1);
    for (guint i = 0; i < USERS * K; i++)
        s->prior->explained[i] = (float)fixture_uniform(random, 0.5);
    for (guint i = 0; i < K; i++) {
        s->prior->mean[i] = (float)fixture_uniform(random, 0.5);
        for (guint j = 0; j < K; j++)
            s->prior->precision[i * K + j] = i == j ? 2.0 + i : 0.3 / (1 + i + j);
    }
    s->side = (GibbsSide){&s->ratings->by_user, s->prior, s->others, 3.5, 1.7, 9, 0};
}

/* The definition in double precision: A [K, K] and, by solving, A⁻¹ b of one line. */
static void direct(const Setting *s, guint line, double *a, double *solution)
{
    const GibbsPrior *prior = s->prior;
    const RatingLines *lines = s->side.lines;
    double copy[K * K], b[K] = {0};
    for (guint i = 0; i < K; i++)
        for (guint j = 0; j < K; j++) {
            a[i * K + j] = prior->precision[i * K + j];
            b[i] += a[i * K + j] * ((double)prior->mean[j] + prior->explained[line * K + j]);
        }
    for (guint r = lines->begin[line]; r < lines->begin[line + 1]; r++) {
        const float *other = s->others + lines->other[r] * K;
        double z[K];
        for (guint f = 0; f < K; f++)
            z[f] = f == K - 1 ? 1 : other[f];
        const double target = lines->rating[r] - s->side.mean - other[K - 1];
        for (guint i = 0; i < K; i++) {
            b[i] += s->side.precision * target * z[i];
            for (guint j = 0; j < K; j++)
                a[i * K + j] += s->side.precision * z[i] * z[j];
        }
    }
    memcpy(copy, a, sizeof copy);
    memcpy(solution, b, sizeof b);
    CU_ASSERT_EQUAL(LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', K, 1, copy, K, solution, 1), 0);
}

typedef struct {
    float drawn[USERS * K], expected[USERS * K];
} __attribute__((aligned(SOLVER_ALIGNMENT))) Drawn;

static double sample(const Setting *s, guint32 stream, guint threads, Drawn *drawn)
{
    g_autoptr(Team) team = team_new(threads);
    GibbsSide side = s->side;
    GibbsVectors vectors = {drawn->drawn, drawn->expected, 0};
    side.stream = stream;
    CU_ASSERT(gibbs_side_sample(&side, &vectors, team, NULL));
    return vectors.squares;
}

static void test_expected(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Setting) s;
    Drawn drawn;
    setting_init(&s, random);
    sample(&s, 0, 1, &drawn);
    for (guint line = 0; line < USERS; line++) {
        double a[K * K], solution[K];
        direct(&s, line, a, solution);
        for (guint f = 0; f < K; f++)
            CU_ASSERT_DOUBLE_EQUAL(drawn.expected[line * K + f], solution[f], 1e-4);
    }
}

/* With d = drawn − expected, dᵀ·A·d is χ² with K degrees of freedom: its mean K and variance 2K,
 * and each coordinate's variance that of A⁻¹, to five standard errors. */
static void test_spread(void)
{
    enum { DRAWS = 400, LINE = 3 };
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Setting) s;
    Drawn drawn;
    double a[K * K], solution[K], sum = 0, squares = 0, variance[K] = {0};
    setting_init(&s, random);
    direct(&s, LINE, a, solution);
    for (guint32 draw = 0; draw < DRAWS; draw++) {
        double chi = 0, d[K];
        sample(&s, draw, 1, &drawn);
        for (guint i = 0; i < K; i++) {
            d[i] = drawn.drawn[LINE * K + i] - solution[i];
            variance[i] += d[i] * d[i] / DRAWS;
        }
        for (guint i = 0; i < K; i++)
            for (guint j = 0; j < K; j++)
                chi += d[i] * a[i * K + j] * d[j];
        sum += chi / DRAWS;
        squares += (chi - K) * (chi - K) / DRAWS;
    }
    CU_ASSERT_DOUBLE_EQUAL(sum, K, 5 * sqrt(2.0 * K / DRAWS));
    CU_ASSERT_DOUBLE_EQUAL(squares, 2 * K, 5 * sqrt((8.0 * K * K + 48 * K) / DRAWS));
    CU_ASSERT_EQUAL(LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'U', K, a, K), 0);
    CU_ASSERT_EQUAL(LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'U', K, a, K), 0);
    for (guint i = 0; i < K; i++)
        CU_ASSERT_DOUBLE_EQUAL(variance[i], a[i * K + i], 6 * a[i * K + i] * sqrt(2.0 / DRAWS));
}

static void test_squares(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Setting) s;
    Drawn drawn;
    double expected = 0;
    setting_init(&s, random);
    const double squares = sample(&s, 0, 1, &drawn);
    const RatingLines *lines = s.side.lines;
    for (guint u = 0; u < USERS; u++)
        for (guint r = lines->begin[u]; r < lines->begin[u + 1]; r++) {
            const float *x = drawn.drawn + u * K, *z = s.others + lines->other[r] * K;
            double error = lines->rating[r] - s.side.mean - z[K - 1] - x[K - 1];
            for (guint f = 0; f < K - 1; f++)
                error -= (double)x[f] * z[f];
            expected += error * error;
        }
    CU_ASSERT_DOUBLE_EQUAL(squares, expected, 1e-4 * expected);
}

static void test_threads_and_streams(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Setting) s;
    Drawn one, two, other;
    setting_init(&s, random);
    const double squares = sample(&s, 5, 1, &one);
    CU_ASSERT_EQUAL(sample(&s, 5, 2, &two), squares);
    sample(&s, 6, 1, &other);
    CU_ASSERT_EQUAL(memcmp(&one, &two, sizeof one), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(one.drawn, other.drawn, sizeof one.drawn), 0);
    CU_ASSERT_EQUAL(memcmp(one.expected, other.expected, sizeof one.expected), 0);
}

static const UnitTest tests[] = {
    {"the conditional mean", test_expected},
    {"the conditional covariance", test_spread},
    {"the squared errors", test_squares},
    {"threads and streams", test_threads_and_streams},
    {NULL, NULL},
};

TAP_MAIN("gibbs_side", tests)
