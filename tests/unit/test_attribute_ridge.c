#include "attribute_ridge.h"

#include <lapacke.h>
#include <math.h>

#include "fixtures.h"
#include "tap.h"

enum { USERS = 60, AGES = 4, GENDERS = 2, N = USERS + AGES + GENDERS, D = 3, A = AGES + GENDERS };

typedef struct {
    FeatureTable *table;
    guint age[USERS], gender[USERS]; /* 0..AGES-1, 0..GENDERS-1 */
    double targets[USERS * D], weights[USERS];
} People;

static void people_clear(People *people)
{
    feature_table_free(people->table);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(People, people_clear)

static void add(FeatureTable *table, const char *type, guint value)
{
    g_autofree char *text = g_strdup_printf("%u", value);
    const Feature feature = {.type = type, .value = text};
    CU_ASSERT(feature_table_add(table, &feature, NULL, NULL));
}

static void people_init(People *p, GRand *random)
{
    p->table = feature_table_new();
    for (guint i = 0; i < N; i++)
        add(p->table,
            i < USERS          ? FEATURE_USER
            : i < USERS + AGES ? FEATURE_AGE
                               : FEATURE_GENDER,
            i);
    for (guint u = 0; u < USERS; u++) {
        p->age[u] = u < AGES ? u : (guint)g_rand_int_range(random, 0, AGES);
        p->gender[u] = u < GENDERS ? u : (guint)g_rand_int_range(random, 0, GENDERS);
        const guint32 own[] = {USERS + p->age[u], USERS + AGES + p->gender[u]};
        feature_table_set_attributes(p->table, u, own, 2);
        p->weights[u] = u % 7 == 6 ? 0 : g_rand_double_range(random, 0.5, 20);
        for (guint d = 0; d < D; d++)
            p->targets[u * D + d] = p->age[u] - 2.0 * p->gender[u] * d + fixture_uniform(random, 1);
    }
}

/* The same minimum by the normal equations of [1, one-hot]: solution [A + 1, D], mean last. */
static void solve_densely(double *solution, const People *p, double lambda)
{
    double matrix[(A + 1) * (A + 1)] = {0}, total = 0;
    guint weighty = 0;
    memset(solution, 0, (A + 1) * D * sizeof *solution);
    for (guint u = 0; u < USERS; u++) {
        const guint on[] = {p->age[u], AGES + p->gender[u], A};
        total += p->weights[u];
        weighty += p->weights[u] > 0;
        for (guint i = 0; i < 3; i++) {
            for (guint j = 0; j < 3; j++)
                matrix[on[i] * (A + 1) + on[j]] += p->weights[u];
            for (guint d = 0; d < D; d++)
                solution[on[i] * D + d] += p->weights[u] * p->targets[u * D + d];
        }
    }
    for (guint a = 0; a < A; a++)
        matrix[a * (A + 1) + a] += lambda * total / weighty;
    CU_ASSERT_EQUAL(LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', A + 1, D, matrix, A + 1, solution, D), 0);
}

static void test_against_normal_equations(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(People) p = {0};
    double solution[(A + 1) * D];
    people_init(&p, random);
    solve_densely(solution, &p, 3);
    g_autoptr(AttributeRidge) ridge = attribute_ridge_new(p.targets, p.weights, D, p.table, 3);
    CU_ASSERT_EQUAL(ridge->attributes, A);
    for (guint u = 0; u < USERS; u++) {
        for (guint d = 0; d < D; d++) {
            const double expected = solution[p.age[u] * D + d] +
                                    solution[(AGES + p.gender[u]) * D + d] + solution[A * D + d];
            const double found = ridge->mean[d] + (double)ridge->estimates[p.age[u] * D + d] +
                                 (double)ridge->estimates[(AGES + p.gender[u]) * D + d];
            CU_ASSERT_DOUBLE_EQUAL(found, expected, 1e-5);
            const double left = p.weights[u] > 0 ? p.targets[u * D + d] - found : 0;
            CU_ASSERT_DOUBLE_EQUAL(ridge->residuals[u * D + d], left, 1e-12);
        }
    }
}

/* The weighted mean of each type is zero, so that the mean alone is everybody's. */
static void test_types_are_centred(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_auto(People) p = {0};
    people_init(&p, random);
    g_autoptr(AttributeRidge) ridge = attribute_ridge_new(p.targets, p.weights, D, p.table, 1);
    for (guint d = 0; d < D; d++) {
        double ages = 0, genders = 0, mean = 0, total = 0;
        for (guint u = 0; u < USERS; u++) {
            ages += p.weights[u] * (double)ridge->estimates[p.age[u] * D + d];
            genders += p.weights[u] * (double)ridge->estimates[(AGES + p.gender[u]) * D + d];
            mean += p.weights[u] * p.targets[u * D + d];
            total += p.weights[u];
        }
        CU_ASSERT_DOUBLE_EQUAL(ages / total, 0, 1e-5);
        CU_ASSERT_DOUBLE_EQUAL(genders / total, 0, 1e-5);
        CU_ASSERT_DOUBLE_EQUAL(ridge->mean[d], mean / total, 1e-5);
    }
}

static void test_no_attributes(void)
{
    g_autoptr(FeatureTable) table = feature_table_new();
    for (guint u = 0; u < 3; u++)
        add(table, FEATURE_USER, u);
    const double targets[] = {1, 2, 6}, weights[] = {1, 1, 2};
    g_autoptr(AttributeRidge) ridge = attribute_ridge_new(targets, weights, 1, table, 5);
    CU_ASSERT_DOUBLE_EQUAL(ridge->mean[0], 3.75, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(ridge->residuals[2], 2.25, 1e-12);
    const double nothing[] = {0, 0, 0};
    g_autoptr(AttributeRidge) none = attribute_ridge_new(targets, nothing, 1, table, 5);
    CU_ASSERT_EQUAL(none->mean[0], 0);
    CU_ASSERT_EQUAL(none->residuals[2], 0);
}

static const UnitTest tests[] = {
    {"against the normal equations", test_against_normal_equations},
    {"types are centred", test_types_are_centred},
    {"no attributes, no weights", test_no_attributes},
    {NULL, NULL},
};

TAP_MAIN("attribute_ridge", tests)
