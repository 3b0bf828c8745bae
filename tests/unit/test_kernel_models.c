#include "kernel_models.h"

#include <math.h>
#include <string.h>

#include "exact_score.h"
#include "kernel_index.h"
#include "kernel_probe.h"
#include "rng.h"
#include "tap.h"
#include "throwaway.h"

#define MOST_K 260

static void draw(float *values, guint k, GRand *random)
{
    for (guint i = 0; i < k; i++)
        values[i] = (float)rng_normal(random);
}

/* Every candidate is a way of summing: within the bound that holds for all of them. */
static void test_all_sum(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    float q[MOST_K], d[MOST_K];
    for (guint k = 1; k <= MOST_K; k++) {
        draw(q, k, random);
        draw(d, k, random);
        const ExactScore exact = exact_score(q, d, k, 0, 0);
        for (guint m = 0; m < kernel_models_count; m++) {
            double error = fabs((double)kernel_dot(&kernel_models[m], q, d, k) - exact.score);
            CU_ASSERT(error <= exact.bound);
        }
    }
}

/* Written out by hand: with lanes of 4, k = 12 is three vectors for the first sum, whose lanes are
 * then those named. 2^24 + 1 is rounded to 2^24, and 1 - 2^24 is exact. */
static void test_orders(void)
{
    const float big = 0x1p24f;
    const float q[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const float first[12] = {big, 0, 0, 0, 0, 1, 0, 0, 0, 0, -big, 1}; /* big, 1, -big, 1 */
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-128-in-order"), q, first, 12), 1);
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-128-folded"), q, first, 12), 2);
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-128-in-pairs"), q, first, 12), 1);
    /* Not above 2 · 8 lanes: one value after the other. */
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-256-folded"), q, first, 12), 1);
    const float second[12] = {big, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, -big}; /* big, 1, 1, -big */
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-128-in-order"), q, second, 12), 0);
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-128-in-pairs"), q, second, 12), 1);
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("simdvec-sve-128"), q, second, 11), big);
}

static void test_fma(void)
{
    /* (1 + 2^-12)² = 1 + 2^-11 + 2^-24: the last bit survives only if it is not rounded first. */
    const float once = 0x1p-11f, whole = 0x1p-11f + 0x1p-24f;
    const float q[2] = {1, 1 + 0x1p-12f}, d[2] = {-1, 1 + 0x1p-12f};
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-scalar"), q, d, 2), once);
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-scalar-fma"), q, d, 2), whole);
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("simdvec-avx2"), q, d, 2), once);
    /* The same in one lane of 16. */
    const float long_q[48] = {[0] = 1, [16] = 1 + 0x1p-12f};
    const float long_d[48] = {[0] = -1, [16] = 1 + 0x1p-12f};
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-512-folded"), long_q, long_d, 48), once);
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-512-vector-fma-folded"), long_q, long_d, 48),
                    whole);
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("simdvec-avx512"), long_q, long_d, 48), whole);
}

/* The scalar code of more than 32 dimensions: four sums in turn, added one by one. */
static void check_scalar(GRand *random)
{
    float q[35], d[35], sum[4] = {0};
    draw(q, 35, random);
    draw(d, 35, random);
    for (guint i = 0; i < 32; i++)
        sum[i % 4] += q[i] * d[i];
    float result = sum[0] + sum[1] + sum[2] + sum[3];
    for (guint i = 32; i < 35; i++)
        result += q[i] * d[i];
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-scalar"), q, d, 35), result);
    float in_turn = 0;
    for (guint i = 0; i < 32; i++)
        in_turn += q[i] * d[i];
    CU_ASSERT_EQUAL(kernel_dot(kernel_by_name("lucene-scalar"), q, d, 32), in_turn);
}

static void test_scalar(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint i = 0; i < 100; i++)
        check_scalar(random);
}

static void test_score(void)
{
    const float q[1] = {3}, d[1] = {0x1p-30f};
    const Kernel *kernel = kernel_by_name("lucene-scalar");
    CU_ASSERT_EQUAL(kernel_score(kernel, q, d, 1, 1, 0x1p-23), 1 + 0x1p-23f);
    CU_ASSERT_EQUAL(kernel_score(kernel, q, d, 1, -1, 1), 3 * 0x1p-30f);
    CU_ASSERT_PTR_NULL(kernel_by_name("none"));
}

static void test_interpreted(void)
{
    CU_ASSERT_PTR_EQUAL(kernel_interpreted(kernel_by_name("lucene-512-fma-folded")),
                        kernel_by_name("lucene-512-fma-in-order"));
    CU_ASSERT_PTR_EQUAL(kernel_interpreted(kernel_by_name("lucene-128-vector-fma-in-pairs")),
                        kernel_by_name("lucene-128-vector-fma-in-order"));
    CU_ASSERT_PTR_NULL(kernel_interpreted(kernel_by_name("lucene-512-fma-in-order")));
    CU_ASSERT_PTR_NULL(kernel_interpreted(kernel_by_name("lucene-scalar")));
    CU_ASSERT_PTR_NULL(kernel_interpreted(kernel_by_name("simdvec-avx2")));
}

/* The answers [probes] of one kernel to the probes that every cluster is asked. */
static guint matches_of(const KernelIndex *index, const Kernel *asked, const Kernel *other)
{
    float answers[KERNEL_PROBES];
    guint matches = 0;
    for (guint i = 0; i < index->probes->len; i++) {
        const ProbeSet *set = &g_array_index(index->probes, ProbeSet, i);
        for (guint p = 0; p < KERNEL_PROBES; p++) {
            answers[p] = kernel_dot(asked, set->query, set->vectors + (gsize)p * set->k, set->k);
            CU_ASSERT(answers[p] >= 0);
        }
        matches += kernel_matches(other, set->query, set->vectors, set->k, KERNEL_PROBES, answers);
    }
    return matches;
}

/* Every two candidates differ on several probes, so that one answer by chance decides nothing. */
static void test_probes_tell_them_apart(void)
{
    g_autoptr(KernelIndex) index = kernel_index_new("recsys", 0);
    const guint all = KERNEL_PROBES * index->probes->len;
    guint most = 0;
    for (guint a = 0; a < kernel_models_count; a++)
        for (guint b = 0; b < kernel_models_count; b++) {
            guint matches = matches_of(index, &kernel_models[a], &kernel_models[b]);
            if (a == b) {
                CU_ASSERT_EQUAL(matches, all);
                continue;
            }
            most = MAX(most, matches);
            if (matches + 10 > all)
                printf("# %s and %s: %u of %u are equal\n", kernel_models[a].name,
                       kernel_models[b].name, matches, all);
            CU_ASSERT(matches + 10 <= all);
        }
    printf("# at most %u of %u probes are equal\n", most, all);
}

static void test_lengths(void)
{
    g_autoptr(KernelIndex) index = kernel_index_new("recsys", 77);
    CU_ASSERT(throwaway_is_name("recsys", "probe", index->name));
    CU_ASSERT(g_array_index(index->probes, ProbeSet, index->probes->len - 1).k == 77);
    g_autoptr(KernelIndex) usual = kernel_index_new("recsys", 120), none = kernel_index_new("r", 0);
    CU_ASSERT_EQUAL(usual->probes->len, none->probes->len);
}

/* ---- what a finding says ---- */

static NodeKernel *add_node(KernelFinding *finding, const char *name, const char *kernel)
{
    NodeKernel *node = g_new0(NodeKernel, 1);
    node->name = g_strdup(name);
    node->matching = g_ptr_array_new();
    node->probes = 10;
    node->closest = kernel_by_name("lucene-scalar");
    node->closest_matches = kernel != NULL ? 10 : 3;
    if (kernel != NULL)
        g_ptr_array_add(node->matching, (gpointer)kernel_by_name(kernel));
    g_ptr_array_add(finding->nodes, node);
    return node;
}

static void node_free(gpointer data)
{
    NodeKernel *node = data;
    g_free(node->name);
    g_ptr_array_unref(node->matching);
    g_free(node);
}

static KernelFinding *new_finding(void)
{
    KernelFinding *finding = g_new0(KernelFinding, 1);
    finding->lengths = g_array_new(FALSE, FALSE, sizeof(guint));
    finding->nodes = g_ptr_array_new_with_free_func(node_free);
    return finding;
}

static void check_description(const KernelFinding *finding, const char *expected)
{
    g_autofree char *text = kernel_finding_describe(finding);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void test_finding(void)
{
    g_autoptr(KernelFinding) finding = new_finding();
    CU_ASSERT_FALSE(kernel_finding_is_known(finding));
    add_node(finding, "a", "lucene-scalar");
    add_node(finding, "b", "lucene-scalar");
    CU_ASSERT(kernel_finding_is_known(finding));
    CU_ASSERT_FALSE(kernel_finding_is_mixed(finding));
    check_description(finding, "lucene-scalar");
    add_node(finding, "c", "simdvec-avx2");
    CU_ASSERT(kernel_finding_is_known(finding));
    CU_ASSERT(kernel_finding_is_mixed(finding));
    check_description(finding, "node a: lucene-scalar, node b: lucene-scalar, "
                               "node c: simdvec-avx2");
}

/* None matches, or two: neither is a kernel that scores could be compared with. */
static void test_unknown(void)
{
    const float q[2] = {1, 2}, d[2] = {3, 4};
    g_autoptr(KernelFinding) none = new_finding(), two = new_finding();
    add_node(none, "a", NULL);
    CU_ASSERT_FALSE(kernel_finding_is_known(none));
    check_description(none, "unknown (lucene-scalar has 3 of 10 answers)");
    CU_ASSERT_FALSE(kernel_finding_allows(none, q, d, 2, 0, 0, 11));
    g_ptr_array_add(add_node(two, "a", "lucene-scalar")->matching,
                    (gpointer)kernel_by_name("simdvec-avx2"));
    CU_ASSERT_FALSE(kernel_finding_is_known(two));
    check_description(two, "lucene-scalar or simdvec-avx2");
    CU_ASSERT_FALSE(kernel_finding_allows(two, q, d, 2, 0, 0, 11));
}

static void test_allows(void)
{
    float q[120], d[120], compiled, interpreted;
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const Kernel *folded = kernel_by_name("lucene-512-fma-folded");
    do {
        draw(q, 120, random);
        draw(d, 120, random);
        compiled = kernel_score(folded, q, d, 120, 1, 0.5);
        interpreted = kernel_score(kernel_interpreted(folded), q, d, 120, 1, 0.5);
    } while (compiled == interpreted);
    g_autoptr(KernelFinding) finding = new_finding();
    add_node(finding, "a", "simdvec-avx2");
    add_node(finding, "b", folded->name);
    CU_ASSERT(kernel_finding_allows(finding, q, d, 120, 1, 0.5, compiled));
    CU_ASSERT(kernel_finding_allows(finding, q, d, 120, 1, 0.5, interpreted));
    CU_ASSERT_FALSE(kernel_finding_allows(finding, q, d, 120, 1, 0.5, compiled + 0x1p-12f));
    CU_ASSERT_FALSE(kernel_finding_allows(finding, q, d, 120, 1, 0.75, compiled));
}

static const UnitTest tests[] = {
    {"all candidates sum", test_all_sum},
    {"orders of lanes", test_orders},
    {"fma", test_fma},
    {"scalar", test_scalar},
    {"score", test_score},
    {"interpreted", test_interpreted},
    {"probes tell all candidates apart", test_probes_tell_them_apart},
    {"lengths that are probed", test_lengths},
    {"known kernels", test_finding},
    {"unknown kernels", test_unknown},
    {"scores bit for bit", test_allows},
    {NULL, NULL},
};

TAP_MAIN("kernel_models", tests)
