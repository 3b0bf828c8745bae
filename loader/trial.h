/* Tries what a release asks of a cluster, on a throw-away index ALIAS-doctor-… (throwaway.h). */
#pragma once

#include "es_client.h"

/* What one trial showed. */
typedef struct {
    const char
        *check; /* "index", "settings", "bulk", "mapping", "read", "script", "locking", "swap" */
    const char *well;    /* in a few words, what works */
    const char *way_out; /* if it does not */
    GError *failure;     /* NULL: it works, or it was not tried */
    gboolean is_tried;
} TrialResult;

/* TrialResult *, one of each check, the index first: that it could be made and deleted. The index
 * is always deleted, also after a signal; those of runs that were killed are deleted as well. What
 * the alias stands for is not touched. */
GPtrArray *trial_run(EsClient *client, const char *alias);
