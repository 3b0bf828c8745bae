#include "verify.h"

#include "document.h"
#include "document_check.h"
#include "knn_check.h"
#include "mapping_check.h"
#include "read_back.h"
#include "recsys_error.h"
#include "settings_check.h"

static char *model_difference(const ReleaseMeta *release, const Bundle *bundle)
{
    return g_strcmp0(release->model_id, bundle->model_id) == 0
               ? NULL
               : g_strdup_printf(
                     "%s is model %s, %s is model %s: verify with the bundle that was released",
                     release->index, release->model_id, bundle->path, bundle->model_id);
}

gboolean verify_model(Report *report, const ReleaseMeta *release, const Bundle *bundle)
{
    g_autofree char *difference = model_difference(release, bundle);
    if (difference == NULL)
        return TRUE;
    report_check(report, CHECK_DOCUMENTS);
    report_violation(report, VIOLATION_MODEL, "%s", difference);
    return FALSE;
}

gboolean verify_is_of_bundle(const ReleaseMeta *release, const Bundle *bundle, GError **error)
{
    g_autofree char *difference = model_difference(release, bundle);
    if (difference != NULL)
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_GATE, difference);
    return difference == NULL;
}

/* The release that was read must still be the live one, or the findings are of two releases. */
static gboolean check_unchanged(EsClient *client, const char *name, const ReleaseMeta *release,
                                GError **error)
{
    g_autoptr(ReleaseMeta) now = release_meta_fetch(client, name, error);
    if (now == NULL)
        return FALSE;
    if (g_strcmp0(now->index, release->index) == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "%s moved from %s to %s meanwhile: verify again", name, release->index, now->index);
    return FALSE;
}

static gboolean check_parts(Report *report, EsClient *client, const char *name,
                            const ReleaseMeta *release, const Bundle *bundle, VerifyParts parts,
                            const OrderOptions *orders, GError **error)
{
    if ((parts & (VERIFY_DOCUMENTS | VERIFY_MAPPING)) != 0 &&
        !(mapping_check(report, release, bundle, error) &&
          settings_check(report, client, release, error)))
        return FALSE;
    if (report->kinds[VIOLATION_SETTINGS].count > 0)
        return TRUE; /* what reads of such an index would be refused for these, and end there */
    if ((parts & VERIFY_DOCUMENTS) != 0 &&
        !(document_check(report, client, release, bundle, error) &&
          knn_check(report, client, release, bundle, error)))
        return FALSE;
    return (parts & VERIFY_ORDERS) == 0 ||
           order_check(report, client, name, release, bundle, orders, error);
}

/* What the server says of a release that was deleted while it was read is no answer. */
static gboolean settle(GError *failure, const ReleaseMeta *release, GError **error)
{
    if (failure == NULL)
        return TRUE;
    if (g_error_matches(failure, ES_ERROR, 404))
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "%s went away while it was read: verify again (%s)", release->index,
                    failure->message);
    else
        g_propagate_error(error, g_error_copy(failure));
    return FALSE;
}

static void begin(Report *report, const EsClient *client, const ReleaseMeta *release)
{
    report->url = es_client_url(client);
    report->index = release->index;
    report->model_id = release->model_id;
}

gboolean verify(Report *report, EsClient *client, const char *name, const ReleaseMeta *release,
                const Bundle *bundle, VerifyParts parts, const OrderOptions *orders, GError **error)
{
    const gint64 started = g_get_monotonic_time();
    g_autoptr(GError) failure = NULL;
    if (!document_ids_check(bundle, release->doc_ids, error))
        return FALSE;
    begin(report, client, release);
    if (verify_model(report, release, bundle))
        (void)check_parts(report, client, name, release, bundle, parts, orders, &failure);
    if (!settle(failure, release, error))
        return FALSE;
    report->seconds += (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    return check_unchanged(client, name, release, error);
}

gboolean verify_from_cluster(Report *report, EsClient *client, const char *name,
                             const ReleaseMeta *release, const OrderOptions *orders, GError **error)
{
    const gint64 started = g_get_monotonic_time();
    g_autoptr(GError) failure = NULL;
    g_autoptr(Bundle) bundle = NULL;
    begin(report, client, release);
    if (settings_check(report, client, release, &failure) && report->violations == 0)
        bundle = read_back_whole(report, client, release, &failure);
    if (!settle(failure, release, error))
        return FALSE;
    report->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    if (bundle == NULL)
        return check_unchanged(client, name, release, error);
    return verify(report, client, name, release, bundle, VERIFY_MAPPING | VERIFY_ORDERS, orders,
                  error);
}
