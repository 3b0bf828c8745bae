/* Reads every document of a release and compares it with the bundle, vectors and biases bit for
 * bit. */
#pragma once

#include "bundle.h"
#include "document_sample.h"
#include "es_client.h"
#include "release_meta.h"
#include "report.h"

/* Streams the index in pages from one point in time. A missing, extra or differing document is a
 * finding, named with its field; FALSE only if the documents could not be read. */
gboolean document_check(Report *report, EsClient *client, const ReleaseMeta *release,
                        const Bundle *bundle, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for some documents only; NULL: all. */
gboolean document_check_sample(Report *report, EsClient *client, const ReleaseMeta *release,
                               const Bundle *bundle, const DocumentSample *sample,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
