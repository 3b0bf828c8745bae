/* Some documents of a release, chosen by chance: what a check compares that is made again and
 * again. */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "release_meta.h"
#include "report.h"

#define DOCUMENT_SAMPLE_MOST 10000 /* so that their ids fit into one query */

typedef struct {
    guint count;         /* chosen */
    guint8 *is_left_out; /* [n] */
    char *query;         /* JSON: for the documents chosen */
} DocumentSample;

/* `count` of the bundle's features, all equally likely; the same seed chooses the same ones. */
DocumentSample *document_sample_new(const Bundle *bundle, DocIds doc_ids, guint count,
                                    guint64 seed);
void document_sample_free(DocumentSample *sample);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DocumentSample, document_sample_free)

/* A violation if the index has another number of documents than the bundle: a sample cannot see one
 * too many. FALSE only if they could not be counted. */
gboolean document_count_check(Report *report, EsClient *client, const ReleaseMeta *release,
                              const Bundle *bundle, GError **error) G_GNUC_WARN_UNUSED_RESULT;
