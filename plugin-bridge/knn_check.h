/* Compares the field that approximate search goes by (KNN_FIELD, document.h) with the bundle. */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "release_meta.h"
#include "report.h"

/* Nothing to do for a release without it. Otherwise every movie must have exactly the bundle's
 * (v_m, w_m), bit for bit as the server stored it, and no other document may have any. Errors as
 * those of document_check(). */
gboolean knn_check(Report *report, EsClient *client, const ReleaseMeta *release,
                   const Bundle *bundle, GError **error) G_GNUC_WARN_UNUSED_RESULT;
