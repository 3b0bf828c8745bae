#include "fold_in_ranking.h"

#include <math.h>

#include "dense.h"
#include "fixtures.h"
#include "rating_target.h"
#include "recsys_error.h"
#include "tap.h"

/* A random person who was shown m movies; what the arrays of `about` and `shown` are. */
typedef struct {
    guint k, m;
    double *known;  /* [k] */
    float *vectors; /* [m, k] */
    FoldInRating *shown;
    FoldInRanking about;
} Person;

static void person_init(Person *p, GRand *random, guint k, guint first, guint m)
{
    *p = (Person){
        .k = k,
        .m = m,
        .known = g_new(double, k),
        .vectors = g_new(float, (gsize)m *k + 1),
        .shown = g_new(FoldInRating, m + 1),
        .about = {.k = k,
                  .first = first,
                  .movies = 300,
                  .alpha = g_rand_double_range(random, 0.05, 1),
                  .lambda = g_rand_double_range(random, 0.002, 0.05),
                  .target_scale = g_rand_double_range(random, 0.5, 3),
                  .lowest = 1,
                  .highest = 5,
                  .mean = g_new0(float, k),
                  .gram = g_new0(float, k)},
    };
    for (guint f = 0; f < k; f++) {
        p->known[f] = fixture_uniform(random, 0.3);
        p->about.mean[f] = (float)fixture_uniform(random, 0.3);
        p->about.gram[f] = (float)g_rand_double_range(random, 0, 80);
    }
    for (guint i = 0; i < m * k; i++)
        p->vectors[i] = (float)fixture_uniform(random, 0.5);
    for (guint i = 0; i < m; i++)
        p->shown[i] = (FoldInRating){p->vectors + (gsize)i * k, 0,
                                     i % 3 == 0 ? NAN : g_rand_double_range(random, 1, 5)};
}

static void person_clear(Person *p)
{
    g_free(p->known);
    g_free(p->vectors);
    g_free(p->shown);
    g_free(p->about.mean);
    g_free(p->about.gram);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Person, person_clear)

/* x of the header, from θ. */
static double x_of(const Person *p, const double *theta, guint f)
{
    return (double)p->about.mean[f] + p->known[f] + theta[f];
}

static double ridge_of(const Person *p)
{
    return p->about.lambda * (p->m + p->about.alpha * p->about.movies);
}

/* The sum that is to be as low as it can be, as the header has it. */
static double objective(const Person *p, const double *theta)
{
    double sum = 0;
    for (guint i = 0; i < p->m; i++) {
        double rest = p->about.target_scale * fold_in_ranking_target(&p->about, p->shown[i].rating);
        for (guint f = p->about.first; f < p->k; f++)
            rest -= x_of(p, theta, f) * (double)p->shown[i].vector[f];
        sum += rest * rest;
    }
    for (guint f = p->about.first; f < p->k; f++) {
        const double x = x_of(p, theta, f);
        sum += p->about.alpha * (double)p->about.gram[f] * x * x;
        sum += ridge_of(p) * theta[f] * theta[f];
    }
    return sum;
}

/* (V V' + aG + l(n + aM)I) θ = V (c·target − V'b) − aGb, b = mean + S. */
static double *normal_equations(const Person *p)
{
    const guint first = p->about.first, d = p->k - first;
    g_autofree double *a = g_new0(double, d *d), *b = g_new0(double, d);
    g_autofree double *zero = g_new0(double, p->k);
    double *theta = g_new0(double, p->k);
    for (guint i = 0; i < p->m; i++) {
        const float *v = p->shown[i].vector + first;
        double rest = p->about.target_scale * fold_in_ranking_target(&p->about, p->shown[i].rating);
        for (guint j = 0; j < d; j++)
            rest -= x_of(p, zero, first + j) * (double)v[j];
        for (guint j = 0; j < d; j++) {
            b[j] += rest * (double)v[j];
            for (guint l = 0; l < d; l++)
                a[j * d + l] += (double)v[j] * (double)v[l];
        }
    }
    for (guint j = 0; j < d; j++) {
        const double pull = p->about.alpha * (double)p->about.gram[first + j];
        a[j * d + j] += pull + ridge_of(p);
        b[j] -= pull * x_of(p, zero, first + j);
    }
    dense_solve(a, b, d);
    for (guint j = 0; j < d; j++)
        theta[first + j] = b[j];
    return theta;
}

static void solve(double *theta, const Person *p)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT(fold_in_ranking_solve(theta, &p->about, p->known, p->shown, p->m, &error));
    CU_ASSERT_PTR_NULL(error);
}

/* Few movies, many, none; all dimensions, or those behind a rating half, which are left alone. */
static const guint sizes[][3] = {{1, 0, 1},   {8, 0, 0},   {8, 0, 3},    {8, 5, 3},    {8, 0, 40},
                                 {24, 7, 60}, {24, 7, 17}, {120, 32, 5}, {120, 0, 130}};

static void test_oracle(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
        g_auto(Person) p = {0};
        person_init(&p, random, sizes[s][0], sizes[s][1], sizes[s][2]);
        g_autofree double *theta = g_new0(double, p.k), *oracle = normal_equations(&p);
        solve(theta, &p);
        for (guint f = 0; f < p.k; f++)
            CU_ASSERT_DOUBLE_EQUAL(theta[f], oracle[f], 1e-9);
    }
}

static void test_lowest_sum(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Person) p = {0};
    person_init(&p, random, 10, 2, 12);
    g_autofree double *theta = g_new0(double, p.k);
    solve(theta, &p);
    const double lowest = objective(&p, theta);
    for (guint f = 2; f < p.k; f++)
        for (int sign = -1; sign <= 1; sign += 2) {
            const double kept = theta[f];
            theta[f] += sign * 1e-3;
            CU_ASSERT(objective(&p, theta) > lowest);
            theta[f] = kept;
        }
}

/* That of the learner; what has no rating is in between those of four and of five stars. */
static void test_targets(void)
{
    const FoldInRanking about = {.lowest = 1, .highest = 5}, binary = {.lowest = 1, .highest = 1};
    for (guint halves = 2; halves <= 10; halves++)
        CU_ASSERT_EQUAL(fold_in_ranking_target(&about, halves / 2.0),
                        rating_target(halves / 2.0, 1, 5));
    CU_ASSERT_EQUAL(fold_in_ranking_target(&about, NAN), 1);
    CU_ASSERT_EQUAL(fold_in_ranking_target(&binary, NAN), 1);
    CU_ASSERT_EQUAL(fold_in_ranking_target(&binary, 1), 1);
}

static void test_what_cannot_be(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Person) p = {0};
    g_autofree double *theta = g_new0(double, 6);
    person_init(&p, random, 6, 0, 4);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        *(i == 0 ? &p.vectors[9] : &p.about.gram[2]) = NAN;
        CU_ASSERT_FALSE(fold_in_ranking_solve(theta, &p.about, p.known, p.shown, p.m, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "not finite");
        p.vectors[9] = 0.25F;
    }
    g_autoptr(GError) error = NULL; /* the gram still is; nothing has to be solved for here */
    CU_ASSERT_FALSE(fold_in_ranking_solve(theta, &p.about, p.known, p.shown, 0, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "not finite");
}

static const UnitTest tests[] = {
    {"the normal equations", test_oracle},
    {"nothing near is lower", test_lowest_sum},
    {"targets", test_targets},
    {"what cannot be", test_what_cannot_be},
    {NULL, NULL},
};

TAP_MAIN("fold_in_ranking", tests)
