/* The throw-away index of kernel_probe.h: its probes, its life, its answers. */
#pragma once

#include "es_client.h"

/* Probes of one length, and their field's name. */
typedef struct {
    guint k;
    char *field;
    float *query;   /* [k] */
    float *vectors; /* [KERNEL_PROBES][k], all with a positive product with the query */
} ProbeSet;

typedef struct {
    char *id, *name;
} KernelNode;

typedef struct {
    char *alias;
    char *name;       /* of the index */
    GArray *probes;   /* ProbeSet */
    GPtrArray *nodes; /* KernelNode * that have a copy, by name; filled by kernel_index_create() */
    gboolean tried;   /* it may be there */
} KernelIndex;

/* The probes in memory; `k` is a length besides the usual ones, or 0. */
KernelIndex *kernel_index_new(const char *alias, guint k);
void kernel_index_free(KernelIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelIndex, kernel_index_free)

/* Creates and fills it, waits for a copy on every node, and removes what older runs left behind. If
 * this fails the index may be there all the same: call kernel_index_remove(). */
gboolean kernel_index_create(EsClient *client, KernelIndex *index,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Also after a signal. TRUE if the index was never tried. */
gboolean kernel_index_remove(EsClient *client, KernelIndex *index, GError **error);

/* The dot products of a set's vectors as this node computes them, to answers [KERNEL_PROBES]. */
gboolean kernel_index_ask(EsClient *client, const KernelIndex *index, const ProbeSet *set,
                          const char *node, float *answers,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
