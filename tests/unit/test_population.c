#include "population.h"

#include <string.h>

#include "fixtures.h"
#include "tap.h"

#define K 5

static void set_training(Bundle *bundle, const char *text)
{
    yajl_tree_free(bundle->training);
    bundle->training = json_parse(text, "training.json", NULL);
}

/* The mean of a type, each feature as often as `counts` says (NULL: once). */
static double mean_of(const Bundle *bundle, const char *type, const double *counts, int factor)
{
    const GArray *indices = feature_table_of_type(bundle->features, type);
    double sum = 0, total = 0;
    for (guint i = 0; indices != NULL && i < indices->len; i++) {
        const guint index = g_array_index(indices, guint, i);
        const double count = counts != NULL ? counts[i] : 1;
        sum += count * (double)(factor < 0 ? bundle->model->bias[index]
                                           : fm_vector(bundle->model, index)[factor]);
        total += count;
    }
    return sum / total;
}

static void check_mean(const Population *population, const Bundle *bundle, const char *type,
                       const double *counts)
{
    const PopulationMean *mean = population_find(population, type);
    CU_ASSERT_PTR_NOT_NULL(mean);
    if (mean == NULL)
        return;
    CU_ASSERT_DOUBLE_EQUAL(mean->bias, mean_of(bundle, type, counts, -1), 1e-12);
    for (int f = 0; f < K; f++)
        CU_ASSERT_DOUBLE_EQUAL((double)mean->vector[f], mean_of(bundle, type, counts, f), 1e-7);
}

static void test_means(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(K, 1);
    g_autoptr(Population) population = population_of_bundle(bundle);
    CU_ASSERT_EQUAL(population->lambda, POPULATION_DEFAULT_LAMBDA);
    CU_ASSERT_EQUAL(population->means->len, 4); /* user, age, gender, occupation */
    CU_ASSERT_PTR_NULL(population_find(population, "movie"));
    check_mean(population, bundle, "user", NULL);
    check_mean(population, bundle, "age", NULL);
    check_mean(population, bundle, "occupation", NULL);
}

static void test_counts(void)
{
    const double genders[FIXTURE_FEATURES] = {1, 9};
    g_autoptr(Bundle) bundle = fixture_bundle(K, 1);
    set_training(bundle, "{\"dataset\":{\"values\":[{\"type\":\"gender\",\"ratings\":[1,9]},"
                         "{\"type\":\"age\",\"ratings\":[1,2,3]}]}}");
    g_autoptr(Population) population = population_of_bundle(bundle);
    check_mean(population, bundle, "gender", genders);
    check_mean(population, bundle, "age", NULL); /* three counts for two ages are none */
    set_training(bundle, "{\"dataset\":{\"values\":[{\"type\":\"gender\",\"ratings\":[0,0]}]}}");
    g_autoptr(Population) empty = population_of_bundle(bundle);
    const PopulationMean *mean = population_find(empty, "gender");
    CU_ASSERT(mean != NULL && mean->bias == 0 && mean->vector[0] == 0);
}

static void test_lambda(void)
{
    const struct {
        const char *training;
        double lambda;
    } cases[] = {
        {"{\"hyper_parameters\":{\"weight_decay\":1e-5},\"split\":{\"train_rows\":900000}}", 9.0},
        {"{\"hyper_parameters\":{\"weight_decay\":2e-5},\"split\":{\"train_rows\":100000}}", 2.0},
        {"{\"hyper_parameters\":{\"weight_decay\":0},\"split\":{\"train_rows\":100000}}",
         POPULATION_DEFAULT_LAMBDA},
        {"{}", POPULATION_DEFAULT_LAMBDA},
    };
    g_autoptr(Bundle) bundle = fixture_bundle(K, 1);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        set_training(bundle, cases[i].training);
        g_autoptr(Population) population = population_of_bundle(bundle);
        CU_ASSERT_DOUBLE_EQUAL(population->lambda, cases[i].lambda, 1e-12);
    }
}

static char *written(const Population *population)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    population_put(json, population);
    return json_take(json, NULL);
}

static void test_there_and_back(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(K, 2);
    g_autoptr(Population) population = population_of_bundle(bundle);
    population->lambda = 4.25;
    g_autofree char *text = written(population);
    g_auto(yajl_val) tree = json_parse(text, "fold_in", NULL);
    g_autoptr(Population) again = population_read(tree, K);
    CU_ASSERT_EQUAL(again->lambda, 4.25);
    CU_ASSERT_EQUAL(again->means->len, population->means->len);
    for (guint i = 0; i < again->means->len; i++) {
        const PopulationMean *mean = g_ptr_array_index(again->means, i);
        const PopulationMean *was = population_find(population, mean->type);
        CU_ASSERT(was != NULL && mean->bias == was->bias);
        CU_ASSERT(was != NULL && memcmp(mean->vector, was->vector, K * sizeof(float)) == 0);
    }
}

/* In whatever order a server writes the members. */
static void test_order(void)
{
    g_auto(yajl_val) tree = json_parse("{\"means\":{\"b\":{\"bias\":1,\"embedding\":[1]},"
                                       "\"c\":{\"bias\":1,\"embedding\":[1]},"
                                       "\"a\":{\"bias\":1,\"embedding\":[1]}}}",
                                       "fold_in", NULL);
    g_autoptr(Population) population = population_read(tree, 1);
    CU_ASSERT_EQUAL(population->means->len, 3);
    for (guint i = 0; i < population->means->len; i++) {
        const PopulationMean *mean = g_ptr_array_index(population->means, i);
        CU_ASSERT_EQUAL(mean->type[0], (char)('a' + (char)i));
    }
}

static void test_what_an_old_release_has(void)
{
    const char *const texts[] = {
        "{}", "{\"lambda\":-1}", "{\"lambda\":\"9\",\"means\":[]}",
        "{\"means\":{\"user\":{\"bias\":1,\"embedding\":\"AAAA\"},\"age\":{\"embedding\":[1,2]}}}"};
    g_autoptr(Population) none = population_read(NULL, K);
    CU_ASSERT(none->lambda == POPULATION_DEFAULT_LAMBDA && none->means->len == 0);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(yajl_val) tree = json_parse(texts[i], "fold_in", NULL);
        g_autoptr(Population) population = population_read(tree, K);
        CU_ASSERT(population->lambda == POPULATION_DEFAULT_LAMBDA && population->means->len == 0);
    }
}

static const UnitTest tests[] = {
    {"means", test_means},
    {"means by how often a value occurs", test_counts},
    {"lambda", test_lambda},
    {"there and back", test_there_and_back},
    {"what an old release has", test_what_an_old_release_has},
    {"the order of the means", test_order},
    {NULL, NULL},
};

TAP_MAIN("population", tests)
