#include "score_cases.h"

#include <math.h>

#include "fixtures.h"
#include "tap.h"

typedef enum { ANY_SIGN, ONE_SIGN, ALIKE, NORMAL } Form;

static const struct {
    const char *name;
    int least, most; /* exponents of the values */
    Form form;
} kinds[SCORE_CASE_KINDS] = {
    {"ordinary", -6, 2, ANY_SIGN},       {"of many sizes", -40, 40, ANY_SIGN},
    {"huge", 40, 63, ANY_SIGN},          {"small", -70, -50, ANY_SIGN},
    {"subnormal", -149, -120, ANY_SIGN}, {"small by huge", -130, 60, ANY_SIGN},
    {"of one sign", -6, 2, ONE_SIGN},    {"all alike", -6, 2, ALIKE},
    {"like a model's", -6, -1, NORMAL},
};

static const guint lengths[] = {1, 2, 3, 7, 8, 9, 16, 31, 120, 121, 1000, 1024};

void score_case_init(ScoreCase *c, guint k)
{
    *c = (ScoreCase){.k = k, .q = g_new0(float, k), .d = g_new0(float, k)};
}

void score_case_clear(ScoreCase *c)
{
    g_free(c->q);
    g_free(c->d);
}

void score_case_sum(ScoreCase *c)
{
    c->score = (Exact){{0}};
    c->magnitude = 0;
    exact_add(&c->score, c->shift);
    exact_add(&c->score, c->bias);
    for (guint i = 0; i < c->k; i++) {
        exact_add_product(&c->score, c->q[i], c->d[i]);
        c->magnitude += fabs((double)c->q[i] * c->d[i]);
    }
}

const char *score_case_name(guint kind)
{
    return kinds[kind].name;
}

void score_case_shuffle(guint *order, guint k, GRand *random)
{
    for (guint i = k; i > 1; i--) {
        guint j = (guint)g_rand_int_range(random, 0, (gint32)i), other = order[j];
        order[j] = order[i - 1];
        order[i - 1] = other;
    }
}

/* A value of standard deviation `sigma`: the sum of twelve uniform ones is normal enough. */
static float normal(GRand *random, double sigma)
{
    double sum = -6;
    for (guint i = 0; i < 12; i++)
        sum += g_rand_double(random);
    return (float)(sigma * sum);
}

static float draw(guint kind, GRand *random)
{
    if (kinds[kind].form == NORMAL)
        return normal(random, 0.2);
    float value = fixture_float(random, kinds[kind].least, kinds[kind].most);
    return kinds[kind].form == ONE_SIGN ? fabsf(value) : value;
}

static void cancel(ScoreCase *c, GRand *random)
{
    for (guint i = 0; i + 1 < c->k; i += 2) {
        c->q[i + 1] = -c->q[i];
        c->d[i + 1] = g_rand_boolean(random) ? c->d[i] : nextafterf(c->d[i], 0);
    }
    for (guint i = c->k; i > 1; i--) {
        guint j = (guint)g_rand_int_range(random, 0, (gint32)i);
        float q = c->q[i - 1], d = c->d[i - 1];
        c->q[i - 1] = c->q[j], c->d[i - 1] = c->d[j];
        c->q[j] = q, c->d[j] = d;
    }
    c->shift = -c->bias * (1.0 + 0x1p-30);
}

void score_case_fill(ScoreCase *c, guint kind, gboolean cancelling, GRand *random)
{
    for (guint i = 0; i < c->k; i++) {
        gboolean again = kinds[kind].form == ALIKE && i > 0;
        c->q[i] = again ? c->q[0] : draw(kind, random);
        c->d[i] = again ? c->d[0] : draw(kind, random);
    }
    c->bias = draw(kind, random);
    c->shift = (double)draw(kind, random) * (1.0 + 0x1p-40);
    if (cancelling)
        cancel(c, random);
    score_case_sum(c);
}

void score_cases_for_each(ScoreCaseCheck check, guint rounds)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint kind = 0; kind < SCORE_CASE_KINDS; kind++) {
        for (guint l = 0; l < G_N_ELEMENTS(lengths); l++) {
            for (guint round = 0; round < rounds; round++) {
                g_auto(ScoreCase) c = {0};
                score_case_init(&c, lengths[l]);
                score_case_fill(&c, kind, round % 2 == 1, random);
                check(&c, kind, random);
            }
        }
    }
}
