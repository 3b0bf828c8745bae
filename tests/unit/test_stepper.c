#include "stepper.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "kernels.h"
#include "recsys_error.h"
#include "tap.h"

#define U 0x1p-24 /* unit roundoff of float32 */
#define TINY 0x1p-149
#define N 40
#define FIELDS 4
#define ROWS 300
#define BATCH 24

/* All parameters in one order: w0, bias [n], embeddings [n, k]. */
static gsize count_of(const FmModel *model)
{
    return 1 + model->n + (gsize)model->n * model->k;
}

static double value_at(const FmModel *model, gsize i)
{
    if (i == 0)
        return model->w0;
    return i <= model->n ? model->bias[i - 1] : model->embeddings[i - 1 - model->n];
}

/* ---- a stepper and what it stands at ---- */

typedef struct {
    FmModel *model, *first, *second;
} State;

static void state_init(State *state, guint k)
{
    state->model = fm_model_new(N, k);
    state->first = fm_model_new(N, k);
    state->second = fm_model_new(N, k);
}

static void state_clear(State *state)
{
    fm_model_free(state->model);
    fm_model_free(state->first);
    fm_model_free(state->second);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(State, state_clear)

static gboolean same_state(const State *a, const State *b)
{
    return fixture_same_bits(a->model, b->model) && fixture_same_bits(a->first, b->first) &&
           fixture_same_bits(a->second, b->second);
}

static void save(Stepper *stepper, State *state)
{
    stepper_save(stepper, state->model, state->first, state->second);
}

static Stepper *make(const Dataset *data, const FmModel *initial, guint threads)
{
    g_autoptr(GError) error = NULL;
    Stepper *stepper = stepper_new(data, initial, BATCH, threads, &error);
    if (stepper == NULL)
        g_error("%s", error->message);
    return stepper;
}

/* ---- the gradient in double, with what float32 may make of it ---- */

typedef struct {
    gsize count;
    double *gradient, *error;
    double loss, loss_error; /* sum of squared errors */
} Exact;

static void exact_clear(Exact *exact)
{
    g_free(exact->gradient);
    g_free(exact->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Exact, exact_clear)

typedef struct {
    double difference, difference_error; /* rating − what it should be */
    double slope, slope_error;           /* dLoss/dz */
} Example;

/* z: w0, F biases and ½ Σ [(Σ v)² − Σ v²]; test_kernels.c counts the pairs' roundings. The sigmoid
 * has a slope of at most ¼ and rounds in expf (2), addition and division; the rest are products. */
static Example example_of(const FmModel *model, const guint32 *row, double rating, guint batch)
{
    double terms = fabs((double)model->w0);
    for (guint i = 0; i < FIELDS; i++)
        terms += fabs((double)model->bias[row[i]]);
    for (guint f = 0; f < model->k; f++) {
        double absolute = 0;
        for (guint i = 0; i < FIELDS; i++)
            absolute += fabs((double)fm_vector(model, row[i])[f]);
        terms += absolute * absolute;
    }
    const double roundings = 2 * FIELDS + 3 + (model->k + 16) / 16.0 + 4 + FIELDS + 2;
    const double z = fm_forward_oracle(model, row, FIELDS);
    const double z_error = 1.01 * roundings * U * terms;

    const double s = 1 / (1 + exp(-z)), s_error = z_error / 4 + 4 * U * s;
    Example e = {.difference = FM_RATING_SCALE * s - rating};
    e.difference_error = FM_RATING_SCALE * (s_error + U * s) + U * fabs(e.difference);
    const double factor = 2.0 / batch * FM_RATING_SCALE;
    e.slope = factor * e.difference * s * (1 - s);
    /* |d s(1 − s)| ≤ s_error, and the rounding of 1 − s */
    e.slope_error = 1.01 * (factor * (e.difference_error / 4 + fabs(e.difference) * (s_error + U)) +
                            6 * U * fabs(e.slope));
    return e;
}

static void add_example(Exact *x, const FmModel *model, const guint32 *row, const Example *e,
                        guint batch)
{
    const double slope = fabs(e->slope) + e->slope_error;
    x->gradient[0] += e->slope;
    x->error[0] += e->slope_error + 1.01 * batch * U * slope;
    for (guint i = 0; i < FIELDS; i++) {
        const double roundings = 1.01 * (FIELDS * batch + FIELDS + 4) * U;
        x->gradient[1 + row[i]] += e->slope;
        x->error[1 + row[i]] += e->slope_error + roundings * slope;
        for (guint f = 0; f < model->k; f++) {
            double others = 0, terms = fabs((double)fm_vector(model, row[i])[f]);
            for (guint j = 0; j < FIELDS; j++) {
                const double v = fm_vector(model, row[j])[f];
                others += j == i ? 0 : v;
                terms += fabs(v);
            }
            const gsize at = 1 + model->n + (gsize)row[i] * model->k + f;
            x->gradient[at] += e->slope * others;
            x->error[at] += (e->slope_error + roundings * slope) * terms;
        }
    }
}

static void exact_init(Exact *x, const FmModel *model, const Dataset *data, const guint32 *rows,
                       guint count)
{
    x->count = count_of(model);
    x->gradient = g_new0(double, x->count);
    x->error = g_new0(double, x->count);
    for (guint b = 0; b < count; b++) {
        const guint32 *row = data->features + (gsize)rows[b] * FIELDS;
        const Example e = example_of(model, row, data->ratings[rows[b]], count);
        add_example(x, model, row, &e, count);
        x->loss += e.difference * e.difference;
        x->loss_error +=
            2 * fabs(e.difference) * e.difference_error + e.difference_error * e.difference_error;
    }
}

/* ---- one step after another, each from what the stepper really stood at ----
 *
 * So errors do not add up from step to step, and every parameter of every step is checked. */

typedef struct {
    double p, m, v;
} Element;

static Element element_at(const State *state, gsize i)
{
    return (Element){value_at(state->model, i), value_at(state->first, i),
                     value_at(state->second, i)};
}

/* Returns how wide the bound on the parameter is, as a share of the learning rate; -1 if the new
 * values are outside of their bounds. */
static double check_element(Element old, Element new, double gradient, double error,
                            const AdamStep *a, double learning_rate)
{
    const double decay = a->weight_decay * old.p, g = gradient + decay;
    const double g_error = error + U * (fabs(decay) + fabs(g)) + TINY;
    const double move = a->one_minus_beta1 * (g - old.m), m = old.m + move;
    const double m_error =
        1.01 * (a->one_minus_beta1 * g_error + U * (2 * fabs(move) + fabs(m))) + TINY;
    const double kept = a->beta2 * old.v, fresh = a->one_minus_beta2 * g * g, v = kept + fresh;
    const double v_error = 1.01 * (a->one_minus_beta2 * g_error * (2 * fabs(g) + g_error) +
                                   U * (kept + 2 * fresh + v)) +
                           2 * TINY;

    const double inverse_correction = 1.0f / a->root_of_correction;
    const double below = sqrt(v) * inverse_correction + a->eps;
    const double least = (sqrt(MAX(v - v_error, 0)) * inverse_correction + a->eps) * (1 - 4 * U);
    const double change = a->step_size * m / below;
    const double change_error =
        a->step_size * (m_error / least + fabs(m) * (1 / least - 1 / below)) +
        2.1 * U * a->step_size * (fabs(m) + m_error) / least;
    const double p = old.p - change, p_error = 1.01 * (change_error + U * fabs(p)) + TINY;
    if (fabs(new.m - m) <= m_error && fabs(new.v - v) <= v_error && fabs(new.p - p) <= p_error)
        return (p_error - U * fabs(p)) / learning_rate;
    return -1;
}

static void pick(guint32 *rows, guint count, GRand *random)
{
    for (guint b = 0; b < count; b++)
        rows[b] = (guint32)g_rand_int_range(random, 0, ROWS);
}

/* Returns how many bounds say little, where gradients happen to cancel. */
static gsize check_one_step(Stepper *stepper, const Dataset *data, const Adam *adam, guint k,
                            GRand *random)
{
    guint32 rows[BATCH];
    g_auto(State) before = {0}, after = {0};
    g_auto(Exact) exact = {0};
    const guint count = (guint)g_rand_int_range(random, 1, BATCH + 1);
    pick(rows, count, random);
    state_init(&before, k);
    state_init(&after, k);
    save(stepper, &before);
    exact_init(&exact, before.model, data, rows, count);
    const AdamStep constants = adam_step(adam, stepper_steps(stepper) + 1);
    const double loss = stepper_step(stepper, rows, count, NULL, 0, adam);
    CU_ASSERT(fabs(loss - exact.loss) <= 1.01 * exact.loss_error);
    save(stepper, &after);
    gsize outside = 0, wide = 0;
    for (gsize i = 0; i < exact.count; i++) {
        double width =
            check_element(element_at(&before, i), element_at(&after, i), exact.gradient[i],
                          exact.error[i], &constants, adam->learning_rate);
        outside += width < 0;
        wide += width > 1e-2;
    }
    CU_ASSERT_EQUAL(outside, 0);
    return wide;
}

static void test_each_step(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const guint factors[] = {1, 7, 16, 33};
    for (guint i = 0; i < G_N_ELEMENTS(factors); i++) {
        g_autoptr(Dataset) data = fixture_dataset(ROWS, FIELDS, N, g_rand_int(random));
        g_autoptr(FmModel) initial = fixture_model(N, factors[i], 0.3, g_rand_int(random));
        g_autoptr(Stepper) stepper = make(data, initial, 2);
        Adam adam = {1e-2, i % 2 == 0 ? 1e-3 : 0, 0.9, 0.999, 1e-8};
        gsize wide = 0;
        for (guint t = 0; t < 40; t++) {
            adam.learning_rate = t < 20 ? 1e-2 : 1e-3;
            wide += check_one_step(stepper, data, &adam, factors[i], random);
        }
        CU_ASSERT_EQUAL(stepper_steps(stepper), 40);
        CU_ASSERT(wide <= 40 * count_of(initial) / 20);
    }
}

/* ---- the same bits, however it is run ---- */

#define STEPS 150

typedef enum { PLAINLY, NEXT_GIVEN, NEXT_NOW_AND_THEN, SAVED_EACH_STEP, EVALUATED, RESTORED } How;

typedef struct {
    const Dataset *data;
    const FmModel *initial;
    guint32 rows[STEPS][BATCH];
    guint counts[STEPS];
} Plan;

static void plan_init(Plan *plan, const Dataset *data, const FmModel *initial, GRand *random)
{
    plan->data = data;
    plan->initial = initial;
    for (guint t = 0; t < STEPS; t++) {
        plan->counts[t] = t % 5 == 4 ? (guint)g_rand_int_range(random, 1, BATCH) : BATCH;
        /* Some batches of few different rows, so that most features are behind for long. */
        pick(plan->rows[t], plan->counts[t], random);
        for (guint b = 2; t % 3 == 0 && b < plan->counts[t]; b++)
            plan->rows[t][b] = plan->rows[t][b % 2];
    }
}

static gboolean gives_next(How how, guint t)
{
    return t + 1 < STEPS && how != PLAINLY && (how != NEXT_NOW_AND_THEN || t % 7 < 4);
}

static void follow(const Plan *plan, How how, guint threads, State *end, double *losses)
{
    const guint k = plan->initial->k;
    g_autoptr(Stepper) stepper = make(plan->data, plan->initial, threads);
    for (guint t = 0; t < STEPS; t++) {
        const Adam adam = {t < 100 ? 1e-2 : 1e-3, 1e-3, 0.9, 0.999, 1e-8};
        const gboolean next = gives_next(how, t);
        losses[t] =
            stepper_step(stepper, plan->rows[t], plan->counts[t], next ? plan->rows[t + 1] : NULL,
                         next ? plan->counts[t + 1] : 0, &adam);
        if (how == SAVED_EACH_STEP)
            save(stepper, end);
        if (how == EVALUATED && t % 9 == 0)
            CU_ASSERT(isfinite(stepper_evaluate(stepper, plan->rows[t / 2], t % BATCH)));
        if (how == RESTORED && t % 50 == 20) {
            g_auto(State) now = {0};
            state_init(&now, k);
            save(stepper, &now);
            stepper_free(stepper);
            stepper = make(plan->data, plan->initial, threads);
            stepper_restore(stepper, now.model, now.first, now.second, t + 1);
        }
    }
    CU_ASSERT_EQUAL(stepper_steps(stepper), STEPS);
    save(stepper, end);
}

static void check_all_ways(const Plan *plan)
{
    const guint k = plan->initial->k;
    double losses[STEPS], other_losses[STEPS];
    g_auto(State) end = {0}, other = {0};
    state_init(&end, k);
    state_init(&other, k);
    g_setenv("RECSYS_KERNELS", "plain", TRUE);
    follow(plan, SAVED_EACH_STEP, 1, &end, losses);
    for (const Kernels *const *kernels = kernels_available(); *kernels != NULL; kernels++) {
        g_setenv("RECSYS_KERNELS", (*kernels)->name, TRUE);
        for (How how = PLAINLY; how <= RESTORED; how++) {
            for (guint threads = 1; threads <= 3; threads++) {
                follow(plan, how, threads, &other, other_losses);
                CU_ASSERT_EQUAL(memcmp(losses, other_losses, sizeof losses), 0);
                CU_ASSERT(same_state(&end, &other));
            }
        }
    }
    g_unsetenv("RECSYS_KERNELS");
}

static void test_all_ways(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const guint factors[] = {5, 16, 40};
    for (guint i = 0; i < G_N_ELEMENTS(factors); i++) {
        g_autoptr(Dataset) data = fixture_dataset(ROWS, FIELDS, N, g_rand_int(random));
        g_autoptr(FmModel) initial = fixture_model(N, factors[i], 0.3, g_rand_int(random));
        g_autofree Plan *plan = g_new0(Plan, 1);
        plan_init(plan, data, initial, random);
        check_all_ways(plan);
    }
}

/* ---- the gradient is that of the loss ---- */

/* The mean squared error in double, parameters as one array (value_at). */
static double loss_of(const double *p, guint k, const Dataset *data, const guint32 *rows,
                      guint count)
{
    double loss = 0;
    for (guint b = 0; b < count; b++) {
        const guint32 *row = data->features + (gsize)rows[b] * FIELDS;
        double z = p[0];
        for (guint i = 0; i < FIELDS; i++) {
            z += p[1 + row[i]];
            for (guint j = 0; j < i; j++)
                for (guint f = 0; f < k; f++)
                    z += p[1 + N + row[i] * k + f] * p[1 + N + row[j] * k + f];
        }
        const double difference = FM_RATING_SCALE / (1 + exp(-z)) - data->ratings[rows[b]];
        loss += difference * difference / count;
    }
    return loss;
}

typedef struct {
    const Dataset *data;
    const guint32 *rows;
    guint k;
    double *parameters;
} Point;

static double central_difference(const Point *at, gsize i, double h)
{
    const double value = at->parameters[i];
    at->parameters[i] = value + h;
    const double above = loss_of(at->parameters, at->k, at->data, at->rows, BATCH);
    at->parameters[i] = value - h;
    const double below = loss_of(at->parameters, at->k, at->data, at->rows, BATCH);
    at->parameters[i] = value;
    return (above - below) / (2 * h);
}

/* D(h) is off by c·h² + O(h⁴), so |D(2h) − D(h)| / 3 is that error, to first order; the losses are
 * off by 2^-53 times a few hundred operations. */
static double check_slope(const Point *at, gsize i, double found, double found_error)
{
    const double h = 0x1p-13;
    const double slope = central_difference(at, i, h);
    const double truncation = fabs(central_difference(at, i, 2 * h) - slope);
    const double bound = found_error + truncation + 500 * 0x1p-53 * 30 / h;
    CU_ASSERT(fabs(found - slope) <= bound);
    return bound;
}

static void check_gradient(double weight_decay, GRand *random)
{
    const guint k = 6;
    guint32 rows[BATCH];
    g_autoptr(Dataset) data = fixture_dataset(ROWS, FIELDS, N, g_rand_int(random));
    g_autoptr(FmModel) model = fixture_model(N, k, 0.4, g_rand_int(random));
    g_autoptr(Stepper) stepper = make(data, model, 1);
    pick(rows, BATCH, random);
    const Adam adam = {1e-3, weight_decay, 0.9, 0.999, 1e-8};
    const AdamStep constants = adam_step(&adam, 1);
    g_auto(State) after = {0};
    g_auto(Exact) exact = {0};
    state_init(&after, k);
    exact_init(&exact, model, data, rows, BATCH);
    g_autofree double *parameters = g_new(double, exact.count);
    for (gsize i = 0; i < exact.count; i++)
        parameters[i] = value_at(model, i);
    CU_ASSERT(isfinite(stepper_step(stepper, rows, BATCH, NULL, 0, &adam)));
    save(stepper, &after);

    const Point at = {data, rows, k, parameters};
    gsize blunt = 0;
    for (gsize i = 0; i < exact.count; i++) {
        /* first = (1 − β1)(g + wd·p): three roundings */
        const double decay = constants.weight_decay * parameters[i];
        const double total = value_at(after.first, i) / constants.one_minus_beta1;
        const double found = total - decay;
        const double error = exact.error[i] + 3.1 * U * (fabs(total) + fabs(decay));
        blunt += check_slope(&at, i, found, error) > 1e-3 * MAX(fabs(found), 0.05);
    }
    CU_ASSERT(blunt <= exact.count / 10);
}

static void test_gradient(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    check_gradient(0, random);
    check_gradient(1e-2, random);
}

/* ---- the rest ---- */

static void test_evaluate(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(Dataset) data = fixture_dataset(ROWS, FIELDS, N, g_rand_int(random));
    g_autoptr(FmModel) model = fixture_model(N, 9, 0.4, g_rand_int(random));
    g_autoptr(Stepper) stepper = make(data, model, 2);
    guint32 rows[4 * BATCH];
    const guint counts[] = {0, 1, BATCH - 1, BATCH, BATCH + 1, 4 * BATCH};
    pick(rows, G_N_ELEMENTS(rows), random);
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_auto(Exact) exact = {0};
        exact_init(&exact, model, data, rows, counts[i]);
        const double found = stepper_evaluate(stepper, rows, counts[i]);
        CU_ASSERT(fabs(found - exact.loss) <= 1.01 * exact.loss_error + 1e-13 * exact.loss);
    }
    CU_ASSERT_EQUAL(stepper_steps(stepper), 0);
}

/* After lazy steps too, whether or not somebody made all rows catch up before. */
static void test_evaluate_after_steps(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(Dataset) data = fixture_dataset(ROWS, FIELDS, N, g_rand_int(random));
    g_autoptr(FmModel) model = fixture_model(N, 9, 0.4, g_rand_int(random));
    g_autoptr(Stepper) lazy = make(data, model, 2);
    g_autoptr(Stepper) caught_up = make(data, model, 2);
    const Adam adam = {1e-2, 1e-3, 0.9, 0.999, 1e-8};
    guint32 rows[4 * BATCH];
    pick(rows, G_N_ELEMENTS(rows), random);
    for (guint t = 0; t < 10; t++) {
        stepper_step(lazy, rows, 3, NULL, 0, &adam);
        stepper_step(caught_up, rows, 3, NULL, 0, &adam);
    }
    stepper_save(caught_up, model, NULL, NULL);
    g_autoptr(Stepper) fresh = make(data, model, 1);
    const double expected = stepper_evaluate(fresh, rows, G_N_ELEMENTS(rows));
    CU_ASSERT_EQUAL(stepper_evaluate(caught_up, rows, G_N_ELEMENTS(rows)), expected);
    CU_ASSERT_EQUAL(stepper_evaluate(lazy, rows, G_N_ELEMENTS(rows)), expected);
}

/* Nothing moves when the loss is not finite, and a usual batch can follow. */
static void test_not_finite(void)
{
    g_autoptr(Dataset) data = fixture_dataset(4, FIELDS, N, 1);
    g_autoptr(FmModel) model = fixture_model(N, 3, 0.1, 1);
    for (guint i = 0; i < 2 * FIELDS; i++) /* rows 0 and 1 go wrong, 2 and 3 do not */
        data->features[i] = i % 2;
    for (guint i = 2 * FIELDS; i < 4 * FIELDS; i++)
        data->features[i] = 2 + i % 3;
    for (guint f = 0; f < 3; f++)
        model->embeddings[f] = 3e38f;
    g_autoptr(Stepper) stepper = make(data, model, 2);
    const guint32 bad[] = {0, 1}, good[] = {2, 3};
    const Adam adam = {1e-3, 1e-5, 0.9, 0.999, 1e-8};
    CU_ASSERT_FALSE(isfinite(stepper_step(stepper, bad, 2, good, 2, &adam)));
    CU_ASSERT_EQUAL(stepper_steps(stepper), 0);
    g_autoptr(FmModel) now = fm_model_new(N, 3);
    stepper_save(stepper, now, NULL, NULL);
    CU_ASSERT(fixture_same_bits(model, now));
    CU_ASSERT(isfinite(stepper_step(stepper, good, 2, NULL, 0, &adam)));
    CU_ASSERT_EQUAL(stepper_steps(stepper), 1);
}

static void test_unknown_kernels(void)
{
    g_autoptr(Dataset) data = fixture_dataset(4, FIELDS, N, 1);
    g_autoptr(FmModel) model = fixture_model(N, 3, 0.1, 1);
    g_autoptr(GError) error = NULL;
    g_setenv("RECSYS_KERNELS", "abacus", TRUE);
    CU_ASSERT_PTR_NULL(stepper_new(data, model, 8, 1, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "RECSYS_KERNELS=abacus");
    g_unsetenv("RECSYS_KERNELS");
}

static const UnitTest tests[] = {
    {"each step", test_each_step},
    {"the same bits in all ways", test_all_ways},
    {"gradient against differences", test_gradient},
    {"evaluate", test_evaluate},
    {"evaluate after steps", test_evaluate_after_steps},
    {"not finite", test_not_finite},
    {"unknown kernels", test_unknown_kernels},
    {NULL, NULL},
};

TAP_MAIN("stepper", tests)
