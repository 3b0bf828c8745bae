/* Indexes a bundle's documents with _bulk requests: several in flight, written as they are sent,
 * every item of every answer checked, and what was refused for the moment sent again.
 *
 * Memory beyond the bundle: no body is ever whole. For each request in flight one document, curl's
 * buffer of 256 KiB, eight bytes a document, and its answer (some 40 bytes a document): a few
 * megabytes, whatever the number of documents. Answers full of errors are larger: some 300 bytes
 * for each refused document of a request.
 *
 * Seen for 1,000,000 documents of 120 dimensions (bench_bulk BUNDLE URL): 1.4 MiB. The bundle
 * itself is in memory as a whole, 4·k bytes and its feature a document.
 *
 * Sending again is safe, because documents have fixed ids. */
#pragma once

#include "backoff.h"
#include "bundle.h"
#include "document.h"
#include "es_client.h"
#include "gzip_choice.h"

typedef struct {
    guint in_flight;         /* requests under way at a time */
    gsize smallest, largest; /* bytes of a request; adapted in between to the answers' times */
    guint retries;           /* how often a document is sent again at most */
    Backoff backoff;         /* between repetitions; Retry-After is honoured too */
    double patience;         /* seconds without any acknowledged document before it gives up: by
                                default the one limit, so that only the time an overload lasts
                                counts, not how often it is met with */
    double request_seconds;  /* for one request as a whole */
    gboolean into_alias;     /* the index is named by an alias, and is not created if it is gone */
    gboolean knn;            /* movies get KNN_FIELD too */
    GzipMode gzip;           /* compress bodies: GZIP_AUTO if the first ones say that it pays */
    gsize send_rate;         /* bytes a second for each request at most; 0: no limit */
} BulkOptions;

#define BULK_UNLIMITED G_MAXUINT

#define BULK_OPTIONS_DEFAULT                                                                       \
    {                                                                                              \
        .in_flight = 3, .smallest = 1u << 20, .largest = 15u << 20, .retries = BULK_UNLIMITED,     \
        .backoff = BACKOFF_DEFAULT, .patience = 300, .request_seconds = 300,                       \
    }

typedef struct {
    guint documents;     /* acknowledged */
    guint repeated;      /* sent again, counted each time */
    guint requests;      /* answered or lost */
    guint64 bytes;       /* of all bodies */
    gsize last_bytes;    /* to which the size of requests was adapted at the end */
    VectorForm form;     /* what the server takes: asked with the first document */
    gboolean compressed; /* the bodies, or those after the first ones */
} BulkReport;

/* Sends every document to `index`. TRUE if and only if the server acknowledged each of them.
 *
 * 429, 502, 503 and 504, for a request or an item, lost connections and answers that do not fit are
 * repeated; after that the error is the last refusal. So is 413, until requests are as small as
 * they may be. An item that is refused for good ends the sending; the error names the first one and
 * counts them. Errors: RECSYS_ERROR_REFUSED, RECSYS_ERROR_INTERRUPTED, ES_ERROR,
 * HTTP_TRANSPORT_ERROR. `report` may be NULL and is filled in any case. */
gboolean bulk_load(BulkReport *report, EsClient *client, const char *index, const Bundle *bundle,
                   DocIds doc_ids, const BulkOptions *options,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with the default options. */
gboolean bulk_index(EsClient *client, const char *index, const Bundle *bundle, DocIds doc_ids,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
