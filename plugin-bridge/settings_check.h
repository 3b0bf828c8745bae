/* Compares a release's settings with what its readers need. */
#pragma once

#include "es_client.h"
#include "release_meta.h"
#include "report.h"

/* Shards, replicas and refreshes are anybody's choice. A finding is what keeps readers from their
 * answers: blocked reads, a result window smaller than what may be asked for (RECOMMEND_MOST), no
 * scripts or doc values in a search, values that are not found. FALSE only if the settings could
 * not be read. */
gboolean settings_check(Report *report, EsClient *client, const ReleaseMeta *release,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
