/* Follows a training run of PyTorch step by step: the same initial tensors, the same batches.
 *
 * Both sides work in float32 and add in different orders. A sum of T terms is off by at most
 * γ_T·Σ|terms|, and Adam divides first by second moments, so that a relative error ε of the
 * gradients moves a parameter by about ε times the way it has come, at most one learning rate a
 * step. With ε = 2^-24 · c for the few hundred terms in a gradient, the bound for a parameter after
 * S steps is S · learning rate · 2^-24 · TERMS; where |gradient| is as small as its own rounding
 * error the direction of a step is arbitrary, which the weight decay and eps keep from mattering:
 * the bound is checked on every element. */
#include <math.h>
#include <string.h>

#include "safetensors_reader.h"
#include "stepper.h"
#include "tap.h"

#define TERMS 256

typedef struct {
    SafetensorsReader *file;
    Dataset *data;
    const guint32 *batches; /* [steps, size] */
    guint steps, size;
    const double *losses, *learning_rates; /* [steps] */
    Stepper *stepper;
    FmModel *model;
} Run;

static gconstpointer get(const Run *run, const char *name, const char *dtype, guint dims,
                         guint *shape)
{
    g_autoptr(GError) error = NULL;
    gconstpointer values = safetensors_reader_get(run->file, name, dtype, dims, shape, &error);
    if (values == NULL)
        g_error("trajectory: %s", error->message);
    return values;
}

static gconstpointer get_tensor(const Run *run, guint step, const char *name, guint dims,
                                guint *shape)
{
    g_autofree char *full = g_strdup_printf("%u.%s", step, name);
    return get(run, full, "F32", dims, shape);
}

static FmModel *model_after(const Run *run, guint step)
{
    guint shape[2];
    gconstpointer embeddings = get_tensor(run, step, "embeddings.weight", 2, shape);
    FmModel *model = fm_model_new(shape[0], shape[1]);
    memcpy(model->embeddings, embeddings, (gsize)shape[0] * shape[1] * sizeof(float));
    gconstpointer bias = get_tensor(run, step, "bias.weight", 2, shape);
    memcpy(model->bias, bias, shape[0] * sizeof(float));
    memcpy(&model->w0, get_tensor(run, step, "w0", 1, shape), sizeof(float));
    return model;
}

static Dataset *read_data(const Run *run, guint n)
{
    guint shape[2];
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < n; i++) {
        char value[16];
        g_snprintf(value, sizeof value, "%u", i);
        if (!feature_table_add(table, &(Feature){.type = "x", .value = value}, NULL, NULL))
            g_error("trajectory: feature %u", i);
    }
    gconstpointer features = get(run, "features", "I32", 2, shape);
    Dataset *data = dataset_new("trajectory", shape[0], shape[1], table);
    memcpy(data->features, features, (gsize)shape[0] * shape[1] * sizeof(guint32));
    memcpy(data->ratings, get(run, "ratings", "F32", 1, shape), data->rows * sizeof(float));
    return data;
}

static void run_clear(Run *run)
{
    stepper_free(run->stepper);
    fm_model_free(run->model);
    dataset_free(run->data);
    safetensors_reader_free(run->file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static void run_open(Run *run)
{
    char *content;
    gsize size;
    guint shape[2];
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(g_getenv("TRAJECTORY"), &content, &size, &error))
        g_error("trajectory: %s", error->message);
    g_autoptr(GBytes) bytes = g_bytes_new_take(content, size);
    run->file = safetensors_reader_new(bytes, "trajectory", &error);
    if (run->file == NULL)
        g_error("%s", error->message);
    run->model = model_after(run, 0);
    run->data = read_data(run, run->model->n);
    run->batches = get(run, "batches", "I32", 2, shape);
    run->steps = shape[0];
    run->size = shape[1];
    run->losses = get(run, "losses", "F64", 1, shape);
    run->learning_rates = get(run, "learning_rates", "F64", 1, shape);
    run->stepper = stepper_new(run->data, run->model, run->size, 2, &error);
    if (run->stepper == NULL)
        g_error("%s", error->message);
}

/* The largest difference as a share of the bound after `step` steps. */
static double worst_share(const float *found, const float *expected, gsize count, guint step)
{
    const double bound = step * 1e-3 * 0x1p-24 * TERMS;
    double worst = 0;
    for (gsize i = 0; i < count; i++)
        worst = MAX(worst, fabs((double)found[i] - expected[i]) / bound);
    return worst;
}

static void check_tensors(Run *run, guint step)
{
    g_autoptr(FmModel) expected = model_after(run, step);
    stepper_save(run->stepper, run->model, NULL, NULL);
    const gsize values = (gsize)expected->n * expected->k;
    double w0 = worst_share(&run->model->w0, &expected->w0, 1, step);
    double bias = worst_share(run->model->bias, expected->bias, expected->n, step);
    double embeddings = worst_share(run->model->embeddings, expected->embeddings, values, step);
    printf("# after %u steps, largest error as a share of its bound: w0 %.3f, bias %.3f, "
           "embeddings %.3f\n",
           step, w0, bias, embeddings);
    CU_ASSERT(w0 <= 1);
    CU_ASSERT(bias <= 1);
    CU_ASSERT(embeddings <= 1);
}

static void test_trajectory(void)
{
    g_auto(Run) run = {0};
    run_open(&run);
    double worst = 0;
    for (guint i = 0; i < run.steps; i++) {
        const Adam adam = {
            .learning_rate = run.learning_rates[i],
            .weight_decay = 1e-5,
            .beta1 = 0.9,
            .beta2 = 0.999,
            .eps = 1e-8,
        };
        const guint32 *rows = run.batches + (gsize)i * run.size;
        const guint32 *next = i + 1 < run.steps ? rows + run.size : NULL;
        double loss =
            stepper_step(run.stepper, rows, run.size, next, next ? run.size : 0, &adam) / run.size;
        worst = MAX(worst, fabs(loss - run.losses[i]) / run.losses[i]);
        if (i + 1 == 1 || i + 1 == 10 || i + 1 == 200)
            check_tensors(&run, i + 1);
    }
    printf("# largest relative error of a loss: %.2g\n", worst);
    CU_ASSERT(worst <= 1e-5);
}

static const UnitTest tests[] = {
    {"losses and tensors follow PyTorch for 200 steps", test_trajectory},
    {NULL, NULL},
};

TAP_MAIN("trajectory", tests)
