/* Training finds what was planted: a data set of the default size, with the default options. */
#include <math.h>

#include "dataset_read.h"
#include "json.h"
#include "synth.h"
#include "tap.h"
#include "train.h"

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

static double planted_floor(const char *directory)
{
    double floor = NAN;
    g_autofree char *path = g_build_filename(directory, "planted.json", NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NAN;
    g_auto(yajl_val) planted = json_parse(text, path, NULL);
    return json_get_double(planted, "noise_floor", &floor) ? floor : NAN;
}

/* Pearson's correlation of the model's predictions with the planted expected ratings. */
static double correlation(const FmModel *model, const Dataset *dataset, const float *planted)
{
    double n = dataset->rows, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    g_autofree float *sum = g_new(float, model->k);
    for (guint i = 0; i < dataset->rows; i++) {
        const guint32 *row = dataset->features + (gsize)i * dataset->fields;
        double x =
            dataset->scale * (double)fm_sigmoid(fm_forward(sum, model, row, dataset->fields));
        double y = planted[i];
        sx += x, sy += y, sxx += x * x, syy += y * y, sxy += x * y;
    }
    return (sxy - sx * sy / n) / sqrt((sxx - sx * sx / n) * (syy - sy * sy / n));
}

static void check_model(const FmModel *model, const Training *training, const Dataset *dataset,
                        const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "planted-ratings.f32", NULL);
    g_autofree char *planted = NULL;
    gsize size = 0;
    double floor = planted_floor(directory);
    double rmse = training_kept_epoch(training).valid_rmse;
    printf("# noise floor %.4f, final validation RMSE %.4f (%.1f %% above)\n", floor, rmse,
           100 * (rmse / floor - 1));
    CU_ASSERT(rmse < 1.05 * floor);
    CU_ASSERT(rmse > 0.98 * floor); /* nothing can be that much better than the truth */
    if (!g_file_get_contents(path, &planted, &size, NULL) ||
        size != dataset->rows * sizeof(float)) {
        CU_FAIL("planted-ratings.f32 does not have a number for each rating");
        return;
    }
    double found = correlation(model, dataset, (const float *)(gconstpointer)planted);
    printf("# correlation with the planted ratings: %.3f\n", found);
    CU_ASSERT(found > 0.93); /* biases alone reach 0.90 */
}

static void test_rmse_is_near_the_floor(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *parent = tap_directory();
    g_autofree char *directory = g_build_filename(parent, "data", NULL);
    CU_ASSERT(synth_write(directory, &SYNTH_OPTIONS_DEFAULT, &error));
    g_autoptr(Dataset) dataset = error == NULL ? dataset_read(directory, &error) : NULL;
    if (dataset == NULL) {
        CU_FAIL("no data set was made");
        return;
    }
    TrainOptions options = train_options_default();
    TrainRun run = {.observer = {ignore_batch, print_epoch, NULL}};
    g_autoptr(Training) training = training_new(dataset, &options);
    g_autoptr(FmModel) model = train(training, dataset, &run, &error);
    CU_ASSERT_PTR_NOT_NULL(model);
    if (model != NULL)
        check_model(model, training, dataset, directory);
}

static const UnitTest tests[] = {
    {"the final RMSE is within 5 % of the planted noise floor", test_rmse_is_near_the_floor},
    {NULL, NULL},
};

TAP_MAIN("planted model", tests)
