#include "training.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static void check_refused(TrainOptions options, const char *message)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(train_options_check(&options, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, message);
}

static void check_taken(TrainOptions options)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT(train_options_check(&options, &error));
    CU_ASSERT_PTR_NULL(error);
}

#define REFUSED(member, value, message)                                                            \
    do {                                                                                           \
        TrainOptions options = train_options_default();                                            \
        options.member = value;                                                                    \
        check_refused(options, message);                                                           \
    } while (0)

#define TAKEN(member, value)                                                                       \
    do {                                                                                           \
        TrainOptions options = train_options_default();                                            \
        options.member = value;                                                                    \
        check_taken(options);                                                                      \
    } while (0)

static void test_ranges(void)
{
    check_taken(train_options_default());
    REFUSED(epochs, 0, "--epochs must be");
    REFUSED(epochs, 100001, "--epochs must be");
    REFUSED(factors, 0, "--factors must be");
    REFUSED(factors, 4097, "--factors must be");
    REFUSED(batch_size, 0, "--batch-size must be");
    REFUSED(batch_size, (1 << 20) + 1, "--batch-size must be");
    REFUSED(learning_rate, 0, "--learning-rate must be");
    REFUSED(learning_rate, -1, "--learning-rate must be");
    REFUSED(learning_rate, NAN, "--learning-rate must be");
    REFUSED(learning_rate, INFINITY, "--learning-rate must be");
    REFUSED(weight_decay, -1e-9, "--weight-decay must be");
    REFUSED(weight_decay, NAN, "--weight-decay must be");
    REFUSED(valid, -0.1, "--valid must be");
    REFUSED(valid, 1, "--valid must be");
    REFUSED(valid, NAN, "--valid must be");
    REFUSED(threads, 0, "--threads must be");
    REFUSED(threads, 1025, "--threads must be");
}

static void test_limits(void)
{
    TAKEN(epochs, 1);
    TAKEN(epochs, 100000);
    TAKEN(factors, 1);
    TAKEN(factors, 4096);
    TAKEN(batch_size, 1);
    TAKEN(batch_size, 1 << 20);
    TAKEN(weight_decay, 0);
    TAKEN(valid, 0);
    TAKEN(valid, 0.999);
    TAKEN(threads, 1);
    TAKEN(threads, 1024);
}

/* The hyper-parameters of the original blog post. */
static void test_defaults(void)
{
    TrainOptions o = train_options_default();
    CU_ASSERT(o.factors == 120 && o.batch_size == 1024 && o.epochs == 10);
    CU_ASSERT(o.learning_rate == 1e-3 && o.weight_decay == 1e-5);
    CU_ASSERT(o.decay_epoch == 7 && o.decay_factor == 0.1 && o.valid == 0.1);
    CU_ASSERT(o.threads >= 1);
}

/* ---- training.json ---- */

static Training *example(const char *source, guint epochs, gboolean with_validation)
{
    g_autoptr(Dataset) dataset = dataset_new(source, 23, 5, fixture_features());
    TrainOptions options = train_options_default();
    options.seed = 7;
    Training *training = training_new(dataset, &options);
    training->train_rows = 20;
    training->valid_rows = 3;
    training->wall_seconds = 1.5;
    training->kept_epoch = epochs;
    const double valid[] = {1.2, 0.9, 1.1};
    for (guint i = 0; i < epochs; i++) {
        EpochFigures figures = {i + 1, 1e-3, 1.5 - 0.1 * i, with_validation ? valid[i] : NAN, 0.25};
        g_array_append_val(training->curve, figures);
    }
    training->final.train_rmse = training_kept_epoch(training).train_rmse;
    training->final.valid_rmse = training_kept_epoch(training).valid_rmse;
    return training;
}

static yajl_val json_of(const Training *training)
{
    g_autofree char *text = training_to_json(training);
    g_autoptr(GError) error = NULL;
    yajl_val tree = json_parse(text, "training.json", &error);
    CU_ASSERT_PTR_NULL(error);
    return tree;
}

static void check_number(yajl_val tree, const char *path, double expected)
{
    double value = NAN;
    CU_ASSERT(json_get_double(tree, path, &value));
    CU_ASSERT_EQUAL(value, expected);
}

static void test_json(void)
{
    g_autoptr(Training) training = example("/data/small-set/", 3, TRUE);
    g_auto(yajl_val) tree = json_of(training);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "dataset.source"), "small-set"), 0);
    check_number(tree, "dataset.ratings", 23);
    check_number(tree, "dataset.users", 3);
    check_number(tree, "dataset.movies", 4);
    check_number(tree, "dataset.features", 13);
    check_number(tree, "split.valid", 0.1);
    check_number(tree, "split.train_rows", 20);
    check_number(tree, "split.valid_rows", 3);
    check_number(tree, "split.seed", 7);
    check_number(tree, "hyper_parameters.factors", 120);
    check_number(tree, "hyper_parameters.learning_rate", 1e-3);
    check_number(tree, "best_epoch", 2);
    check_number(tree, "final.train_rmse", 1.3);
    check_number(tree, "final.valid_rmse", 1.1);
    check_number(tree, "link.scale", 5.5);
    check_number(tree, "wall_seconds", 1.5);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "link.type"), "sigmoid"), 0);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "interactions"), "all"), 0);
    yajl_val curve = json_get(tree, "curve");
    CU_ASSERT_EQUAL(json_array_length(curve), 3);
    check_number(json_array_get(curve, 1), "epoch", 2);
    check_number(json_array_get(curve, 1), "valid_rmse", 0.9);
}

/* How often each value of a user feature occurs: two ages, two genders, two occupations. */
static void test_counts_of_values(void)
{
    static const guint32 rows[] = {0, 3, 7, 9, 12, 1, 4, 8, 9, 12, 0, 5, 7, 9, 11};
    static const gint64 expected[][2] = {{2, 1}, {3, 0}, {1, 2}};
    g_autoptr(Dataset) dataset = dataset_new("x", 3, 5, fixture_features());
    TrainOptions options = train_options_default();
    memcpy(dataset->features, rows, sizeof rows);
    g_autoptr(Training) training = training_new(dataset, &options);
    g_auto(yajl_val) tree = json_of(training);
    yajl_val types = json_get(tree, "dataset.values");
    CU_ASSERT_EQUAL(json_array_length(types), 3);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(json_array_get(types, 1), "type"), "gender"), 0);
    for (gsize t = 0; t < 3; t++) {
        yajl_val counts = json_get(json_array_get(types, t), "ratings");
        CU_ASSERT_EQUAL(json_array_length(counts), 2);
        for (gsize v = 0; v < json_array_length(counts); v++)
            CU_ASSERT_EQUAL(YAJL_GET_INTEGER(json_array_get(counts, v)), expected[t][v]);
    }
}

static void test_json_without_validation(void)
{
    g_autoptr(Training) training = example("x", 2, FALSE);
    g_auto(yajl_val) tree = json_of(training);
    CU_ASSERT_PTR_NULL(json_get(tree, "best_epoch"));
    CU_ASSERT_PTR_NULL(json_get(tree, "final.valid_rmse"));
    check_number(tree, "final.train_rmse", 1.4);
    CU_ASSERT_PTR_NULL(json_get(json_array_get(json_get(tree, "curve"), 0), "valid_rmse"));
}

/* A file name is bytes; JSON is UTF-8. */
static void test_source_that_is_not_utf8(void)
{
    g_autoptr(Training) training = example("/data/caf\351", 1, TRUE);
    g_auto(yajl_val) tree = json_of(training);
    const char *source = json_get_string(tree, "dataset.source");
    CU_ASSERT(source != NULL && g_str_has_prefix(source, "caf"));
}

static void test_final_without_epochs(void)
{
    g_autoptr(Training) training = example("x", 0, TRUE);
    CU_ASSERT(isnan(training_kept_epoch(training).train_rmse));
    CU_ASSERT(isnan(training_kept_epoch(training).valid_rmse));
}

static const UnitTest tests[] = {
    {"ranges", test_ranges},
    {"limits", test_limits},
    {"defaults", test_defaults},
    {"training.json", test_json},
    {"training.json without validation", test_json_without_validation},
    {"source that is not UTF-8", test_source_that_is_not_utf8},
    {"final figures without epochs", test_final_without_epochs},
    {"how often values occur", test_counts_of_values},
    {NULL, NULL},
};

TAP_MAIN("training", tests)
