/* The index of a release that is being made: created under a name of its own, and deleted again if
 * it comes to nothing. Neither can be interrupted: what is not waited for may happen all the same.
 */
#pragma once

#include "load.h"

typedef struct {
    const char *alias; /* that it is for, and named after */
    DocIds doc_ids;
    const LoadOptions *load;
    const GPtrArray *used; /* char *: names not to be used again, since a job that lost its lock may
                              take the index for its own */
} NewIndex;

/* Creates it, empty, behind its loading alias (load.h) only. Returns its name. Errors: ES_ERROR,
 * transport, RECSYS_ERROR_REFUSED if a template of the cluster has put it behind another alias,
 * where readers would see it; then it is deleted again. */
char *new_index_create(EsClient *client, const Bundle *bundle, const NewIndex *wanted,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Deletes it; `error`, which must be set, is what it came to nothing for, and gets a word more if
 * even that fails. One that is gone already is deleted. */
void new_index_discard(EsClient *client, const char *index, GError **error);
