/* Fills a new index with a bundle: settings for loading, all documents, the settings for readers, a
 * refresh, and a wait for the copies.
 *
 * While it is loading the index has an alias of its own, INDEX-loading, and documents go through it
 * (require_alias): a request that reaches the server after the index was deleted is refused, and
 * does not create an index of that name again. */
#pragma once

#include "bulk.h"

typedef struct {
    guint shards;            /* 0: as the index definition has it */
    const char *replicas;    /* a number; NULL: one if there is a second node */
    gboolean knn;            /* movies get KNN_FIELD too; the index must have been made for it */
    const BulkOptions *bulk; /* NULL: the default */
    double copies_seconds;   /* to wait for the copies; 0: LOAD_COPIES_SECONDS */
} LoadOptions;

#define LOAD_COPIES_SECONDS 60.0

typedef struct {
    BulkReport bulk;
    double seconds; /* for the documents alone */
} LoadReport;

/* TRUE if the index has every document, visible to readers. Errors: those of bulk_load(), and
 * RECSYS_ERROR_GATE if the counts differ. */
gboolean load_index(LoadReport *report, EsClient *client, const char *index, const Bundle *bundle,
                    DocIds doc_ids, const LoadOptions *options,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The definition with the number of shards asked for and the alias for loading. */
char *load_definition(const char *definition, const char *index, const LoadOptions *options);

/* "INDEX-loading" */
char *load_alias(const char *index);

/* One call about an index that must be answered whole. */
gboolean load_call(EsClient *client, const char *method, const char *index, const char *action,
                   const char *body, GError **error) G_GNUC_WARN_UNUSED_RESULT;
