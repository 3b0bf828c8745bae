#include "kernel_probe.h"

#include <string.h>

#include "interrupt.h"
#include "kernel_index.h"
#include "recsys_error.h"

/* A JVM compiles a method well within so many calls: 48 probes × 8 lengths × 60 rounds. */
#define MOST_ROUNDS 60
/* A kernel that has all answers must have them this often in a row: a method can be about to be
 * compiled. An interpreted one must keep them for all rounds. */
#define STEADY_ROUNDS 5

static void node_free(gpointer data)
{
    NodeKernel *node = data;
    g_free(node->id);
    g_free(node->name);
    g_ptr_array_unref(node->matching);
    g_free(node);
}

void kernel_finding_free(KernelFinding *finding)
{
    if (finding == NULL)
        return;
    g_array_unref(finding->lengths);
    g_ptr_array_unref(finding->nodes);
    g_free(finding);
}

/* ---- what it says ---- */

const Kernel *node_kernel(const NodeKernel *node)
{
    return node->matching->len == 1 ? g_ptr_array_index(node->matching, 0) : NULL;
}

gboolean kernel_finding_is_known(const KernelFinding *finding)
{
    for (guint i = 0; i < finding->nodes->len; i++)
        if (node_kernel(g_ptr_array_index(finding->nodes, i)) == NULL)
            return FALSE;
    return finding->nodes->len > 0;
}

static gboolean same_kernels(const NodeKernel *a, const NodeKernel *b)
{
    if (a->matching->len != b->matching->len)
        return FALSE;
    for (guint i = 0; i < a->matching->len; i++)
        if (g_ptr_array_index(a->matching, i) != g_ptr_array_index(b->matching, i))
            return FALSE;
    return TRUE;
}

gboolean kernel_finding_is_mixed(const KernelFinding *finding)
{
    for (guint i = 1; i < finding->nodes->len; i++)
        if (!same_kernels(g_ptr_array_index(finding->nodes, 0),
                          g_ptr_array_index(finding->nodes, i)))
            return TRUE;
    return FALSE;
}

static void describe_node(GString *text, const NodeKernel *node)
{
    if (node->matching->len == 0) {
        g_string_append_printf(text, "unknown (%s has %u of %u answers)", node->closest->name,
                               node->closest_matches, node->probes);
        return;
    }
    for (guint i = 0; i < node->matching->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " or " : "",
                               ((const Kernel *)g_ptr_array_index(node->matching, i))->name);
}

char *kernel_finding_describe(const KernelFinding *finding)
{
    GString *text = g_string_new(NULL);
    guint shown = kernel_finding_is_mixed(finding) ? finding->nodes->len : 1;
    for (guint i = 0; i < MIN(shown, finding->nodes->len); i++) {
        const NodeKernel *node = g_ptr_array_index(finding->nodes, i);
        if (i > 0)
            g_string_append(text, ", ");
        if (shown > 1)
            g_string_append_printf(text, "node %s: ", node->name);
        describe_node(text, node);
    }
    return g_string_free(text, FALSE);
}

static gboolean allows(const Kernel *kernel, const float *q, const float *d, guint k, double shift,
                       double bias, float score)
{
    return kernel != NULL && kernel_score(kernel, q, d, k, shift, bias) == score;
}

gboolean kernel_finding_allows(const KernelFinding *finding, const float *q, const float *d,
                               guint k, double shift, double bias, float score)
{
    for (guint i = 0; i < finding->nodes->len; i++) {
        const Kernel *kernel = node_kernel(g_ptr_array_index(finding->nodes, i));
        if (kernel != NULL && (allows(kernel, q, d, k, shift, bias, score) ||
                               allows(kernel_interpreted(kernel), q, d, k, shift, bias, score)))
            return TRUE;
    }
    return FALSE;
}

guint kernel_matches(const Kernel *kernel, const float *q, const float *d, guint k, guint count,
                     const float *answers)
{
    guint matches = 0;
    for (guint i = 0; i < count; i++)
        matches += kernel_dot(kernel, q, d + (gsize)i * k, k) == answers[i];
    return matches;
}

/* ---- one node ---- */

/* matches [kernel_models_count] of one round. */
static gboolean ask_round(EsClient *client, const KernelIndex *index, const NodeKernel *node,
                          guint *matches, GError **error)
{
    float answers[KERNEL_PROBES];
    memset(matches, 0, kernel_models_count * sizeof *matches);
    for (guint i = 0; i < index->probes->len; i++) {
        const ProbeSet *set = &g_array_index(index->probes, ProbeSet, i);
        if (!kernel_index_ask(client, index, set, node->id, answers, error))
            return FALSE;
        for (guint m = 0; m < kernel_models_count; m++)
            matches[m] += kernel_matches(&kernel_models[m], set->query, set->vectors, set->k,
                                         KERNEL_PROBES, answers);
    }
    return TRUE;
}

static void judge_round(NodeKernel *node, const guint *matches)
{
    g_ptr_array_set_size(node->matching, 0);
    node->closest_matches = 0;
    for (guint m = 0; m < kernel_models_count; m++) {
        if (matches[m] == node->probes)
            g_ptr_array_add(node->matching, (gpointer)&kernel_models[m]);
        if (matches[m] >= node->closest_matches) {
            node->closest_matches = matches[m];
            node->closest = &kernel_models[m];
        }
    }
}

/* An order that compiling can change. */
static gboolean may_change(const Kernel *kernel)
{
    return kernel->rest == REST_VECTORS && kernel->order == LANES_IN_ORDER;
}

static gboolean ask_node(EsClient *client, const KernelIndex *index, NodeKernel *node,
                         GError **error)
{
    g_autofree guint *matches = g_new(guint, kernel_models_count);
    const Kernel *last = NULL;
    guint steady = 0;
    node->probes = KERNEL_PROBES * index->probes->len;
    for (node->rounds = 0; node->rounds < MOST_ROUNDS; node->rounds++) {
        if (steady >= STEADY_ROUNDS && last != NULL && !may_change(last))
            return TRUE;
        if (interrupt_requested(error) || !ask_round(client, index, node, matches, error))
            return FALSE;
        judge_round(node, matches);
        const Kernel *now = node_kernel(node);
        if (now != NULL && last != NULL && now != last)
            node->before = last;
        steady = now == last ? steady + 1 : 1;
        last = now != NULL ? now : last;
    }
    return TRUE;
}

/* ---- all of them ---- */

static gboolean ask_nodes(EsClient *client, const KernelIndex *index, KernelFinding *finding,
                          GError **error)
{
    for (guint i = 0; i < index->nodes->len; i++) {
        const KernelNode *found = g_ptr_array_index(index->nodes, i);
        NodeKernel *node = g_new0(NodeKernel, 1);
        node->id = g_strdup(found->id);
        node->name = g_strdup(found->name);
        node->matching = g_ptr_array_new();
        g_ptr_array_add(finding->nodes, node);
        if (!ask_node(client, index, node, error))
            return FALSE;
    }
    return TRUE;
}

KernelFinding *kernel_probe(EsClient *client, const char *alias, guint k, GError **error)
{
    g_autoptr(KernelIndex) index = kernel_index_new(alias, k);
    g_autoptr(KernelFinding) finding = g_new0(KernelFinding, 1);
    finding->lengths = g_array_new(FALSE, FALSE, sizeof(guint));
    finding->nodes = g_ptr_array_new_with_free_func(node_free);
    for (guint i = 0; i < index->probes->len; i++)
        g_array_append_val(finding->lengths, g_array_index(index->probes, ProbeSet, i).k);
    gboolean done =
        kernel_index_create(client, index, error) && ask_nodes(client, index, finding, error);
    if (!kernel_index_remove(client, index, done ? error : NULL))
        done = FALSE;
    return done ? g_steal_pointer(&finding) : NULL;
}
