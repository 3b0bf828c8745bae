/* Compares a release's mapping with what its bundle needs. */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "release_meta.h"
#include "report.h"

/* Every field and parameter of the index definition must be in the live mapping with the same
 * value, and no field besides; _meta must be that of the bundle. Findings go to the report. */
gboolean mapping_check(Report *report, const ReleaseMeta *release, const Bundle *bundle,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
