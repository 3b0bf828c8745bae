/* Indexes a bundle's documents with _bulk requests, every item of every answer checked. */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "release_meta.h"

/* Sends every document to `index`. TRUE if and only if the server acknowledged each of them;
 * otherwise the error names the first document that was refused and counts the rest. */
gboolean bulk_index(EsClient *client, const char *index, const Bundle *bundle, DocIds doc_ids,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Checks the answer to a request that indexed `expected` documents; separate so that answers of all
 * kinds can be tried. */
gboolean bulk_check_answer(yajl_val answer, guint expected,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
