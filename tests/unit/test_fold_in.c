#include "fold_in.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

/* A random person with m ratings; the arrays that FoldInPerson and FoldInRating point to. */
typedef struct {
    guint k, m;
    double *known, *prior; /* [k], [k + 1] */
    float *vectors;        /* [m, k] */
    FoldInRating *shown;   /* [m] */
    FoldInPerson about;
} Person;

static void person_init(Person *p, GRand *random, guint k, guint m, FoldInLink link)
{
    *p = (Person){
        .k = k,
        .m = m,
        .known = g_new(double, k),
        .prior = g_new(double, k + 1),
        .vectors = g_new(float, (gsize)m *k),
        .shown = g_new(FoldInRating, m),
    };
    for (guint f = 0; f < k; f++)
        p->known[f] = fixture_uniform(random, 0.3);
    for (guint f = 0; f <= k; f++)
        p->prior[f] = fixture_uniform(random, 0.1);
    for (guint i = 0; i < m * k; i++)
        p->vectors[i] = (float)fixture_uniform(random, 0.5);
    for (guint i = 0; i < m; i++)
        p->shown[i] = (FoldInRating){p->vectors + (gsize)i * k, fixture_uniform(random, 0.5),
                                     g_rand_double_range(random, 0.5, 5)};
    p->about = (FoldInPerson){
        .k = k,
        .link = link,
        .scale = 5.5,
        .lambda = g_rand_double_range(random, 0.1, 10),
        .offset = fixture_uniform(random, 1),
        .known = p->known,
        .prior = p->prior,
    };
}

static void person_clear(Person *p)
{
    g_free(p->known);
    g_free(p->prior);
    g_free(p->vectors);
    g_free(p->shown);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Person, person_clear)

/* z as the definition of the factorization machine has it: user, known features as one, movie. */
static double z_of(const Person *p, const double *theta, guint movie)
{
    const float *v = p->shown[movie].vector;
    double z = p->about.offset + theta[p->k] + p->shown[movie].bias;
    for (guint f = 0; f < p->k; f++) {
        const double movie_f = (double)v[f];
        z += p->known[f] * movie_f + theta[f] * movie_f + theta[f] * p->known[f];
    }
    return z;
}

static double predicted(const Person *p, const double *theta, guint movie)
{
    const double z = z_of(p, theta, movie);
    return p->about.link == FOLD_IN_IDENTITY ? z : p->about.scale / (1 + exp(-z));
}

static double objective(const Person *p, const double *theta)
{
    double sum = 0;
    for (guint i = 0; i < p->m; i++) {
        const double error = p->shown[i].rating - predicted(p, theta, i);
        sum += error * error;
    }
    for (guint f = 0; f <= p->k; f++)
        sum += p->about.lambda * (theta[f] - p->prior[f]) * (theta[f] - p->prior[f]);
    return sum;
}

/* Solves A x = b in place by Gauss's elimination with pivots; A [n, n]. */
static void eliminate(double *a, double *b, guint n)
{
    for (guint column = 0; column < n; column++) {
        guint pivot = column;
        for (guint row = column; row < n; row++)
            if (fabs(a[row * n + column]) > fabs(a[pivot * n + column]))
                pivot = row;
        for (guint j = 0; j < n; j++) {
            const double kept = a[column * n + j];
            a[column * n + j] = a[pivot * n + j];
            a[pivot * n + j] = kept;
        }
        const double kept = b[column];
        b[column] = b[pivot];
        b[pivot] = kept;
        for (guint row = column + 1; row < n; row++) {
            const double factor = a[row * n + column] / a[column * n + column];
            for (guint j = column; j < n; j++)
                a[row * n + j] -= factor * a[column * n + j];
            b[row] -= factor * b[column];
        }
    }
    for (guint row = n; row-- > 0;) {
        for (guint j = row + 1; j < n; j++)
            b[row] -= a[row * n + j] * b[j];
        b[row] /= a[row * n + row];
    }
}

/* The normal equations (XᵀX + λI)(θ − prior) = Xᵀ(r − z(prior)), for the identity link. */
static double *normal_equations(const Person *p)
{
    const guint d = p->k + 1;
    g_autofree double *a = g_new0(double, d *d);
    double *theta = g_new0(double, d);
    for (guint i = 0; i < p->m; i++) {
        const double rest = p->shown[i].rating - z_of(p, p->prior, i);
        for (guint j = 0; j < d; j++) {
            const double xj = j < p->k ? p->known[j] + (double)p->shown[i].vector[j] : 1;
            theta[j] += xj * rest;
            for (guint l = 0; l < d; l++)
                a[j * d + l] += xj * (l < p->k ? p->known[l] + (double)p->shown[i].vector[l] : 1);
        }
    }
    for (guint j = 0; j < d; j++)
        a[j * d + j] += p->about.lambda;
    eliminate(a, theta, d);
    for (guint j = 0; j < d; j++)
        theta[j] += p->prior[j];
    return theta;
}

static void solve(double *theta, const Person *p)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT(fold_in_solve(theta, &p->about, p->shown, p->m, &error));
    CU_ASSERT_PTR_NULL(error);
}

/* Few ratings (an m × m system), many (k + 1), and as many as there are unknowns. */
static const guint sizes[][2] = {{1, 1},  {1, 9},   {8, 1},    {8, 9},     {8, 10},
                                 {24, 5}, {24, 60}, {120, 20}, {120, 121}, {120, 200}};

static void test_identity(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
        g_auto(Person) p = {0};
        person_init(&p, random, sizes[s][0], sizes[s][1], FOLD_IN_IDENTITY);
        g_autofree double *theta = g_new(double, p.k + 1);
        g_autofree double *oracle = normal_equations(&p);
        solve(theta, &p);
        for (guint f = 0; f <= p.k; f++)
            CU_ASSERT_DOUBLE_EQUAL(theta[f], oracle[f], 1e-9);
    }
}

/* At a minimum every derivative is 0: dS/dθ_j = −2 Σ e_i slope_i x_ij + 2λ(θ_j − prior_j). */
static void test_sigmoid(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
        g_auto(Person) p = {0};
        person_init(&p, random, sizes[s][0], sizes[s][1], FOLD_IN_SIGMOID);
        g_autofree double *theta = g_new(double, p.k + 1);
        solve(theta, &p);
        CU_ASSERT(objective(&p, theta) < objective(&p, p.prior));
        for (guint j = 0; j <= p.k; j++) {
            double derivative = p.about.lambda * (theta[j] - p.prior[j]), size = 1;
            for (guint i = 0; i < p.m; i++) {
                const double r = predicted(&p, theta, i);
                const double x = j < p.k ? p.known[j] + (double)p.shown[i].vector[j] : 1;
                const double term = (p.shown[i].rating - r) * r * (1 - r / 5.5) * x;
                derivative -= term;
                size += fabs(term);
            }
            CU_ASSERT_DOUBLE_EQUAL(derivative / size, 0, 1e-4);
        }
    }
}

/* Ratings at the very ends of the scale, which no z reaches, and a start far out, where the sigmoid
 * is flat: the sum never rises, nothing overflows. */
static void test_extremes(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const double offsets[] = {0, -40, 40, -800, 800};
    for (guint s = 0; s < G_N_ELEMENTS(offsets); s++) {
        g_auto(Person) p = {0};
        person_init(&p, random, 8, 12, FOLD_IN_SIGMOID);
        g_autofree double *theta = g_new(double, p.k + 1);
        p.about.offset = offsets[s];
        p.about.lambda = 1e-6;
        for (guint i = 0; i < p.m; i++)
            p.shown[i].rating = i % 2 == 0 ? 0 : 5.5;
        solve(theta, &p);
        for (guint f = 0; f <= p.k; f++)
            CU_ASSERT(isfinite(theta[f]));
        CU_ASSERT(objective(&p, theta) <= objective(&p, p.prior));
    }
}

/* One movie's worth of opinions, half of them at either end of the scale, seen from far down where
 * the sigmoid is flat: a whole step lands where it is flat again, and worse. The answer is in
 * between.
 */
static void test_too_long_a_step(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Person) p = {0};
    person_init(&p, random, 3, 10, FOLD_IN_SIGMOID);
    g_autofree double *theta = g_new(double, p.k + 1);
    p.about.offset = -4;
    p.about.lambda = 1e-4;
    memset(p.known, 0, p.k * sizeof *p.known);
    memset(p.prior, 0, (p.k + 1) * sizeof *p.prior);
    memset(p.vectors, 0, (gsize)p.m * p.k * sizeof *p.vectors);
    for (guint i = 0; i < p.m; i++) {
        p.shown[i].bias = 0;
        p.shown[i].rating = i % 2 == 0 ? 0.1 : 5.4;
    }
    solve(theta, &p);
    CU_ASSERT_DOUBLE_EQUAL(predicted(&p, theta, 0), 2.75, 0.01);
}

static void test_limits_of_lambda(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Person) p = {0};
    person_init(&p, random, 16, 6, FOLD_IN_SIGMOID);
    g_autofree double *theta = g_new(double, p.k + 1);
    p.about.lambda = 1e12; /* nothing but the prior */
    solve(theta, &p);
    for (guint f = 0; f <= p.k; f++)
        CU_ASSERT_DOUBLE_EQUAL(theta[f], p.prior[f], 1e-9);
    p.about.lambda = 1e-9; /* more unknowns than ratings: each is met */
    solve(theta, &p);
    for (guint i = 0; i < p.m; i++)
        CU_ASSERT_DOUBLE_EQUAL(predicted(&p, theta, i), p.shown[i].rating, 1e-3);
}

static void test_nothing_shown(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Person) p = {0};
    person_init(&p, random, 5, 1, FOLD_IN_SIGMOID);
    g_autofree double *theta = g_new(double, p.k + 1);
    p.m = 0;
    solve(theta, &p);
    CU_ASSERT(memcmp(theta, p.prior, (p.k + 1) * sizeof *theta) == 0);
}

/* The sum's rating of a movie is that of the full model. */
static void test_sum(void)
{
    const ModelForm form = model_form_fm(5.5);
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Person) p = {0};
    person_init(&p, random, 24, 10, FOLD_IN_SIGMOID);
    g_autofree double *theta = g_new(double, p.k + 1);
    solve(theta, &p);
    g_autoptr(ProfileSum) sum = fold_in_sum(&p.about, theta);
    CU_ASSERT_EQUAL(sum->k, p.k);
    for (guint i = 0; i < p.m; i++) {
        double score = p.shown[i].bias;
        for (guint f = 0; f < p.k; f++)
            score += (double)sum->query[f] * (double)p.shown[i].vector[f];
        CU_ASSERT_DOUBLE_EQUAL(profile_rating(sum, score, NULL, &form), predicted(&p, theta, i), 1e-5);
    }
}

static void check_refused(const Person *p, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree double *theta = g_new(double, p->k + 1);
    CU_ASSERT_FALSE(fold_in_solve(theta, &p->about, p->shown, p->m, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static void test_what_cannot_be(void)
{
    const double lambdas[] = {0, -1, NAN, INFINITY};
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Person) p = {0};
    person_init(&p, random, 5, 3, FOLD_IN_SIGMOID);
    const double lambda = p.about.lambda;
    for (guint i = 0; i < G_N_ELEMENTS(lambdas); i++) {
        p.about.lambda = lambdas[i];
        check_refused(&p, "lambda is not a positive number");
    }
    p.about.lambda = lambda;
    p.vectors[7] = NAN;
    check_refused(&p, "not finite");
}

static const UnitTest tests[] = {
    {"identity: the normal equations", test_identity},
    {"sigmoid: the derivatives are 0", test_sigmoid},
    {"extremes", test_extremes},
    {"too long a step", test_too_long_a_step},
    {"lambda from nothing to everything", test_limits_of_lambda},
    {"nothing shown", test_nothing_shown},
    {"the sum for the ranking", test_sum},
    {"what cannot be", test_what_cannot_be},
    {NULL, NULL},
};

TAP_MAIN("fold_in", tests)
