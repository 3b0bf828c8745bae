/* Reads all documents of an index, in pages from one point in time. */
#pragma once

#include "es_client.h"

typedef struct {
    const char *index;
    const char *query; /* JSON; NULL: all documents */
    const char *label; /* of the progress line */
    guint64 expected;  /* documents, for the progress line */
} IndexScan;

/* One hit: _id, _source without the embedding, and embedding and bias as docvalue_fields. FALSE
 * with `error` set ends the scan. */
typedef gboolean (*IndexScanHit)(yajl_val hit, gpointer data, GError **error);

gboolean index_scan(EsClient *client, const IndexScan *scan, IndexScanHit on_hit, gpointer data,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The embedding's array of numbers in a hit, or NULL. */
yajl_val index_scan_embedding(yajl_val hit);
