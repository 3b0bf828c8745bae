/* The whole comparison of one release with its bundle: mapping, documents, orders. */
#pragma once

#include "order_check.h"
#include "release_meta.h"

/* What is compared; each can be asked for by itself. */
typedef enum {
    VERIFY_DOCUMENTS =
        1 << 0,             /* mapping, settings, documents (mapping_check.h, document_check.h) */
    VERIFY_ORDERS = 1 << 1, /* order_check.h */
    VERIFY_ALL = VERIFY_DOCUMENTS | VERIFY_ORDERS,
    VERIFY_MAPPING = 1 << 2, /* mapping and settings alone */
} VerifyParts;

/* FALSE, and a violation, if the release is of another model. */
gboolean verify_model(Report *report, const ReleaseMeta *release, const Bundle *bundle);

/* RECSYS_ERROR_GATE if the release is of another model. */
gboolean verify_is_of_bundle(const ReleaseMeta *release, const Bundle *bundle,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Compares what `name`, an alias or a concrete index, stands for with `bundle`. `release` is what
 * release_meta_fetch() said of `name`; it must outlive the report, which names its index. Findings
 * go to the report; FALSE only if the question could not be asked. If the release is of another
 * model nothing else is compared, and nothing is read while settings keep readers from it. Errors:
 * RECSYS_ERROR_DATA (document_ids_check()), RECSYS_ERROR_INCONCLUSIVE (a partial answer; the alias
 * moved, or the release was deleted, meanwhile), RECSYS_ERROR_REFUSED, ES_ERROR, transport,
 * RECSYS_ERROR_INTERRUPTED. */
gboolean verify(Report *report, EsClient *client, const char *name, const ReleaseMeta *release,
                const Bundle *bundle, VerifyParts parts, const OrderOptions *orders,
                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with no bundle at hand: the documents are read first (read_back_whole()), what is wrong
 * with them is found, and if nothing is they are the model that mapping and orders are proved
 * against. What cannot be told without a bundle is whether it is the right model. */
gboolean verify_from_cluster(Report *report, EsClient *client, const char *name,
                             const ReleaseMeta *release, const OrderOptions *orders,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
