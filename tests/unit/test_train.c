#include "train.h"

#include <math.h>
#include <signal.h>
#include <string.h>

#include "fixtures.h"
#include "interrupt.h"
#include "recsys_error.h"
#include "tap.h"

#define U 0x1p-24 /* unit roundoff of float32 */

/* ---- data sets and runs ---- */

/* `rows` ratings of `movies` movies by `users` users with two ages; whole stars. */
static Dataset *invent(guint rows, guint users, guint movies, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < users + movies + 2; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        Feature feature = {.value = value};
        feature.type = i < users ? "user" : i < users + movies ? "movie" : "age";
        gboolean added = feature_table_add(table, &feature, NULL, NULL);
        g_assert(added);
    }
    Dataset *dataset = dataset_new("invented", rows, 3, table);
    for (guint i = 0; i < rows; i++) {
        guint user = (guint)g_rand_int_range(random, 0, (gint32)users);
        guint movie = (guint)g_rand_int_range(random, 0, (gint32)movies);
        dataset->features[3 * i] = user;
        dataset->features[3 * i + 1] = users + movie;
        dataset->features[3 * i + 2] = users + movies + user % 2;
        dataset->ratings[i] = (float)(1 + (user * 7 + movie * 3 + i % 2) % 5);
    }
    return dataset;
}

static TrainOptions small_options(void)
{
    TrainOptions options = train_options_default();
    options.epochs = 3;
    options.factors = 5;
    options.batch_size = 64;
    options.threads = 1;
    return options;
}

typedef struct {
    guint batches, epochs;
    guint64 last_rows;
    gboolean in_order;
} Seen;

static void on_batch(guint epoch, guint64 rows_done, guint64 rows, double rmse, gpointer data)
{
    Seen *seen = data;
    seen->batches++;
    seen->in_order &= epoch == seen->epochs + 1 && rows_done <= rows && rmse > 0 && rmse < 5.5;
    seen->last_rows = rows_done;
}

static void on_epoch(const EpochFigures *figures, gpointer data)
{
    Seen *seen = data;
    seen->in_order &= figures->epoch == ++seen->epochs;
}

static FmModel *run(const Dataset *dataset, const TrainOptions *options, Training **training,
                    GError **error)
{
    Seen seen = {.in_order = TRUE};
    TrainRun run = {.observer = {on_batch, on_epoch, &seen}};
    g_autoptr(Training) own = training_new(dataset, options);
    FmModel *model = train(own, dataset, &run, error);
    if (training != NULL)
        *training = g_steal_pointer(&own);
    return model;
}

static FmModel *run_well(const Dataset *dataset, const TrainOptions *options, Training **training)
{
    g_autoptr(GError) error = NULL;
    FmModel *model = run(dataset, options, training, &error);
    CU_ASSERT_PTR_NOT_NULL(model);
    CU_ASSERT_PTR_NULL(error);
    return model;
}

/* ---- against intervals in double ----
 *
 * The oracle is the definition of the model and of Adam, row by row and pair by pair, in interval
 * arithmetic: every interval holds the exact value and whatever float32 makes of it, because it is
 * widened after each operation by that operation's rounding. A trained parameter outside its
 * interval is wrong; the intervals stay narrow, which is asserted too. */

typedef struct {
    double low, high;
} Interval;

static Interval point(double x)
{
    return (Interval){x, x};
}

static double most(Interval x)
{
    return MAX(fabs(x.low), fabs(x.high));
}

static Interval widen(Interval x, double by)
{
    by += 1e-15 * most(x) + 0x1p-149;
    return (Interval){x.low - by, x.high + by};
}

/* `roundings` to float32. */
static Interval rounded(Interval x, double roundings)
{
    return widen(x, roundings * 1.001 * U * most(x));
}

static Interval add(Interval a, Interval b)
{
    return (Interval){a.low + b.low, a.high + b.high};
}

static Interval subtract(Interval a, Interval b)
{
    return (Interval){a.low - b.high, a.high - b.low};
}

static Interval multiply(Interval a, Interval b)
{
    double p[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
    return (Interval){MIN(MIN(p[0], p[1]), MIN(p[2], p[3])), MAX(MAX(p[0], p[1]), MAX(p[2], p[3]))};
}

static Interval sigmoid(Interval z)
{
    return (Interval){1 / (1 + exp(-z.low)), 1 / (1 + exp(-z.high))};
}

typedef struct {
    guint k, count; /* parameters: w0, bias [n], embeddings [n, k] in one array */
    guint n;
    Interval *theta, *first, *second, *gradient;
    Interval *slopes; /* [rows] */
} Oracle;

static void oracle_init(Oracle *o, const FmModel *start, guint rows)
{
    o->n = start->n;
    o->k = start->k;
    o->count = 1 + o->n + o->n * o->k;
    o->theta = g_new0(Interval, o->count);
    o->first = g_new0(Interval, o->count);
    o->second = g_new0(Interval, o->count);
    o->gradient = g_new0(Interval, o->count);
    o->slopes = g_new0(Interval, rows);
    o->theta[0] = point(start->w0);
    for (guint i = 0; i < o->n; i++)
        o->theta[1 + i] = point(start->bias[i]);
    for (guint i = 0; i < o->n * o->k; i++)
        o->theta[1 + o->n + i] = point(start->embeddings[i]);
}

static void oracle_clear(Oracle *o)
{
    g_free(o->theta);
    g_free(o->first);
    g_free(o->second);
    g_free(o->gradient);
    g_free(o->slopes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Oracle, oracle_clear)

static Interval vector_at(const Oracle *o, guint feature, guint f)
{
    return o->theta[1 + o->n + feature * o->k + f];
}

/* z by the definition; float32 has lemma 3.1 (the bound is test_fm.c's, of the terms of both
 * halves). */
static Interval forward(const Oracle *o, const guint32 *row, guint fields)
{
    Interval z = o->theta[0];
    double terms = most(z);
    for (guint i = 0; i < fields; i++) {
        z = add(z, o->theta[1 + row[i]]);
        terms += most(o->theta[1 + row[i]]);
    }
    for (guint f = 0; f < o->k; f++) {
        double sum = 0;
        for (guint i = 0; i < fields; i++) {
            sum += most(vector_at(o, row[i], f));
            for (guint j = 0; j < i; j++)
                z = add(z, multiply(vector_at(o, row[i], f), vector_at(o, row[j], f)));
        }
        terms += sum * sum;
    }
    return widen(z, (2 * fields + o->k / 8.0 + 9) * 1.001 * U * terms);
}

/* dLoss/dz = 2/B · (5.5 s − r) · 5.5 · s (1 − s) */
static Interval slope_of(Interval z, double rating, guint rows)
{
    Interval s = rounded(sigmoid(z), 4);
    Interval difference = rounded(subtract(rounded(multiply(point(5.5), s), 1), point(rating)), 1);
    Interval one_minus_s = rounded(subtract(point(1), s), 1);
    Interval slope =
        multiply(multiply(difference, point(2.0 / rows * 5.5)), multiply(s, one_minus_s));
    return rounded(slope, 5);
}

/* Adds one row's share to the gradients: dz/dv_if = Σ_{j≠i} v_jf. */
static void add_gradient(Oracle *o, const guint32 *row, guint fields, Interval slope)
{
    o->gradient[0] = rounded(add(o->gradient[0], slope), 1);
    for (guint i = 0; i < fields; i++) {
        Interval *bias = &o->gradient[1 + row[i]];
        *bias = rounded(add(*bias, slope), 1);
        for (guint f = 0; f < o->k; f++) {
            Interval others = point(0);
            double terms = 0;
            for (guint j = 0; j < fields; j++) {
                terms += most(vector_at(o, row[j], f));
                if (j != i)
                    others = add(others, vector_at(o, row[j], f));
            }
            others = widen(others, (fields + 1) * 1.001 * U * terms);
            Interval *gradient = &o->gradient[1 + o->n + row[i] * o->k + f];
            *gradient = rounded(add(*gradient, rounded(multiply(slope, others), 1)), 1);
        }
    }
}

/* Rows in another order are summed in another order. */
static void widen_gradient_sums(Oracle *o, const Dataset *data)
{
    double slopes = 0;
    for (guint b = 0; b < data->rows; b++)
        slopes += most(o->slopes[b]);
    double vectors = 0;
    for (guint i = 1 + o->n; i < o->count; i++)
        vectors = MAX(vectors, most(o->theta[i]));
    for (guint i = 0; i < o->count; i++) {
        double terms = i < 1 + o->n ? slopes : slopes * vectors * data->fields;
        o->gradient[i] = widen(o->gradient[i], data->rows * 1.001 * U * terms);
    }
}

static void adam(Oracle *o, guint i, const TrainOptions *options, guint t)
{
    Interval g =
        add(o->gradient[i], rounded(multiply(point(options->weight_decay), o->theta[i]), 2));
    g = rounded(g, 1);
    Interval old = rounded(multiply(point(0.9), o->first[i]), 3);
    o->first[i] = rounded(add(old, rounded(multiply(point(1 - 0.9), g), 3)), 1);
    Interval square = multiply(g, g);
    if (g.low <= 0 && g.high >= 0)
        square.low = 0;
    Interval kept = rounded(multiply(point(0.999), o->second[i]), 2);
    o->second[i] = rounded(add(kept, rounded(multiply(point(1 - 0.999), square), 3)), 1);
    o->second[i].low = MAX(o->second[i].low, 0);

    double correction = sqrt(1 - pow(0.999, t)), step = options->learning_rate / (1 - pow(0.9, t));
    Interval below = {sqrt(o->second[i].low) / correction + 1e-8,
                      sqrt(o->second[i].high) / correction + 1e-8};
    below = rounded(below, 5);
    Interval ratio = multiply(o->first[i], (Interval){1 / below.high, 1 / below.low});
    /* Whatever the intervals, |m| / √v is no more than this for t ≤ 20 (Cauchy–Schwarz). */
    ratio = (Interval){MAX(ratio.low, -8.0), MIN(ratio.high, 8.0)};
    Interval change = rounded(multiply(point(step), ratio), 4);
    o->theta[i] = rounded(subtract(o->theta[i], change), 1);
}

static void oracle_step(Oracle *o, const Dataset *data, const TrainOptions *options, guint t)
{
    memset(o->gradient, 0, o->count * sizeof *o->gradient);
    for (guint b = 0; b < data->rows; b++) {
        const guint32 *row = data->features + b * data->fields;
        o->slopes[b] = slope_of(forward(o, row, data->fields), data->ratings[b], data->rows);
        add_gradient(o, row, data->fields, o->slopes[b]);
    }
    widen_gradient_sums(o, data);
    for (guint i = 0; i < o->count; i++)
        adam(o, i, options, t);
}

static double parameter(const FmModel *model, guint i)
{
    if (i == 0)
        return model->w0;
    return i <= model->n ? model->bias[i - 1] : model->embeddings[i - 1 - model->n];
}

/* Trains with the whole data set as one batch, so that the order of rows does not matter, and
 * compares every parameter after `steps` steps. */
static void check_trajectory(const Dataset *data, TrainOptions options, guint steps)
{
    options.batch_size = data->rows;
    options.valid = 0;
    TrainOptions still = options;
    still.learning_rate = 0; /* leaves the model where it starts */
    still.epochs = 1;
    g_autoptr(FmModel) start = run_well(data, &still, NULL);
    options.epochs = steps;
    g_autoptr(FmModel) end = run_well(data, &options, NULL);
    if (start == NULL || end == NULL)
        return;

    g_auto(Oracle) oracle = {0};
    oracle_init(&oracle, start, data->rows);
    for (guint t = 1; t <= steps; t++)
        oracle_step(&oracle, data, &options, t);
    guint outside = 0, wide = 0;
    for (guint i = 0; i < oracle.count; i++) {
        Interval x = oracle.theta[i];
        double value = parameter(end, i), way = fabs(value - parameter(start, i));
        outside += !(value >= x.low && value <= x.high);
        wide += !(x.high - x.low <= 0.05 * way);
    }
    CU_ASSERT_EQUAL(outside, 0);
    CU_ASSERT(wide <= oracle.count / 8); /* where gradients happen to cancel */
}

static void test_trajectories(void)
{
    const guint steps[] = {1, 2, 5, 20}, factors[] = {1, 3, 8, 9};
    for (guint s = 0; s < G_N_ELEMENTS(steps); s++) {
        for (guint f = 0; f < G_N_ELEMENTS(factors); f++) {
            g_autoptr(Dataset) data = invent(40, 5, 6, 11 + s);
            TrainOptions options = small_options();
            options.factors = factors[f];
            options.initial_sigma = 0.3;
            options.weight_decay = f % 2 == 0 ? 0 : 1e-3;
            options.decay_epoch = 100;
            options.threads = 2;
            check_trajectory(data, options, steps[s]);
        }
    }
}

/* ---- gradients ---- */

static double loss(const FmModel *model, const Dataset *data)
{
    double sum = 0;
    for (guint b = 0; b < data->rows; b++) {
        double z = fm_forward_oracle(model, data->features + b * data->fields, data->fields);
        double difference = FM_RATING_SCALE / (1 + exp(-z)) - data->ratings[b];
        sum += difference * difference;
    }
    return sum / data->rows;
}

static float *place_of(FmModel *model, guint i)
{
    if (i == 0)
        return &model->w0;
    return i <= model->n ? &model->bias[i - 1] : &model->embeddings[i - 1 - model->n];
}

/* Central difference over ±h, with the h that float32 really has. */
static double slope_by_difference(FmModel *model, const Dataset *data, guint i)
{
    float *place = place_of(model, i), value = *place;
    float up = value + 0x1p-12f, down = value - 0x1p-12f;
    *place = up;
    double above = loss(model, data);
    *place = down;
    double below = loss(model, data);
    *place = value;
    return (above - below) / ((double)up - down);
}

/* The first step of Adam is −learning_rate · sign of the gradient: every parameter moves
 * downhill, by the learning rate, where the slope is not lost in rounding. */
static void test_first_step_goes_downhill(void)
{
    g_autoptr(Dataset) data = invent(60, 7, 9, 3);
    TrainOptions options = small_options();
    options.batch_size = data->rows;
    options.valid = options.weight_decay = 0;
    options.initial_sigma = 0.3;
    options.epochs = 1;
    TrainOptions still = options;
    still.learning_rate = 0;
    g_autoptr(FmModel) start = run_well(data, &still, NULL);
    g_autoptr(FmModel) end = run_well(data, &options, NULL);
    if (start == NULL || end == NULL)
        return;
    const guint count = 1 + start->n * (1 + start->k);
    guint checked = 0;
    for (guint i = 0; i < count; i++) {
        double slope = slope_by_difference(start, data, i);
        double move = parameter(end, i) - parameter(start, i);
        if (fabs(slope) < 1e-4) /* eps and rounding would matter */
            continue;
        checked++;
        double expected = -options.learning_rate * slope / (fabs(slope) + 1e-8);
        CU_ASSERT(fabs(move - expected) <= 1e-3 * options.learning_rate + U);
    }
    CU_ASSERT(checked > count * 9 / 10);
}

/* ---- runs ---- */

static void test_any_number_of_threads(void)
{
    g_autoptr(Dataset) data = invent(1500, 40, 150, 5);
    TrainOptions options = small_options();
    options.factors = 17;
    g_autoptr(FmModel) one = run_well(data, &options, NULL);
    const guint threads[] = {1, 2, 3, 5};
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        options.threads = threads[i];
        g_autoptr(FmModel) other = run_well(data, &options, NULL);
        CU_ASSERT(fixture_same_bits(one, other));
    }
}

static void test_seeds(void)
{
    g_autoptr(Dataset) data = invent(300, 20, 30, 5);
    TrainOptions options = small_options();
    g_autoptr(FmModel) one = run_well(data, &options, NULL);
    const guint64 seeds[] = {0, 2, 1 + (G_GUINT64_CONSTANT(1) << 32), G_MAXINT64};
    for (guint i = 0; i < G_N_ELEMENTS(seeds); i++) {
        options.seed = seeds[i];
        g_autoptr(FmModel) other = run_well(data, &options, NULL);
        CU_ASSERT_FALSE(fixture_same_bits(one, other));
    }
}

static void test_loss_falls(void)
{
    g_autoptr(Dataset) data = invent(2000, 30, 40, 9);
    TrainOptions options = small_options();
    options.epochs = 12;
    options.learning_rate = 5e-3;
    options.decay_epoch = 100;
    g_autoptr(Training) training = NULL;
    g_autoptr(FmModel) model = run_well(data, &options, &training);
    CU_ASSERT_PTR_NOT_NULL(model);
    CU_ASSERT_EQUAL(training->curve->len, 12);
    double before = INFINITY;
    for (guint i = 0; i < training->curve->len; i++) {
        const EpochFigures *figures = &g_array_index(training->curve, EpochFigures, i);
        CU_ASSERT_EQUAL(figures->epoch, i + 1);
        CU_ASSERT(figures->train_rmse < before);
        before = figures->train_rmse;
    }
    /* Ratings are a function of user and movie but for ± ½: far below their spread of √2. */
    CU_ASSERT(training_kept_epoch(training).train_rmse < 1.3);
    CU_ASSERT(training_kept_epoch(training).valid_rmse < 1.41);
}

/* The figures of the last epoch are those of the model, row by row in double. Valid rows are not
 * known here: with a learning rate of 0 and all rows in one of two halves, what both report must
 * add up. */
static void test_figures(void)
{
    g_autoptr(Dataset) data = invent(500, 20, 30, 4);
    TrainOptions options = small_options();
    options.learning_rate = 0;
    options.weight_decay = 0;
    options.initial_sigma = 0.5;
    options.valid = 0.3;
    g_autoptr(Training) training = NULL;
    g_autoptr(FmModel) model = run_well(data, &options, &training);
    if (model == NULL)
        return;
    CU_ASSERT_EQUAL(training->train_rows, 350);
    CU_ASSERT_EQUAL(training->valid_rows, 150);
    EpochFigures final = training_kept_epoch(training);
    double both =
        350 * final.train_rmse * final.train_rmse + 150 * final.valid_rmse * final.valid_rmse;
    double expected = loss(model, data) * 500;
    /* (5.5 s − r)² with s from float32: z is off by less than 60 u, s by a quarter of that and 4 u
     */
    CU_ASSERT(fabs(both - expected) <= 500 * 2 * 4.5 * 5.5 * 30 * U);
}

static void test_learning_rate_decays(void)
{
    g_autoptr(Dataset) data = invent(200, 10, 10, 4);
    TrainOptions options = small_options();
    options.epochs = 4;
    options.decay_epoch = 2;
    options.decay_factor = 0.5;
    g_autoptr(Training) training = NULL;
    g_autoptr(FmModel) model = run_well(data, &options, &training);
    CU_ASSERT_PTR_NOT_NULL(model);
    const double rates[] = {1e-3, 1e-3, 5e-4, 5e-4};
    CU_ASSERT_EQUAL(training->curve->len, 4);
    for (guint i = 0; i < training->curve->len; i++)
        CU_ASSERT_EQUAL(g_array_index(training->curve, EpochFigures, i).learning_rate, rates[i]);
}

static void test_observer(void)
{
    g_autoptr(Dataset) data = invent(250, 10, 10, 4);
    TrainOptions options = small_options();
    Seen seen = {.in_order = TRUE};
    TrainRun run = {.observer = {on_batch, on_epoch, &seen}};
    g_autoptr(Training) training = training_new(data, &options);
    g_autoptr(FmModel) model = train(training, data, &run, NULL);
    CU_ASSERT_PTR_NOT_NULL(model);
    CU_ASSERT_EQUAL(seen.epochs, 3);
    CU_ASSERT_EQUAL(seen.batches, 3 * 4); /* 225 rows in batches of 64 */
    CU_ASSERT_EQUAL(seen.last_rows, 225);
    CU_ASSERT(seen.in_order);
}

/* Rows that are not in any example move all the same when there is weight decay, and only then. */
static void test_rows_without_examples(void)
{
    g_autoptr(Dataset) data = invent(1, 2, 2, 4);
    TrainOptions options = small_options();
    options.valid = 0;
    const double decays[] = {0, 0.1};
    for (guint d = 0; d < G_N_ELEMENTS(decays); d++) {
        options.weight_decay = decays[d];
        TrainOptions still = options;
        still.learning_rate = 0;
        g_autoptr(FmModel) start = run_well(data, &still, NULL);
        g_autoptr(FmModel) end = run_well(data, &options, NULL);
        for (guint i = 0; start != NULL && end != NULL && i < start->n; i++) {
            gboolean touched =
                i == data->features[0] || i == data->features[1] || i == data->features[2];
            gboolean moves = touched || decays[d] > 0;
            CU_ASSERT_EQUAL(start->bias[i] != end->bias[i], moves);
            CU_ASSERT_EQUAL(fm_vector(start, i)[4] != fm_vector(end, i)[4], moves);
        }
    }
}

/* ---- errors ---- */

static void test_too_few_rows(void)
{
    g_autoptr(Dataset) data = invent(1, 1, 1, 4);
    TrainOptions options = small_options();
    g_autoptr(GError) error = NULL;
    g_autoptr(FmModel) model = run(data, &options, NULL, &error);
    CU_ASSERT_PTR_NULL(model);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "1 ratings are too few");
    options.valid = 0;
    g_autoptr(FmModel) other = run_well(data, &options, NULL);
    CU_ASSERT_PTR_NOT_NULL(other);
}

/* Adam's steps are bounded by the learning rate, so z overflows only after products of embeddings
 * do. */
static void test_absurd_learning_rates(void)
{
    g_autoptr(Dataset) data = invent(300, 10, 10, 4);
    TrainOptions options = small_options();
    options.epochs = 5;
    options.learning_rate = 1e30;
    g_autoptr(GError) error = NULL;
    g_autoptr(FmModel) model = run(data, &options, NULL, &error);
    CU_ASSERT_PTR_NULL(model);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "the loss is not finite at step ");

    options.learning_rate = 9.9e5; /* the largest that the command line takes */
    g_autoptr(FmModel) wild = run_well(data, &options, NULL);
    for (guint i = 0; wild != NULL && i < 1 + wild->n * (1 + wild->k); i++)
        CU_ASSERT(isfinite(parameter(wild, i)));
}

/* The last test: the flag stays. */
static void test_interrupted(void)
{
    g_autoptr(Dataset) data = invent(300, 10, 10, 4);
    TrainOptions options = small_options();
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(interrupt_requested(&error));
    CU_ASSERT_PTR_NULL(error);
    interrupt_install();
    raise(SIGINT);
    CU_ASSERT(interrupt_requested(NULL));
    g_autoptr(FmModel) model = run(data, &options, NULL, &error);
    CU_ASSERT_PTR_NULL(model);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED, "interrupted by signal 2");
    CU_ASSERT(interrupt_requested(&error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED, "signal 2");
}

static const UnitTest tests[] = {
    {"trajectories", test_trajectories},
    {"first step goes downhill", test_first_step_goes_downhill},
    {"any number of threads", test_any_number_of_threads},
    {"seeds", test_seeds},
    {"loss falls", test_loss_falls},
    {"figures", test_figures},
    {"learning rate decays", test_learning_rate_decays},
    {"observer", test_observer},
    {"rows without examples", test_rows_without_examples},
    {"too few rows", test_too_few_rows},
    {"absurd learning rates", test_absurd_learning_rates},
    {"interrupted", test_interrupted},
    {NULL, NULL},
};

TAP_MAIN("train", tests)
