#include "fold_in_prior.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "forms.h"
#include "recsys_error.h"
#include "tap.h"

#define K 9
#define HALF 4
#define MOVIES 40

static Bundle *bundle_of(const ModelForm *form, guint k)
{
    const FixtureType types[] = {{"user", 3}, {"movie", MOVIES}, {"age", 3}, {"gender", 2}};
    Bundle *bundle = fixture_bundle_of(types, G_N_ELEMENTS(types), k, 0.5, tap_seed());
    g_free(form_apply(bundle, form, tap_seed()));
    return bundle;
}

static char *written(const FoldInPrior *prior)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    fold_in_prior_put(json, prior);
    return json_take(json, NULL);
}

static void check_ranking(const FoldInRanking *a, const FoldInRanking *b)
{
    CU_ASSERT(a->k == b->k && a->first == b->first && a->movies == b->movies);
    CU_ASSERT(a->alpha == b->alpha && a->lambda == b->lambda);
    CU_ASSERT(a->target_scale == b->target_scale);
    CU_ASSERT(a->lowest == b->lowest && a->highest == b->highest);
    CU_ASSERT(memcmp(a->mean, b->mean, a->k * sizeof *a->mean) == 0);
    CU_ASSERT(memcmp(a->gram, b->gram, a->k * sizeof *a->gram) == 0);
}

/* What a release says is what its bundle says, bit for bit. */
static void test_there_and_back(void)
{
    const ModelForm forms[] = {
        form_of(OBJECTIVE_RATINGS, LINK_SIGMOID, 0),
        form_of(OBJECTIVE_RATINGS, LINK_IDENTITY, 0),
        form_of(OBJECTIVE_RANKING, LINK_NONE, 0),
        form_of(OBJECTIVE_BOTH, LINK_IDENTITY, HALF),
    };
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(Bundle) bundle = bundle_of(&forms[i], K);
        g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
        g_autofree char *text = written(prior);
        g_auto(yajl_val) tree = json_parse(text, "fold_in", NULL);
        g_autoptr(FoldInPrior) again = fold_in_prior_read(tree, &forms[i], K, MOVIES);
        CU_ASSERT(fold_in_prior_check(prior, "fixture", NULL));
        CU_ASSERT(fold_in_prior_check(again, "fixture", NULL));
        CU_ASSERT_PTR_NULL(again->population);
        CU_ASSERT_EQUAL(again->scales != NULL, forms[i].objective != OBJECTIVE_RANKING);
        CU_ASSERT_EQUAL(again->ranking != NULL, forms[i].objective != OBJECTIVE_RATINGS);
        if (again->scales != NULL)
            CU_ASSERT(memcmp(again->scales, prior->scales, (K + 1) * sizeof(double)) == 0);
        if (again->ranking != NULL)
            check_ranking(again->ranking, prior->ranking);
    }
}

/* Precision p of dimension d is (1 / scale)²; where there are two halves, that of dimension 0 and
 * those of the other half are 0. */
static void test_precisions(void)
{
    const ModelForm form = form_of(OBJECTIVE_BOTH, LINK_IDENTITY, HALF);
    g_autoptr(Bundle) bundle = bundle_of(&form, K);
    g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
    for (guint f = 0; f <= K; f++) {
        const double scale = prior->scales[f];
        const gboolean is_free = f == K || (f > 0 && f < HALF);
        CU_ASSERT_EQUAL(scale > 0, is_free);
        if (is_free)
            CU_ASSERT_DOUBLE_EQUAL(1 / (scale * scale), (double)prior->precisions[f], 1e-6);
    }
}

static void test_gram(void)
{
    const ModelForm form = form_of(OBJECTIVE_BOTH, LINK_IDENTITY, HALF);
    g_autoptr(Bundle) bundle = bundle_of(&form, K);
    g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    CU_ASSERT_EQUAL(prior->ranking->movies, MOVIES);
    for (guint f = 0; f < K; f++) {
        double sum = 0;
        for (guint i = 0; i < movies->len; i++) {
            const double v = fm_vector(bundle->model, g_array_index(movies, guint, i))[f];
            sum += v * v;
        }
        CU_ASSERT_DOUBLE_EQUAL((double)prior->ranking->gram[f], f < HALF ? 0 : sum, 1e-5);
    }
}

/* The matrix that is stored is a diagonal: one that is none is said, not taken for one. */
static void test_not_diagonal(void)
{
    const ModelForm form = form_of(OBJECTIVE_RANKING, LINK_NONE, 0);
    g_autoptr(Bundle) bundle = bundle_of(&form, K);
    g_autoptr(GError) error = NULL;
    float *v =
        bundle->model->embeddings +
        (gsize)g_array_index(feature_table_of_type(bundle->features, FEATURE_MOVIE), guint, 5) * K;
    v[2] += 1;
    g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
    g_autofree char *text = written(prior);
    g_auto(yajl_val) tree = json_parse(text, "fold_in", NULL);
    g_autoptr(FoldInPrior) again = fold_in_prior_read(tree, &form, K, MOVIES);
    CU_ASSERT_PTR_NULL(json_get(tree, "ranking"));
    CU_ASSERT_FALSE(fold_in_prior_check(again, "recsys-1", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                     "folded into recsys-1 from a history: the Gram matrix");
}

static void check_says_nothing(const ModelForm *form, const char *fold_in)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) bundle = bundle_of(form, 1);
    g_free(form_set_training(bundle, form, fold_in));
    g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
    CU_ASSERT_FALSE(fold_in_prior_check(prior, "fixture", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "the model does not say how");
}

static void test_what_says_nothing(void)
{
    static const char *const ratings[] = {NULL,
                                          "{}",
                                          "7",
                                          "{\"ratings\":{}}",
                                          "{\"ratings\":{\"precisions\":[1,1,1]}}",
                                          "{\"ratings\":{\"precisions\":[1,-1]}}"};
    static const char *const ranking[] = {
        NULL,
        "{\"ratings\":{\"precisions\":[1,1]}}",
        "{\"ranking\":{\"alpha\":0.3,\"lambda\":0,\"target_scale\":1,\"lowest\":1,\"highest\":5,"
        "\"mean\":[1]}}",
        "{\"ranking\":{\"alpha\":0.3,\"lambda\":1,\"target_scale\":1,\"lowest\":1,\"highest\":5}}",
        "{\"ranking\":{\"lambda\":1,\"target_scale\":1,\"lowest\":1,\"highest\":5,\"mean\":[1]}}",
        "{\"ranking\":{\"alpha\":0.3,\"lambda\":1,\"target_scale\":1,\"lowest\":6,\"highest\":5,"
        "\"mean\":[1]}}"};
    const ModelForm by_ratings = form_of(OBJECTIVE_RATINGS, LINK_IDENTITY, 0);
    const ModelForm by_ranking = form_of(OBJECTIVE_RANKING, LINK_NONE, 0);
    for (guint i = 0; i < G_N_ELEMENTS(ratings); i++)
        check_says_nothing(&by_ratings, ratings[i]);
    for (guint i = 0; i < G_N_ELEMENTS(ranking); i++)
        check_says_nothing(&by_ranking, ranking[i]);
}

/* A release whose `_meta` was cut or edited. */
static void test_release_without_gram(void)
{
    const ModelForm form = form_of(OBJECTIVE_RANKING, LINK_NONE, 0);
    g_autoptr(GError) error = NULL;
    g_auto(yajl_val) tree =
        json_parse("{\"ranking\":{\"alpha\":0.3,\"lambda\":1,\"target_scale\":1,"
                   "\"lowest\":1,\"highest\":5,\"mean\":[1]}}",
                   "fold_in", NULL);
    g_autoptr(FoldInPrior) prior = fold_in_prior_read(tree, &form, 1, MOVIES);
    CU_ASSERT_FALSE(fold_in_prior_check(prior, "recsys-1", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "has no Gram matrix");
}

/* The factorization machine goes by its averages, as it did before there was "fold_in". */
static void test_all_interact(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(K, 1);
    g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
    g_autoptr(Population) population = population_of_bundle(bundle);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    population_put(json, population);
    g_autofree char *expected = json_take(json, NULL), *text = written(prior);
    CU_ASSERT_STRING_EQUAL(text, expected);
    g_autoptr(FoldInPrior) old = fold_in_prior_read(NULL, &bundle->form, K, 4);
    CU_ASSERT(old->refused == NULL && old->population->means->len == 0);
    CU_ASSERT_EQUAL(old->population->lambda, POPULATION_DEFAULT_LAMBDA);
}

/* A cluster's state is no place for k × k numbers. */
static void test_size(void)
{
    const ModelForm forms[] = {form_of(OBJECTIVE_BOTH, LINK_IDENTITY, 32), model_form_fm(5.5)};
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(Bundle) bundle = i == 0 ? bundle_of(&forms[0], 120) : fixture_bundle(120, 1);
        g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
        g_autofree char *text = written(prior);
        printf("# %zu bytes for 120 dimensions\n", strlen(text));
        CU_ASSERT(prior->refused == NULL && strlen(text) > 1000 && strlen(text) < 16 * 1024);
    }
}

static void check_scale(const ModelForm *form, double lowest, double highest, gboolean is_open,
                        gboolean by_ratings)
{
    g_autoptr(Bundle) bundle = bundle_of(form, K);
    g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
    const HistoryScale scale = fold_in_prior_scale(prior, form);
    CU_ASSERT_EQUAL(scale.lowest, lowest);
    CU_ASSERT_EQUAL(scale.highest, highest);
    CU_ASSERT_EQUAL(scale.is_open, is_open);
    CU_ASSERT_EQUAL(scale.by_ratings, by_ratings);
}

static void test_scales(void)
{
    const ModelForm sigmoid = form_of(OBJECTIVE_RATINGS, LINK_SIGMOID, 0);
    const ModelForm identity = form_of(OBJECTIVE_RATINGS, LINK_IDENTITY, 0);
    const ModelForm ranking = form_of(OBJECTIVE_RANKING, LINK_NONE, 0);
    const ModelForm both = form_of(OBJECTIVE_BOTH, LINK_IDENTITY, HALF);
    check_scale(&sigmoid, 0, 5.5, TRUE, TRUE);
    check_scale(&identity, 1, 5, FALSE, TRUE);
    check_scale(&ranking, 1, 5, FALSE, FALSE);
    check_scale(&both, 1, 5, FALSE, FALSE);
}

static const UnitTest tests[] = {
    {"there and back", test_there_and_back},
    {"precisions", test_precisions},
    {"the Gram matrix", test_gram},
    {"a Gram matrix that is not diagonal", test_not_diagonal},
    {"bundles that do not say how", test_what_says_nothing},
    {"a release without a Gram matrix", test_release_without_gram},
    {"where all features interact", test_all_interact},
    {"the size in a cluster's state", test_size},
    {"scales of ratings", test_scales},
    {NULL, NULL},
};

TAP_MAIN("fold_in_prior", tests)
