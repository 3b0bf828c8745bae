/* Compares a release's mapping with what its bundle needs. */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "release_meta.h"
#include "report.h"

/* Every field and parameter of the index definition must be in the live mapping with the same
 * value, and no field besides; _meta must be that of the bundle. A parameter that the definition
 * does not have is a finding if it changes what is stored, found or read (similarity, normalizer,
 * doc_values, runtime fields, …); others do not matter. Findings go to the report. */
gboolean mapping_check(Report *report, const ReleaseMeta *release, const Bundle *bundle,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
