#include "adam.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "tap.h"

#define U 0x1p-24
#define COUNT 37
#define STEPS 200

/* One parameter in double, as the paper has it, and how far the float32 one may be from it: errors
 * that are carried along step by step, to first order, with `slack` for the rest. */
typedef struct {
    double theta, m, v;
    double theta_error, m_error, v_error;
} Oracle;

static void oracle_step(Oracle *o, const Adam *a, double gradient, double t)
{
    const double slack = 1 + 1e-5;
    double g = gradient + a->weight_decay * o->theta;
    double g_error =
        a->weight_decay * o->theta_error + U * (fabs(g) + 3 * a->weight_decay * fabs(o->theta));

    /* m += (1 − β1)(g − m): subtraction, constant, product, addition */
    double old_m = o->m;
    o->m = a->beta1 * old_m + (1 - a->beta1) * g;
    o->m_error = (a->beta1 * o->m_error + (1 - a->beta1) * g_error +
                  U * (3 * (1 - a->beta1) * fabs(g - old_m) + fabs(o->m))) *
                 slack;

    /* v = β2 v + (1 − β2) g²: two constants, three products, an addition */
    double old_v = o->v;
    o->v = a->beta2 * old_v + (1 - a->beta2) * g * g;
    o->v_error = (a->beta2 * o->v_error + (1 - a->beta2) * 2 * fabs(g) * g_error +
                  U * (2 * a->beta2 * old_v + 3 * (1 - a->beta2) * g * g + o->v)) *
                 slack;

    /* θ −= step · m / (√v / c + eps): root, constant, division, addition, division, constant,
     * product, subtraction */
    double step = a->learning_rate / (1 - pow(a->beta1, t));
    double c = sqrt(1 - pow(a->beta2, t));
    double root = sqrt(o->v) / c, below = root + a->eps;
    double root_error = o->v > 0 ? root * o->v_error / (2 * o->v) : 0;
    double change = step * o->m / below;
    double change_error =
        step * o->m_error / below + fabs(change) * root_error / below + fabs(change) * 8 * U;
    o->theta -= change;
    o->theta_error = (o->theta_error + change_error + U * fabs(o->theta)) * slack;
}

static void run(const Adam *adam, double gradient_size, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    float parameters[COUNT], first[COUNT] = {0}, second[COUNT] = {0}, gradient[COUNT];
    Oracle oracle[COUNT] = {{0}};
    for (guint i = 0; i < COUNT; i++) {
        parameters[i] = (float)fixture_uniform(random, 1);
        oracle[i].theta = parameters[i];
    }
    for (guint t = 1; t <= STEPS; t++) {
        for (guint i = 0; i < COUNT; i++)
            gradient[i] = (float)(gradient_size * (0.3 + fixture_uniform(random, 1)));
        AdamStep step = adam_step(adam, t);
        adam_update(parameters, first, second, gradient, COUNT, &step);
        for (guint i = 0; i < COUNT; i++) {
            Oracle *o = &oracle[i];
            oracle_step(o, adam, gradient[i], t);
            CU_ASSERT(fabs(first[i] - o->m) <= o->m_error);
            CU_ASSERT(fabs(second[i] - o->v) <= o->v_error);
            CU_ASSERT(fabs(parameters[i] - o->theta) <= o->theta_error);
        }
    }
    /* The bound means something: a thousandth of the way that was gone, at most. */
    for (guint i = 0; i < COUNT; i++)
        CU_ASSERT(oracle[i].theta_error <= 1e-3 * adam->learning_rate * STEPS);
}

static void test_two_hundred_steps(void)
{
    guint32 seed = tap_seed();
    const Adam customary = {1e-3, 1e-5, 0.9, 0.999, 1e-8};
    const Adam without_decay = {1e-2, 0, 0.9, 0.999, 1e-8};
    const Adam strange = {0.05, 0.01, 0.7, 0.98, 1e-3};
    run(&customary, 1, seed);
    run(&customary, 1e-3, seed + 1);
    run(&without_decay, 100, seed + 2);
    run(&strange, 1, seed + 3);
}

/* The first step is learning_rate · g / (|g| + eps): bias correction undoes both moments. eps is
 * outside the root: with g = eps the step is half of the learning rate, not 1/√2 of it. */
static void test_first_step(void)
{
    const Adam adam = {0.125, 0, 0.9, 0.999, 1e-8};
    const float gradient[] = {1, -1, 1e-3f, -1000, 0, 1e-8f};
    float parameters[6] = {0}, first[6] = {0}, second[6] = {0};
    AdamStep step = adam_step(&adam, 1);
    adam_update(parameters, first, second, gradient, 6, &step);
    for (guint i = 0; i < 6; i++) {
        double g = gradient[i], expected = -0.125 * g / (fabs(g) + 1e-8);
        CU_ASSERT(fabs(parameters[i] - expected) <= 16 * U * fabs(expected));
    }
}

static void test_no_gradient_no_step(void)
{
    const Adam adam = {0.125, 0, 0.9, 0.999, 1e-8};
    float parameters[] = {1.5f, -2}, first[2] = {0}, second[2] = {0};
    const float gradient[2] = {0};
    for (guint t = 1; t < 5; t++) {
        AdamStep step = adam_step(&adam, t);
        adam_update(parameters, first, second, gradient, 2, &step);
    }
    CU_ASSERT_EQUAL(parameters[0], 1.5f);
    CU_ASSERT_EQUAL(parameters[1], -2);
}

/* Weight decay is L2, part of the gradient: without one the sign of the parameter alone decides. */
static void test_weight_decay(void)
{
    const Adam adam = {0.01, 0.5, 0.9, 0.999, 1e-8};
    float parameters[] = {2, -2, 0}, first[3] = {0}, second[3] = {0};
    const float gradient[3] = {0};
    AdamStep step = adam_step(&adam, 1);
    adam_update(parameters, first, second, gradient, 3, &step);
    CU_ASSERT(fabs(parameters[0] - 1.99) <= 4 * U * 2);
    CU_ASSERT(fabs(parameters[1] + 1.99) <= 4 * U * 2);
    CU_ASSERT_EQUAL(parameters[2], 0);
    CU_ASSERT(fabs(first[0] - 0.1) <= 4 * U * 0.1);
}

/* Adam may be given any part of an array: results are the same bits. */
static void test_parts_are_independent(void)
{
    const Adam adam = {1e-3, 1e-5, 0.9, 0.999, 1e-8};
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    float whole[COUNT], m[COUNT] = {0}, v[COUNT] = {0}, gradient[COUNT];
    float parts[COUNT], pm[COUNT] = {0}, pv[COUNT] = {0};
    for (guint i = 0; i < COUNT; i++) {
        whole[i] = parts[i] = (float)fixture_uniform(random, 1);
        gradient[i] = (float)fixture_uniform(random, 1);
    }
    for (guint t = 1; t <= 10; t++) {
        AdamStep step = adam_step(&adam, t);
        adam_update(whole, m, v, gradient, COUNT, &step);
        for (guint i = 0; i < COUNT; i++)
            adam_update(parts + i, pm + i, pv + i, gradient + i, 1, &step);
    }
    CU_ASSERT_EQUAL(memcmp(whole, parts, sizeof whole), 0);
}

static const UnitTest tests[] = {
    {"two hundred steps", test_two_hundred_steps},         {"first step", test_first_step},
    {"no gradient, no step", test_no_gradient_no_step},    {"weight decay", test_weight_decay},
    {"parts are independent", test_parts_are_independent}, {NULL, NULL},
};

TAP_MAIN("adam", tests)
