/* Asks the cluster for rankings through the two-step flow and proves each order against the bundle.
 */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "report.h"

typedef struct {
    guint depth;  /* movies asked for per profile */
    guint random; /* random profiles besides the standard ones */
    guint64 seed; /* of the random ones */
    FILE *log;    /* takes every ranking and its verdicts (order_log.h), or NULL */
} OrderOptions;

/* The standard profiles (standard_profiles.h), and random ones.
 * Random profiles: half of them with a user, each metadata type in half of them.
 * Findings go to the report; FALSE only if the question could not be asked. */
gboolean order_check(Report *report, EsClient *client, const char *alias, const Bundle *bundle,
                     const OrderOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
