#include "kernels.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

#define U 0x1p-24     /* unit roundoff of float32 */
#define TINY 0x1p-149 /* the least float32: what a product may lose below the normal range */
#define MOST_FIELDS 8
#define MOST_IDLE 50
#define WIDEST 4112 /* floats in a row of 4096 factors and a bias */

/* ---- guarded arrays ----
 *
 * Each array ends at a page that may not be touched and begins after canaries; once sealed it may
 * be read only. */

#define CANARY 0xa5

typedef struct {
    guint8 *map;
    gsize mapped, lead; /* bytes, and how many of them are before the array */
    gboolean sealed;
} Guarded;

static void guarded_clear(gpointer data)
{
    Guarded *g = data;
    gsize wrong = 0;
    for (gsize i = 0; i < g->lead; i++)
        wrong += g->map[i] != CANARY;
    CU_ASSERT_EQUAL(wrong, 0);
    munmap(g->map, g->mapped);
}

static GArray *arena_new(void)
{
    GArray *arena = g_array_new(FALSE, FALSE, sizeof(Guarded));
    g_array_set_clear_func(arena, guarded_clear);
    return arena;
}

static gpointer get_bytes(GArray *arena, gsize size)
{
    const gsize page = (gsize)sysconf(_SC_PAGESIZE);
    const gsize usable = (size + page - 1) / page * page + page;
    Guarded g = {.mapped = usable + page, .lead = usable - size};
    g.map = mmap(NULL, g.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g.map == MAP_FAILED || mprotect(g.map + usable, page, PROT_NONE) != 0)
        g_error("no memory for a guarded array");
    memset(g.map, CANARY, g.lead);
    g_array_append_val(arena, g);
    return g.map + g.lead;
}

/* From now on what the arena has may be read only. */
static void seal(GArray *arena)
{
    const gsize page = (gsize)sysconf(_SC_PAGESIZE);
    for (guint i = 0; i < arena->len; i++) {
        Guarded *g = &g_array_index(arena, Guarded, i);
        if (!g->sealed && mprotect(g->map, g->mapped - page, PROT_READ) != 0)
            g_error("mprotect");
        g->sealed = TRUE;
    }
}

/* ---- values ---- */

typedef enum { ORDINARY, WIDE, SUBNORMAL, SPARSE, HUGE_ONES, KINDS } Kind;

static float value_of(GRand *random, Kind kind)
{
    switch (kind) {
    case WIDE:
        return fixture_float(random, -126, 60);
    case SUBNORMAL:
        return ldexpf((float)fixture_uniform(random, 1), -g_rand_int_range(random, 126, 149));
    case SPARSE:
        if (g_rand_boolean(random))
            return g_rand_boolean(random) ? 0.0f : -0.0f;
        return (float)fixture_uniform(random, 1);
    case HUGE_ONES: /* sums and squares overflow */
        return fixture_float(random, 60, 127);
    default:
        return (float)fixture_uniform(random, 1);
    }
}

static float *get_floats(GArray *arena, gsize count, GRand *random, Kind kind)
{
    float *floats = get_bytes(arena, count * sizeof *floats);
    for (gsize i = 0; i < count; i++)
        floats[i] = value_of(random, kind);
    return floats;
}

/* The same bits, but for what kind of NaN it is. */
static gboolean same(const float *a, const float *b, gsize count)
{
    for (gsize i = 0; i < count; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
            return FALSE;
    return TRUE;
}

/* ---- what the three kernels are given ---- */

typedef struct {
    gsize stride, k;
    float *mask;
    guint fields;
    const float *rows[MOST_FIELDS];
    guint batch, count; /* examples in the batch, and those of the row */
    guint32 *examples;
    float *sums, *slopes;
    float *parameters, *first, *second, *gradient;
    guint idle;
    KernelStep *steps; /* [idle + 1] */
    KernelAdam adam;
} Case;

static void fill_steps(Case *c, GArray *arena, GRand *random)
{
    c->idle = (guint)g_rand_int_range(random, 0, MOST_IDLE + 1);
    c->steps = get_bytes(arena, (c->idle + 1) * sizeof *c->steps);
    for (guint t = 0; t <= c->idle; t++) {
        c->steps[t].step_size = (float)g_rand_double_range(random, 1e-4, 1e-2);
        c->steps[t].inverse_correction = (float)g_rand_double_range(random, 1, 30);
    }
    c->adam = (KernelAdam){
        .weight_decay = g_rand_boolean(random) ? 0 : 1e-3f,
        .beta2 = 0.999f,
        .one_minus_beta1 = 0.1f,
        .one_minus_beta2 = 0.001f,
        .eps = 1e-8f,
    };
}

static void fill(Case *c, GArray *arena, GRand *random, gsize stride, guint count, Kind kind)
{
    c->stride = stride;
    c->k = stride - 1 - (gsize)g_rand_int_range(random, 0, KERNEL_LANES - 1);
    c->mask = get_bytes(arena, stride * sizeof *c->mask);
    for (gsize f = 0; f < stride; f++)
        c->mask[f] = f < c->k ? 1 : 0;
    c->fields = (guint)g_rand_int_range(random, 1, MOST_FIELDS + 1);
    for (guint i = 0; i < c->fields; i++) {
        gboolean repeated = i > 0 && g_rand_int_range(random, 0, 10) == 0;
        c->rows[i] = repeated ? c->rows[0] : get_floats(arena, stride, random, kind);
    }
    c->batch = (guint)g_rand_int_range(random, 1, 40);
    c->count = count;
    c->examples = get_bytes(arena, count * sizeof *c->examples);
    for (guint e = 0; e < count; e++)
        c->examples[e] = (guint32)g_rand_int_range(random, 0, (gint32)c->batch);
    c->sums = get_floats(arena, c->batch * stride, random, kind);
    c->slopes = get_floats(arena, c->batch, random, kind);
    c->parameters = get_floats(arena, stride, random, kind);
    c->gradient = get_floats(arena, stride, random, kind);
    c->first = get_floats(arena, stride, random, kind);
    c->second = get_floats(arena, stride, random, kind);
    for (gsize f = 0; f < stride; f++)
        c->second[f] = fabsf(c->second[f]);
    fill_steps(c, arena, random);
    seal(arena);
}

typedef struct {
    float pairs;
    float *sum, *gradient;
    float *parameters, *first, *second;
} Result;

static float *copy(GArray *arena, const float *from, gsize count)
{
    float *to = get_bytes(arena, count * sizeof *to);
    memcpy(to, from, count * sizeof *to);
    return to;
}

static Result apply(const Kernels *kernels, const Case *c, GArray *arena, gboolean with_gradient)
{
    Result r = {
        .sum = get_bytes(arena, c->stride * sizeof(float)),
        .gradient = get_bytes(arena, c->stride * sizeof(float)),
        .parameters = copy(arena, c->parameters, c->stride),
        .first = copy(arena, c->first, c->stride),
        .second = copy(arena, c->second, c->stride),
    };
    r.pairs = kernels->forward(r.sum, c->rows, c->fields, c->mask, c->stride);
    kernels->gradient(r.gradient, c->sums, c->slopes, c->examples, c->count, c->parameters, c->mask,
                      c->stride);
    kernels->adam(r.parameters, r.first, r.second, &c->adam, c->steps, c->idle,
                  with_gradient ? c->gradient : NULL, with_gradient ? &c->steps[c->idle] : NULL,
                  c->stride);
    return r;
}

/* ---- every variant gives the bits of the plain one ---- */

static void compare_variants(gsize stride, guint count, Kind kind, GRand *random)
{
    g_autoptr(GArray) arena = arena_new();
    Case c = {0};
    fill(&c, arena, random, stride, count, kind);
    const Kernels *const *variants = kernels_available();
    for (guint with_gradient = 0; with_gradient < 2; with_gradient++) {
        Result plain = apply(variants[0], &c, arena, with_gradient);
        for (guint v = 1; variants[v] != NULL; v++) {
            Result other = apply(variants[v], &c, arena, with_gradient);
            gboolean right =
                same(&plain.pairs, &other.pairs, 1) && same(plain.sum, other.sum, stride) &&
                same(plain.gradient, other.gradient, stride) &&
                same(plain.parameters, other.parameters, stride) &&
                same(plain.first, other.first, stride) && same(plain.second, other.second, stride);
            CU_ASSERT(right);
            if (!right)
                printf("# %s differs: stride %zu, %u fields, %u examples, %u idle steps, kind %d\n",
                       variants[v]->name, stride, c.fields, count, c.idle, (int)kind);
        }
    }
}

static gsize random_stride(GRand *random)
{
    const gint32 lanes = g_rand_int_range(random, 0, 4) > 0 ? 20 : WIDEST / KERNEL_LANES;
    return (gsize)g_rand_int_range(random, 1, lanes + 1) * KERNEL_LANES;
}

static void test_same_bits(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (Kind kind = 0; kind < KINDS; kind++) {
        compare_variants(WIDEST, 3, kind, random);
        compare_variants(KERNEL_LANES, 2000, kind, random);
        compare_variants(128, 0, kind, random);
        for (guint i = 0; i < 60; i++)
            compare_variants(random_stride(random), (guint)g_rand_int_range(random, 0, 60), kind,
                             random);
    }
}

/* ---- the plain one is right ---- */

/* Sum of F numbers: F − 1 roundings. Pairs by lemma 3.1, ½ Σ [(Σ v)² − Σ v²]: (Σ v)² has twice the
 * sum's and one of its own, Σ v² one a square and one an addition, the difference one; then
 * stride / 16 additions in a lane and 4 across the lanes. */
static void check_forward(const Case *c, const Result *r)
{
    double pairs = 0, terms = 0;
    guint wrong = 0;
    for (gsize f = 0; f < c->stride; f++) {
        double sum = 0, absolute = 0, squares = 0;
        for (guint i = 0; i < c->fields; i++) {
            const double v = c->rows[i][f];
            for (guint j = 0; j < i; j++)
                pairs += c->mask[f] * v * c->rows[j][f];
            sum += v;
            absolute += fabs(v);
            squares += v * v;
        }
        wrong += !(fabs(r->sum[f] - sum) <= c->fields * U * absolute);
        terms += c->mask[f] * 0.5 * (absolute * absolute + squares);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    const double roundings = 2.0 * c->fields + 3 + (double)c->stride / KERNEL_LANES + 4;
    CU_ASSERT(fabs(r->pairs - pairs) <= 1.01 * roundings * U * terms + (double)c->stride * TINY);
}

/* Each of the two sums has a rounding a product and one an addition; mask · parameter is exact. */
static void check_gradient(const Case *c, const Result *r)
{
    guint wrong = 0;
    for (gsize f = 0; f < c->stride; f++) {
        double gradient = 0, terms = 0;
        for (guint e = 0; e < c->count; e++) {
            const guint b = c->examples[e];
            const double slope = c->slopes[b], sum = c->sums[b * c->stride + f];
            const double own = c->mask[f] * c->parameters[f];
            gradient += slope * (sum - own);
            terms += fabs(slope) * (fabs(sum) + fabs(own));
        }
        const double bound = 1.01 * (c->count + 2) * U * terms + (c->count + 1) * TINY;
        wrong += !(fabs(r->gradient[f] - gradient) <= bound);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* A parameter in double and how far float32 may be from it, carried along to first order, with
 * `slack` for the rest (as in test_adam.c; the constants are float32 here, so they are exact). */
typedef struct {
    double p, m, v;
    double p_error, m_error, v_error;
} Tracked;

static void track(Tracked *x, const KernelAdam *a, const KernelStep *step, double gradient)
{
    const double slack = 1 + 1e-5;
    const double decay = a->weight_decay * x->p;
    const double g = gradient + decay;
    const double g_error = a->weight_decay * x->p_error + U * (fabs(decay) + fabs(g));

    const double move = a->one_minus_beta1 * (g - x->m);
    x->m += move;
    x->m_error =
        (x->m_error + a->one_minus_beta1 * g_error + U * (2 * fabs(move) + fabs(x->m))) * slack;

    const double kept = a->beta2 * x->v, fresh = a->one_minus_beta2 * g * g;
    x->v = kept + fresh;
    x->v_error = (x->v_error + 2 * a->one_minus_beta2 * fabs(g) * g_error +
                  U * (kept + 2 * fresh + x->v) + TINY) *
                 slack;

    const double root = sqrt(x->v) * step->inverse_correction, below = root + a->eps;
    const double root_error = root * (x->v_error / (2 * x->v) + 2 * U) + U * below;
    const double change = step->step_size * x->m / below;
    x->p -= change;
    x->p_error = (x->p_error + step->step_size * x->m_error / below +
                  fabs(change) * (root_error / below + 2 * U) + U * fabs(x->p)) *
                 slack;
}

static void check_adam(const Case *c, const Result *r, gboolean with_gradient)
{
    guint wrong = 0;
    for (gsize f = 0; f < c->stride; f++) {
        Tracked x = {.p = c->parameters[f], .m = c->first[f], .v = c->second[f]};
        for (guint t = 0; t < c->idle; t++)
            track(&x, &c->adam, &c->steps[t], 0);
        if (with_gradient)
            track(&x, &c->adam, &c->steps[c->idle], c->gradient[f]);
        wrong += !(fabs(r->parameters[f] - x.p) <= x.p_error) ||
                 !(fabs(r->first[f] - x.m) <= x.m_error) ||
                 !(fabs(r->second[f] - x.v) <= x.v_error);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_plain_is_right(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const Kernels *plain = kernels_available()[0];
    for (guint i = 0; i < 60; i++) {
        g_autoptr(GArray) arena = arena_new();
        Case c = {0};
        const guint count = (guint)g_rand_int_range(random, 0, i % 10 == 0 ? 2001 : 60);
        fill(&c, arena, random, random_stride(random), count, ORDINARY);
        for (guint with_gradient = 0; with_gradient < 2; with_gradient++) {
            Result r = apply(plain, &c, arena, with_gradient);
            check_forward(&c, &r);
            check_gradient(&c, &r);
            check_adam(&c, &r, with_gradient);
        }
    }
}

/* Several idle steps at once are as many single ones, and those are steps with a gradient of 0. */
static void test_idle_steps(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (const Kernels *const *kernels = kernels_available(); *kernels != NULL; kernels++) {
        g_autoptr(GArray) arena = arena_new();
        Case c = {0};
        fill(&c, arena, random, 144, 1, ORDINARY);
        Result at_once = apply(*kernels, &c, arena, FALSE);
        float *p = copy(arena, c.parameters, c.stride), *m = copy(arena, c.first, c.stride);
        float *v = copy(arena, c.second, c.stride), *zero = get_bytes(arena, c.stride * sizeof *p);
        memset(zero, 0, c.stride * sizeof *zero);
        for (guint t = 0; t < c.idle; t++)
            (*kernels)->adam(p, m, v, &c.adam, t % 2 == 0 ? &c.steps[t] : NULL, t % 2 == 0,
                             t % 2 == 0 ? NULL : zero, &c.steps[t], c.stride);
        CU_ASSERT(same(p, at_once.parameters, c.stride));
        CU_ASSERT(same(m, at_once.first, c.stride));
        CU_ASSERT(same(v, at_once.second, c.stride));
    }
}

/* ---- choosing ---- */

static const Kernels *choose(const char *name, GError **error)
{
    g_autofree char *before = g_strdup(g_getenv("RECSYS_KERNELS"));
    if (name != NULL)
        g_setenv("RECSYS_KERNELS", name, TRUE);
    else
        g_unsetenv("RECSYS_KERNELS");
    const Kernels *chosen = kernels_choose(error);
    if (before != NULL)
        g_setenv("RECSYS_KERNELS", before, TRUE);
    else
        g_unsetenv("RECSYS_KERNELS");
    return chosen;
}

static void test_choosing(void)
{
    const Kernels *const *variants = kernels_available(), *last = NULL;
    CU_ASSERT_STRING_EQUAL(variants[0]->name, "plain");
    for (guint v = 0; variants[v] != NULL; v++) {
        g_autoptr(GError) error = NULL;
        last = variants[v];
        printf("# this machine has %s\n", last->name);
        CU_ASSERT_PTR_EQUAL(choose(last->name, &error), last);
        CU_ASSERT_PTR_NULL(error);
    }
    CU_ASSERT_PTR_EQUAL(choose(NULL, NULL), last);
    CU_ASSERT_PTR_EQUAL(choose("", NULL), last);
}

static void test_unknown_names(void)
{
    const char *const names[] = {"sse9", "Plain", "plain ", "pla", "plainer", " "};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        for (const Kernels *const *kernels = kernels_available(); *kernels != NULL; kernels++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *listed = g_strconcat(" ", (*kernels)->name, NULL);
            CU_ASSERT_PTR_NULL(choose(names[i], &error));
            CU_ASSERT(error != NULL && strstr(error->message, names[i]) != NULL);
            TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, listed);
        }
    }
}

static const UnitTest tests[] = {
    {"every variant gives the same bits", test_same_bits},
    {"plain is right", test_plain_is_right},
    {"idle steps", test_idle_steps},
    {"choosing", test_choosing},
    {"unknown names", test_unknown_names},
    {NULL, NULL},
};

TAP_MAIN("kernels", tests)
