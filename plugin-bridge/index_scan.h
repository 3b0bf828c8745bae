/* Reads all documents of an index from one point in time: in slices, each in pages, with a request
 * of each slice in flight, so that the server makes one page while another one is read. In memory
 * there is a page of each slice (about two megabytes), whatever the size of the index. */
#pragma once

#include "es_client.h"
#include "search_page.h"

typedef struct {
    const char *index;
    const char *query; /* JSON; NULL: all documents */
    const char *label; /* of the progress line */
    guint64 expected;  /* documents, for the progress line and the number of slices */
    guint k;           /* components of a vector */
} IndexScan;

/* Calls `on_hit` for each document, in no particular order. Vectors and biases are the stored ones,
 * which rankings are computed from, and bias once more as it is in _source. Vectors come bit for
 * bit in base64, from Elasticsearch 8.19 by a script; where that is refused, as decimals that read
 * back as the same bits. Errors: RECSYS_ERROR_INCONCLUSIVE for a partial page,
 * RECSYS_ERROR_REFUSED, ES_ERROR, transport, RECSYS_ERROR_INTERRUPTED, the handler's. */
gboolean index_scan(EsClient *client, const IndexScan *scan, HitHandler on_hit, gpointer data,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
