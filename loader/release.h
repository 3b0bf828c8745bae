/* Makes a bundle the live release: a new index, filled and checked, then one atomic swap of the
 * alias.
 *
 * Until the swap nothing that readers see has changed. If anything fails before it, or a signal
 * arrives, the new index is deleted again. */
#pragma once

#include "bulk.h"
#include "bundle.h"
#include "es_client.h"
#include "release_meta.h"

typedef struct {
    const char *alias;
    const char *replace_index; /* nullable: a concrete index of the alias's name may be deleted, if
                                  this is that name */
    DocIds doc_ids;
    guint shards;            /* 0: as the index definition has it */
    const char *replicas;    /* a number; NULL: one if there is a second node */
    const BulkOptions *bulk; /* NULL: the default */
} ReleaseOptions;

typedef struct {
    char *index;    /* the new one */
    char *previous; /* what the alias stood for before, names separated by commas, or NULL */
    guint documents;
    double seconds;
    BulkReport bulk;
    double bulk_seconds;
} ReleaseResult;

void release_result_clear(ReleaseResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReleaseResult, release_result_clear)

/* Errors: RECSYS_ERROR_REFUSED (an index of the alias's name, or indices of somebody else behind
 * the alias, are in the way; refused documents), RECSYS_ERROR_LOCKED (another job at the same
 * moment), RECSYS_ERROR_GATE (the counts differ), RECSYS_ERROR_INTERRUPTED, ES_ERROR, transport. */
gboolean release_bundle(ReleaseResult *result, EsClient *client, const Bundle *bundle,
                        const ReleaseOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
