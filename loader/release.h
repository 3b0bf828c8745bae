/* Makes a bundle the live release: lock, a new index, filled, checked by the gates, then one atomic
 * swap of the alias, and old releases pruned.
 *
 * Until the swap nothing that readers see has changed. If anything fails before it, or a signal
 * arrives, the new index is deleted again; only one that failed a gate is kept aside. What a killed
 * job left behind is deleted by the next one, which has its lock. */
#pragma once

#include "bundle.h"
#include "catalogue.h"
#include "es_client.h"
#include "gates.h"
#include "load.h"
#include "lock.h"
#include "release_meta.h"
#include "standing.h"

typedef struct {
    const char *alias;
    const char *replace_index; /* nullable: a concrete index of the alias's name may be deleted, if
                                  this is that name */
    DocIds doc_ids;
    LoadOptions load;
    GateOptions gates;
    guint keep; /* complete releases, when pruning at the end; 0: all */
    LockOptions lock;
} ReleaseOptions;

typedef struct {
    const char *name;
    double seconds;
} ReleaseStep;

/* Also filled in as far as it went if the release failed. */
typedef struct {
    char *index;          /* the new one, NULL if there is none (any more) */
    char *previous;       /* what the alias stood for before, names separated by commas, or NULL */
    gboolean is_live;     /* the new one is */
    gboolean is_rejected; /* by a gate, and kept aside */
    GPtrArray *gates;     /* GateResult * */
    GArray *steps;        /* ReleaseStep; the last one may have failed */
    GPtrArray *deleted;   /* char *: indices of dead jobs, and pruned ones */
    char *warning;        /* it is released, but could not be pruned; or NULL */
    guint documents;
    LoadReport load;
    double seconds;
} ReleaseResult;

void release_result_clear(ReleaseResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReleaseResult, release_result_clear)

/* Errors: RECSYS_ERROR_REFUSED (an index of the alias's name, or indices of somebody else behind
 * the alias, are in the way; refused documents), RECSYS_ERROR_LOCKED (another job),
 * RECSYS_ERROR_GATE, RECSYS_ERROR_INTERRUPTED, ES_ERROR, transport. */
gboolean release_bundle(ReleaseResult *result, EsClient *client, const Bundle *bundle,
                        const ReleaseOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The part of it that can be asked before: is the alias free, or a release's? Errors as above. */
gboolean release_check_way(const Standing *standing, const ReleaseOptions *options,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The live release, for the gates that compare with it; NULL if there is none, or they are all
 * skipped. One whose `_meta` cannot be read is an error: it is not nothing. */
gboolean release_fetch_live(ReleaseMeta **live, EsClient *client, const Standing *standing,
                            const Catalogue *catalogue, const GateOptions *gates,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
