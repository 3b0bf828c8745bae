/* Asks the cluster for rankings through the two-step flow and proves each order against the bundle.
 *
 * The flow is that of recommend.h, many profiles at a time: one mget of all their documents through
 * `name`, then one msearch of all their rankings in the release's concrete index, IN_FLIGHT of
 * these batches at once. The guard is the same: a document of another index means that the alias
 * moved, and then the whole is inconclusive; so is any partial answer, that of a single item
 * included.
 *
 * Memory: a batch has at most BATCH_MOVIES movies asked for at a time, a page of one profile at
 * least (RANKING_PAGE), in some hundred bytes each; eight bytes a movie of each profile of a batch;
 * and fast_scorer.h. Whatever the number of profiles. */
#pragma once

#include <stdio.h>

#include "bundle.h"
#include "es_client.h"
#include "kernel_probe.h"
#include "order_profiles.h"
#include "release_meta.h"
#include "report.h"

#define ORDER_ALL_MOVIES G_MAXUINT

typedef struct {
    guint depth;  /* movies asked for per profile, or ORDER_ALL_MOVIES */
    guint random; /* these three: order_profiles.h */
    guint64 seed;
    gboolean all_users;
    gboolean random_only;         /* without the standard ones */
    const KernelFinding *kernels; /* whose bits the scores must be, all known; NULL: bounds alone */
    FILE *log;                    /* takes every ranking and its verdicts (order_log.h), or NULL */
} OrderOptions;

/* Findings go to the report; FALSE only if the question could not be asked. `release` is what
 * release_meta_fetch() said of `name`. Errors: RECSYS_ERROR_INCONCLUSIVE, RECSYS_ERROR_REFUSED (an
 * answer that makes no sense), ES_ERROR, transport, RECSYS_ERROR_INTERRUPTED. */
gboolean order_check(Report *report, EsClient *client, const char *name, const ReleaseMeta *release,
                     const Bundle *bundle, const OrderOptions *options,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
