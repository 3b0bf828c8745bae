#include "fold_in.h"

#include <math.h>
#include <string.h>

#include "dense.h"
#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

/* A random person with m ratings; the arrays that FoldInPerson and FoldInRating point to. */
typedef struct {
    guint k, m;
    double *known, *prior; /* [k], [k + 1] */
    float *vectors;        /* [m, k] */
    FoldInRating *shown;   /* [m] */
    ModelForm form;
    FoldInPerson about;
} Person;

static void person_init(Person *p, GRand *random, guint k, guint m, Link link)
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
    p->form = (ModelForm){.link = link, .scale = 5.5};
    p->about = (FoldInPerson){
        .k = k,
        .form = &p->form,
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

static gboolean is_of_ratings(const Person *p, guint f)
{
    return p->form.objective != OBJECTIVE_BOTH || (f > 0 && f < p->form.rating_dims);
}

/* z as the definitions have it: user, known features as one, movie. */
static double z_of(const Person *p, const double *theta, guint movie)
{
    const gboolean has_halves = p->form.objective == OBJECTIVE_BOTH;
    const float *v = p->shown[movie].vector;
    double z = p->about.offset + theta[p->k];
    z += has_halves ? (double)v[0] : p->shown[movie].bias;
    for (guint f = 0; f < p->k; f++) {
        const double movie_f = is_of_ratings(p, f) ? (double)v[f] : 0;
        z += p->known[f] * movie_f + theta[f] * movie_f;
        if (p->form.interactions == INTERACTIONS_ALL)
            z += theta[f] * p->known[f];
    }
    return z;
}

/* dz/dθ_j */
static double slope_of(const Person *p, guint movie, guint j)
{
    if (j == p->k)
        return 1;
    return (is_of_ratings(p, j) ? (double)p->shown[movie].vector[j] : 0) +
           (p->form.interactions == INTERACTIONS_ALL ? p->known[j] : 0);
}

/* Of (θ_j − prior_j)²; 0 for what stays 0. */
static double precision_of(const Person *p, guint j)
{
    if (p->about.scales == NULL)
        return p->about.lambda;
    const double scale = p->about.scales[j];
    return scale > 0 ? p->about.lambda / (scale * scale) : 0;
}

static double predicted(const Person *p, const double *theta, guint movie)
{
    const double z = z_of(p, theta, movie);
    return p->form.link == LINK_IDENTITY ? z : p->form.scale / (1 + exp(-z));
}

static double objective(const Person *p, const double *theta)
{
    double sum = 0;
    for (guint i = 0; i < p->m; i++) {
        const double error = p->shown[i].rating - predicted(p, theta, i);
        sum += error * error;
    }
    for (guint f = 0; f <= p->k; f++)
        sum += precision_of(p, f) * (theta[f] - p->prior[f]) * (theta[f] - p->prior[f]);
    return sum;
}

/* The normal equations (XᵀX + P)(θ − prior) = Xᵀ(r − z(prior)), for the identity link. */
static double *normal_equations(const Person *p)
{
    const guint d = p->k + 1;
    g_autofree double *a = g_new0(double, d *d);
    double *theta = g_new0(double, d);
    for (guint i = 0; i < p->m; i++) {
        const double rest = p->shown[i].rating - z_of(p, p->prior, i);
        for (guint j = 0; j < d; j++) {
            theta[j] += slope_of(p, i, j) * rest;
            for (guint l = 0; l < d; l++)
                a[j * d + l] += slope_of(p, i, j) * slope_of(p, i, l);
        }
    }
    for (guint j = 0; j < d; j++) {
        a[j * d + j] += precision_of(p, j);
        if (precision_of(p, j) > 0)
            continue;
        theta[j] = 0;
        for (guint l = 0; l < d; l++)
            a[j * d + l] = a[l * d + j] = l == j ? 1 : 0;
    }
    dense_solve(a, theta, d);
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
        person_init(&p, random, sizes[s][0], sizes[s][1], LINK_IDENTITY);
        g_autofree double *theta = g_new(double, p.k + 1);
        g_autofree double *oracle = normal_equations(&p);
        solve(theta, &p);
        for (guint f = 0; f <= p.k; f++)
            CU_ASSERT_DOUBLE_EQUAL(theta[f], oracle[f], 1e-9);
    }
}

/* At a minimum every derivative is 0: dS/dθ_j = −2 Σ e_i slope_i x_ij + 2 P_j (θ_j − prior_j). */
static void check_derivatives(const Person *p, const double *theta)
{
    for (guint j = 0; j <= p->k; j++) {
        double derivative = precision_of(p, j) * (theta[j] - p->prior[j]), size = 1;
        if (precision_of(p, j) == 0)
            continue;
        for (guint i = 0; i < p->m; i++) {
            const double r = predicted(p, theta, i);
            const double term =
                (p->shown[i].rating - r) * r * (1 - r / p->form.scale) * slope_of(p, i, j);
            derivative -= term;
            size += fabs(term);
        }
        CU_ASSERT_DOUBLE_EQUAL(derivative / size, 0, 1e-4);
    }
}

static void test_sigmoid(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
        g_auto(Person) p = {0};
        person_init(&p, random, sizes[s][0], sizes[s][1], LINK_SIGMOID);
        g_autofree double *theta = g_new(double, p.k + 1);
        solve(theta, &p);
        CU_ASSERT(objective(&p, theta) < objective(&p, p.prior));
        check_derivatives(&p, theta);
    }
}

/* Residuals around the average person: no products within a profile, a precision of its own in each
 * dimension, some that stay 0. */
static double *person_make_residual(Person *p, GRand *random, guint rating_dims)
{
    double *scales = g_new(double, p->k + 1);
    p->form.interactions = INTERACTIONS_MOVIE;
    p->form.objective = rating_dims > 0 ? OBJECTIVE_BOTH : OBJECTIVE_RATINGS;
    p->form.rating_dims = rating_dims;
    for (guint f = 0; f <= p->k; f++) {
        scales[f] = f % 5 == 3 ? 0 : g_rand_double_range(random, 0.2, 2);
        if (scales[f] == 0 || (f < p->k && !is_of_ratings(p, f)))
            p->prior[f] = 0;
    }
    p->about.scales = scales;
    return scales;
}

static void check_zeros(const Person *p, const double *theta)
{
    for (guint f = 0; f <= p->k; f++)
        if (p->about.scales[f] == 0 || (f < p->k && !is_of_ratings(p, f)))
            CU_ASSERT_EQUAL(theta[f], 0);
}

static void check_residual(GRand *random, guint k, guint m, guint rating_dims, Link link)
{
    g_auto(Person) p = {0};
    person_init(&p, random, k, m, link);
    g_autofree double *scales = person_make_residual(&p, random, rating_dims);
    CU_ASSERT_PTR_EQUAL(p.about.scales, scales);
    g_autofree double *theta = g_new(double, k + 1);
    solve(theta, &p);
    check_zeros(&p, theta);
    if (link == LINK_SIGMOID) {
        check_derivatives(&p, theta);
        return;
    }
    g_autofree double *oracle = normal_equations(&p);
    for (guint f = 0; f <= k; f++)
        CU_ASSERT_DOUBLE_EQUAL(theta[f], oracle[f], 1e-9);
}

static void test_residuals(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (guint half = 0; half < 2; half++) {
            const guint k = sizes[s][0], m = sizes[s][1];
            if (half == 1 && k == 1)
                continue;
            check_residual(random, k, m, half * k / 2, LINK_IDENTITY);
            check_residual(random, k, m, half * k / 2, LINK_SIGMOID);
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
        person_init(&p, random, 8, 12, LINK_SIGMOID);
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
    person_init(&p, random, 3, 10, LINK_SIGMOID);
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
    person_init(&p, random, 16, 6, LINK_SIGMOID);
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
    person_init(&p, random, 5, 1, LINK_SIGMOID);
    g_autofree double *theta = g_new(double, p.k + 1);
    p.m = 0;
    solve(theta, &p);
    CU_ASSERT(memcmp(theta, p.prior, (p.k + 1) * sizeof *theta) == 0);
}

static void check_sum(const Person *p)
{
    g_autofree double *theta = g_new(double, p->k + 1);
    solve(theta, p);
    g_autoptr(ProfileSum) sum = fold_in_sum(&p->about, theta);
    CU_ASSERT_EQUAL(sum->k, p->k);
    for (guint f = 0; f < p->form.rating_dims; f++)
        CU_ASSERT_EQUAL(sum->query[f], 0);
    for (guint i = 0; i < p->m; i++) {
        double score = p->shown[i].bias;
        for (guint f = 0; f < p->k; f++)
            score += (double)sum->query[f] * (double)p->shown[i].vector[f];
        CU_ASSERT_DOUBLE_EQUAL(profile_rating(sum, score, p->shown[i].vector, &p->form),
                               predicted(p, theta, i), 1e-5);
    }
}

/* The sum's rating of a movie is that of the full model. */
static void test_sum(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(Person) fm = {0};
    person_init(&fm, random, 24, 10, LINK_SIGMOID);
    check_sum(&fm);
    for (guint half = 0; half < 2; half++) {
        g_auto(Person) p = {0};
        person_init(&p, random, 24, 10, LINK_SIGMOID);
        g_autofree double *scales = person_make_residual(&p, random, half * 9);
        CU_ASSERT_PTR_EQUAL(p.about.scales, scales);
        check_sum(&p);
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
    person_init(&p, random, 5, 3, LINK_SIGMOID);
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
    {"residuals", test_residuals},
    {"extremes", test_extremes},
    {"too long a step", test_too_long_a_step},
    {"lambda from nothing to everything", test_limits_of_lambda},
    {"nothing shown", test_nothing_shown},
    {"the sum for the ranking", test_sum},
    {"what cannot be", test_what_cannot_be},
    {NULL, NULL},
};

TAP_MAIN("fold_in", tests)
