#include "fast_scorer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fixtures.h"
#include "local_scorer.h"
#include "tap.h"

typedef enum { USUAL, WIDE, ONE_LARGE, TINY, HUGE_ONES, ZEROS, SOME_TINY, FEW_VALUES, KINDS } Kind;

static float value_of(GRand *random, Kind kind, guint f)
{
    switch (kind) {
    case WIDE:
        return fixture_float(random, -20, 20);
    case ONE_LARGE:
        return f == 0 ? 1000.0f : (float)fixture_uniform(random, 0.1);
    case TINY:
        return fixture_float(random, -148, -120);
    case HUGE_ONES:
        return fixture_float(random, 50, 120);
    case ZEROS:
        return g_rand_int_range(random, 0, 3) == 0 ? (float)fixture_uniform(random, 1) : -0.0f;
    case FEW_VALUES: /* many ties */
        return (float)g_rand_int_range(random, -1, 2);
    default:
        return (float)fixture_uniform(random, 0.3);
    }
}

/* Every `step`-th vector becomes what weight decay leaves of a movie that nobody rated. */
static void decay_some(Bundle *bundle, GRand *random, guint step)
{
    const guint k = bundle->model->k;
    for (guint i = 0; i < bundle->model->n; i += step)
        for (guint f = 0; f < k; f++)
            bundle->model->embeddings[(gsize)i * k + f] = fixture_float(random, -148, -90);
}

/* Users and movies in turn, or the movies in one piece. */
static Bundle *bundle_of(GRand *random, Kind kind, guint n, guint k, gboolean is_scattered)
{
    Bundle *bundle = g_new0(Bundle, 1);
    bundle->path = g_strdup("invented");
    bundle->model = fm_model_new(n, k);
    bundle->features = feature_table_new();
    for (guint i = 0; i < n; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        const gboolean is_user = is_scattered ? i % 3 == 1 : i < 5;
        const Feature feature = {.type = is_user ? FEATURE_USER : FEATURE_MOVIE, .value = value};
        CU_ASSERT(feature_table_add(bundle->features, &feature, NULL, NULL));
        bundle->model->bias[i] =
            kind == FEW_VALUES || kind == HUGE_ONES ? 0 : value_of(random, kind, i);
        for (guint f = 0; f < k; f++)
            bundle->model->embeddings[(gsize)i * k + f] = value_of(random, kind, f);
    }
    if (kind == SOME_TINY)
        decay_some(bundle, random, 7);
    return bundle;
}

static guint compare_best(const FastScorer *scorer, const ExactScore *exact, guint size)
{
    const guint movies = fast_scorer_movies(scorer);
    g_autoptr(GArray) best = fast_scorer_best(scorer, size);
    g_autofree gboolean *taken = g_new0(gboolean, movies);
    CU_ASSERT_EQUAL(best->len, MIN(size, movies));
    for (guint place = 0; place < best->len; place++) {
        guint expected = movies;
        for (guint i = 0; i < movies; i++)
            if (!taken[i] && (expected == movies || exact[i].score > exact[expected].score))
                expected = i;
        taken[expected] = TRUE;
        if (g_array_index(best, guint, place) != expected)
            return 1;
    }
    return 0;
}

/* All movies above `high` must be among those that may be. */
static guint compare_above(const FastScorer *scorer, const ExactScore *exact, double high)
{
    g_autoptr(GArray) above = fast_scorer_above(scorer, high);
    guint wrong = 0, next = 0;
    for (guint i = 0; i < fast_scorer_movies(scorer); i++) {
        const gboolean found = next < above->len && g_array_index(above, guint, next) == i;
        next += found;
        wrong += exact[i].score > high && !found;
    }
    CU_ASSERT_EQUAL(next, above->len);
    return wrong;
}

/* What the fast way answers is what the plain way does, and no fast score is further off than E. */
static void compare(const FastScorer *scorer, const Bundle *bundle, const float *query,
                    double shift, Kind kind)
{
    const guint movies = fast_scorer_movies(scorer);
    const guint sizes[] = {0, 1, 2, 10, movies - 1, movies, movies + 7};
    g_autofree ExactScore *exact = g_new(ExactScore, movies);
    guint wrong = 0;
    local_score_all(exact, bundle, query, shift);
    for (guint i = 0; i < movies; i++) {
        const ExactScore one = fast_scorer_exact(scorer, i);
        wrong += one.score != exact[i].score || one.bound != exact[i].bound;
        wrong += !(fabs(fast_scorer_fast(scorer, i) - one.score) <= fast_scorer_error(scorer)) &&
                 isfinite(fast_scorer_error(scorer));
        if (i % 37 == 0)
            wrong += compare_above(scorer, exact, exact[i].score + exact[i].bound);
    }
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
        wrong += compare_best(scorer, exact, sizes[i]);
    CU_ASSERT_EQUAL(wrong, 0);
    if (wrong > 0)
        printf("# kind %u, k %u, shift %g: %u wrong\n", kind, bundle->model->k, shift, wrong);
}

/* A feature's vector; `is_scaled`: so small that scores are ordinary where movies are huge. */
static float *query_of(const Bundle *bundle, guint index, gboolean is_scaled)
{
    const guint k = bundle->model->k;
    float *query = g_new(float, k);
    for (guint f = 0; f < k; f++)
        query[f] = ldexpf(fm_vector(bundle->model, index)[f], is_scaled ? -149 : 0);
    return query;
}

static void test_against_the_plain_way(void)
{
    const guint ks[] = {1, 3, 16, 63, 64, 65, 120};
    const double shifts[] = {0, 63.5, 1e9};
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (Kind kind = 0; kind < KINDS; kind++) {
        for (guint i = 0; i < G_N_ELEMENTS(ks); i++) {
            g_autoptr(Bundle) bundle = bundle_of(random, kind, 400 + i, ks[i], i % 2 == 0);
            for (const CodeKernel *const *k = code_kernels_available(); *k != NULL; k++) {
                g_autoptr(FastScorer) scorer = fast_scorer_new(bundle, *k);
                for (guint round = 0; round < 6; round++) {
                    g_autofree float *query =
                        query_of(bundle, round * 3 + 1, kind == HUGE_ONES && round % 2 == 0);
                    fast_scorer_score(scorer, query, shifts[round % 3]);
                    compare(scorer, bundle, query, shifts[round % 3], kind);
                }
            }
        }
    }
}

/* Few movies need an exact score, or it would not be worth it. */
static void check_what_matters(Kind kind)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(Bundle) bundle = bundle_of(random, kind, 5000, 120, FALSE);
    g_autoptr(FastScorer) scorer = fast_scorer_new(bundle, code_kernel_fastest());
    fast_scorer_score(scorer, fm_vector(bundle->model, 1), 0);
    g_autoptr(GArray) best = fast_scorer_best(scorer, 10);
    const guint last = g_array_index(best, guint, 9);
    g_autoptr(GArray) above = fast_scorer_above(scorer, fast_scorer_exact(scorer, last).score);
    printf("# %u of 5000 movies may be among the best ten\n", above->len);
    CU_ASSERT(above->len >= 9 && above->len < 200);
}

static void test_what_matters_is_little(void)
{
    check_what_matters(USUAL);
    check_what_matters(SOME_TINY);
}

static void test_variants_agree(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint k = 1; k < 200; k += 13) {
        g_autoptr(Bundle) bundle = bundle_of(random, USUAL, 300 + k, k, FALSE);
        const float *query = fm_vector(bundle->model, 2);
        g_autoptr(FastScorer) plain = fast_scorer_new(bundle, code_kernels_available()[0]);
        fast_scorer_score(plain, query, 1);
        for (const CodeKernel *const *kernel = code_kernels_available(); *kernel != NULL;
             kernel++) {
            g_autoptr(FastScorer) other = fast_scorer_new(bundle, *kernel);
            guint different = 0;
            fast_scorer_score(other, query, 1);
            for (guint i = 0; i < fast_scorer_movies(plain); i++)
                different += fast_scorer_fast(plain, i) != fast_scorer_fast(other, i);
            CU_ASSERT_EQUAL(different, 0);
            if (k == 1)
                printf("# this machine has %s\n", (*kernel)->name);
        }
    }
}

static const UnitTest tests[] = {
    {"against the plain way", test_against_the_plain_way},
    {"what matters is little", test_what_matters_is_little},
    {"variants agree", test_variants_agree},
    {NULL, NULL},
};

TAP_MAIN("fast_scorer", tests)
