/* Reads every document of a release and compares it with the bundle, vectors and biases bit for
 * bit.
 *
 * Each finding names the document and what is wrong with it: missing; extra, with the document it
 * doubles if there is one; a field, with both values; a vector, with the feature whose it is if it
 * is another one's, and whether the two are swapped.
 *
 * In memory beside the bundle: a byte for each feature, what index_scan() has, and the first
 * MOST_VECTORS_KEPT vectors that differ. */
#pragma once

#include "bundle.h"
#include "document_sample.h"
#include "es_client.h"
#include "release_meta.h"
#include "report.h"

#define MOST_VECTORS_KEPT 200 /* those whose origin is looked for */

/* A missing, extra or differing document is a finding; FALSE only if the documents could not be
 * read (index_scan.h). */
gboolean document_check(Report *report, EsClient *client, const ReleaseMeta *release,
                        const Bundle *bundle, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for some documents only; NULL: all. */
gboolean document_check_sample(Report *report, EsClient *client, const ReleaseMeta *release,
                               const Bundle *bundle, const DocumentSample *sample,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
