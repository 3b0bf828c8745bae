/* Finds out which dot product (kernel_models.h) each node of a cluster computes with.
 *
 * A throw-away index, ALIAS-probe-PID-…, with a copy on every node gets documents of random vectors
 * of several lengths; each node is asked for the dot products with one random query of each length,
 * as a ranking asks for them, until all answers are those of one kernel bit for bit. A node with
 * another kernel is unknown: nothing is guessed. The index is always removed; what a killed run
 * left behind is removed by a later one when it is older than an hour. */
#pragma once

#include "es_client.h"
#include "kernel_models.h"

#define KERNEL_PROBES 48 /* documents of each length */

/* What one node answers. */
typedef struct {
    char *id, *name;
    guint probes;          /* dot products compared in a round */
    guint rounds;          /* how often they were asked for */
    GPtrArray *matching;   /* const Kernel *: all answers of the last round are theirs */
    const Kernel *closest; /* of the last round; one of `matching` if there is one */
    guint closest_matches; /* how many answers are the closest one's */
    const Kernel *before;  /* had all answers of an earlier round, or NULL: the method was compiled
                              in between */
} NodeKernel;

typedef struct {
    GArray *lengths;  /* guint: dimensions that were probed */
    GPtrArray *nodes; /* NodeKernel *, by name */
} KernelFinding;

void kernel_finding_free(KernelFinding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelFinding, kernel_finding_free)

/* The node's kernel, or NULL: none matches, or several do. */
const Kernel *node_kernel(const NodeKernel *node);

/* TRUE if every node's kernel is known. */
gboolean kernel_finding_is_known(const KernelFinding *finding);

/* TRUE if not all nodes answered with the same kernels. */
gboolean kernel_finding_is_mixed(const KernelFinding *finding);

/* One line: the kernel's name, or what is known instead. */
char *kernel_finding_describe(const KernelFinding *finding);

/* Probes the usual lengths and `k`, the length of the vectors that matter; 0: no more. Errors:
 * ES_ERROR, transport, RECSYS_ERROR_INCONCLUSIVE (partial answers, no copy on some node),
 * RECSYS_ERROR_INTERRUPTED, RECSYS_ERROR_REFUSED. */
KernelFinding *kernel_probe(EsClient *client, const char *alias, guint k,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- comparing bit for bit ---- */

/* The _score that must be there if the kernels are known: TRUE if `score` is, bit for bit, what one
 * of the nodes' kernels makes of q [k] and d [k], compiled or not (kernel_interpreted()). */
gboolean kernel_finding_allows(const KernelFinding *finding, const float *q, const float *d,
                               guint k, double shift, double bias, float score);

/* ---- the arithmetic, with no cluster in sight ---- */

/* Counts, of `count` answers [count] to the probes q [k] and d [count][k], those that are a
 * kernel's. */
guint kernel_matches(const Kernel *kernel, const float *q, const float *d, guint k, guint count,
                     const float *answers);
