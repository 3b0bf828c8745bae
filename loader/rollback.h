/* Moves the alias back to a release that is still there. */
#pragma once

#include "bundle.h"
#include "catalogue.h"
#include "lock.h"

typedef struct {
    const char *alias;
    const char *target;   /* nullable: the complete release before the live one */
    const Bundle *bundle; /* nullable: the target's documents are compared with it first */
    gboolean unverified;  /* without one: do not compare them with the model_id either */
    LockOptions lock;
} RollbackOptions;

typedef struct {
    char *index; /* live now */
    char *from;  /* was live, or NULL */
} RollbackResult;

void rollback_result_clear(RollbackResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RollbackResult, rollback_result_clear)

/* The target must be a complete release of this alias, open, have as many documents as its `_meta`
 * says, and be the model that its model_id, a checksum, says. Errors: RECSYS_ERROR_USAGE (no such
 * release, it is live already), RECSYS_ERROR_REFUSED (no release before the live one),
 * RECSYS_ERROR_GATE (unfinished, rejected, not all documents, or not those of the bundle),
 * RECSYS_ERROR_LOCKED, ES_ERROR, transport. */
gboolean rollback(RollbackResult *result, EsClient *client, const RollbackOptions *options,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The part of it that needs no cluster: the complete release of a catalogue to go back to, which is
 * `wanted` or, if that is NULL, the one before the live one. Errors as above. */
const CatalogueEntry *rollback_choose(const Catalogue *catalogue, const char *alias,
                                      const char *wanted, GError **error) G_GNUC_WARN_UNUSED_RESULT;
