#include "verify.h"

#include "document_check.h"
#include "mapping_check.h"
#include "recsys_error.h"

gboolean verify_is_of_bundle(const ReleaseMeta *release, const Bundle *bundle, GError **error)
{
    if (g_strcmp0(release->model_id, bundle->model_id) == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s is model %s, %s is model %s: verify with the bundle that was released",
                release->index, release->model_id, bundle->path, bundle->model_id);
    return FALSE;
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

gboolean verify(Report *report, EsClient *client, const char *name, const ReleaseMeta *release,
                const Bundle *bundle, VerifyParts parts, const OrderOptions *orders, GError **error)
{
    const gint64 started = g_get_monotonic_time();
    if (!verify_is_of_bundle(release, bundle, error))
        return FALSE;
    report->url = es_client_url(client);
    report->index = release->index;
    report->model_id = release->model_id;
    if ((parts & VERIFY_DOCUMENTS) != 0 &&
        !(mapping_check(report, release, bundle, error) &&
          document_check(report, client, release, bundle, error)))
        return FALSE;
    if ((parts & VERIFY_ORDERS) != 0 && !order_check(report, client, name, bundle, orders, error))
        return FALSE;
    report->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    return check_unchanged(client, name, release, error);
}
