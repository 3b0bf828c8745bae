/* MovieLens 1M with the default options: the error and the recommendations of the original blog
 * post.
 *
 * The data may not be redistributed, so it is looked for in $RECSYS_ML_1M, or beside the checkout
 * in
 * ../shared/data/ml-1m, and the tests are skipped where it is absent. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset_read.h"
#include "local_scorer.h"
#include "tap.h"
#include "train.h"

static Bundle *trained; /* with no path and no training record: what local_rank() needs */

static char *find_data(void)
{
    const char *given = g_getenv("RECSYS_ML_1M");
    char *path = given != NULL ? g_strdup(given)
                               : g_build_filename(g_getenv("RECSYS_SOURCE_ROOT"), "..", "shared",
                                                  "data", "ml-1m", NULL);
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return path;
    tap_skip("MovieLens 1M is not in %s; RECSYS_ML_1M can say where it is", path);
    g_free(path);
    return NULL;
}

static void ignore_batch(guint epoch, guint64 done, guint64 rows, double rmse, gpointer data)
{
    (void)epoch, (void)done, (void)rows, (void)rmse, (void)data;
}

static void print_epoch(const EpochFigures *figures, gpointer data)
{
    (void)data;
    printf("# epoch %u: train RMSE %.4f, validation RMSE %.4f\n", figures->epoch,
           figures->train_rmse, figures->valid_rmse);
    fflush(stdout);
}

/* The validation RMSE of the post's loop in PyTorch, epoch by epoch. */
static const double reference[] = {.9120, .8968, .8822, .8706, .8642,
                                   .8585, .8557, .8521, .8516, .8516};

static void check_curve(const GArray *curve)
{
    CU_ASSERT_EQUAL(curve->len, G_N_ELEMENTS(reference));
    for (guint i = 0; i < MIN(curve->len, G_N_ELEMENTS(reference)); i++) {
        double rmse = g_array_index(curve, EpochFigures, i).valid_rmse;
        CU_ASSERT(fabs(rmse - reference[i]) <= 0.006);
    }
}

/* Trains with the default options but this seed; returns the final validation RMSE. */
static double train_with_seed(const Dataset *dataset, guint64 seed, FmModel **model)
{
    g_autoptr(GError) error = NULL;
    TrainOptions options = train_options_default();
    options.seed = seed;
    TrainRun run = {.observer = {ignore_batch, print_epoch, NULL}};
    printf("# seed %" G_GUINT64_FORMAT "\n", seed);
    g_autoptr(Training) training = training_new(dataset, &options);
    *model = train(training, dataset, &run, &error);
    CU_ASSERT_PTR_NOT_NULL(*model);
    check_curve(training->curve);
    return training_kept_epoch(training).valid_rmse;
}

static void test_training(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = find_data();
    if (path == NULL)
        return;
    g_autoptr(Dataset) dataset = dataset_read(path, &error);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    if (dataset == NULL)
        return;
    CU_ASSERT_EQUAL(dataset->rows, 1000209);
    CU_ASSERT_EQUAL(feature_table_size(dataset->table), 9776);

    double sum = 0;
    for (guint64 seed = 1; seed <= 3; seed++) {
        g_autoptr(FmModel) model = NULL;
        double rmse = train_with_seed(dataset, seed, &model);
        CU_ASSERT(rmse <= 0.8570);
        sum += rmse;
        if (seed == 1 && model != NULL) {
            trained = g_new0(Bundle, 1);
            trained->model = g_steal_pointer(&model);
            trained->form = model_form_fm(dataset->scale);
        }
    }
    printf("# mean of three seeds: %.4f\n", sum / 3);
    CU_ASSERT(sum / 3 <= 0.8545);
    if (trained != NULL)
        trained->features = g_steal_pointer(&dataset->table);
}

/* How many of the ten best movies are among those the post lists. */
static guint count_common(const char *age, const char *gender, const char *const *listed)
{
    guint common = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_new();
    profile_add(profile, FEATURE_AGE, age);
    profile_add(profile, FEATURE_GENDER, gender);
    g_autoptr(Ranking) ranking = local_rank(trained, profile, 10, &error);
    for (guint i = 0; ranking != NULL && i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        gboolean is_listed = FALSE;
        for (guint j = 0; listed[j] != NULL && !is_listed; j++)
            is_listed = g_str_has_prefix(movie->title, listed[j]);
        printf("# %s %s\n", is_listed ? "+" : " ", movie->title);
        common += is_listed;
    }
    return common;
}

static void test_young_man(void)
{
    static const char *const listed[] = {
        "Shawshank Redemption, The",
        "Usual Suspects, The",
        "American Beauty",
        "Godfather, The (1972)",
        "Life Is Beautiful",
        "Braveheart",
        "Monty Python and the Holy",
        "Schindler's List",
        "GoodFellas",
        "Star Wars: Episode IV",
        NULL,
    };
    if (trained == NULL)
        tap_skip("nothing was trained");
    else
        CU_ASSERT(count_common("18", "M", listed) >= 6);
}

static void test_older_woman(void)
{
    static const char *const listed[] = {
        "Gone with the Wind",
        "To Kill a Mockingbird",
        "Schindler's List",
        "Some Like It Hot",
        "African Queen, The",
        "Color Purple, The",
        "Grapes of Wrath",
        "Room with a View",
        "Casablanca",
        "Wizard of Oz, The",
        NULL,
    };
    if (trained == NULL)
        tap_skip("nothing was trained");
    else
        CU_ASSERT(count_common("56", "F", listed) >= 4);
    g_clear_pointer(&trained, bundle_free);
}

static const UnitTest tests[] = {
    {"three seeds follow the curve of the post's loop in PyTorch", test_training},
    {"a man of 18 to 24 gets at least 6 of the post's ten", test_young_man},
    {"a woman of 56 or more gets at least 4 of the post's ten", test_older_woman},
    {NULL, NULL},
};

TAP_MAIN("MovieLens 1M", tests)
