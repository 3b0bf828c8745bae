#include "rollback.h"

#include "interrupt.h"
#include "recsys_error.h"
#include "standing.h"
#include "verify.h"

void rollback_result_clear(RollbackResult *result)
{
    g_free(result->index);
    g_free(result->from);
    *result = (RollbackResult){0};
}

/* While the alias stands for several releases, any of them is a way out. */
static gboolean is_live_alone(const Catalogue *catalogue, const CatalogueEntry *entry)
{
    guint live = 0;
    for (guint i = 0; i < catalogue->entries->len; i++)
        live += ((const CatalogueEntry *)g_ptr_array_index(catalogue->entries, i))->is_live;
    return entry->is_live && live == 1;
}

static const CatalogueEntry *choose(const Catalogue *catalogue, const char *alias,
                                    const char *wanted, GError **error)
{
    if (wanted == NULL) {
        const CatalogueEntry *previous = catalogue_previous(catalogue);
        if (previous == NULL)
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                        "there is no complete release before the live one of %s; "
                        "`recsys-loader releases` lists what there is",
                        alias);
        return previous;
    }
    const CatalogueEntry *target = catalogue_find(catalogue, wanted);
    if (target != NULL && !is_live_alone(catalogue, target))
        return target;
    if (target == NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "%s is not a release of %s; `recsys-loader releases` lists them", wanted,
                    alias);
    else
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "%s is live already", target->index);
    return NULL;
}

static gboolean check_state(const CatalogueEntry *target, GError **error)
{
    if (target->state == RELEASE_COMPLETE || target->state == RELEASE_NO_STATE)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE, "%s is \"%s\", not a complete release",
                target->index, release_state_name(target->state));
    return FALSE;
}

const CatalogueEntry *rollback_choose(const Catalogue *catalogue, const char *alias,
                                      const char *wanted, GError **error)
{
    const CatalogueEntry *target = choose(catalogue, alias, wanted, error);
    return target != NULL && check_state(target, error) ? target : NULL;
}

static gboolean check_count(EsClient *client, const CatalogueEntry *target, GError **error)
{
    gint64 count = -1;
    g_autofree char *name = es_escape(target->index);
    g_autofree char *path = g_strdup_printf("/%s/_count", name);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, error);
    if (answer == NULL || !es_check_complete(answer, "the count", error))
        return FALSE;
    if (json_get_int(answer, "count", &count) && count == target->documents)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s has %" G_GINT64_FORMAT " documents, its _meta says %" G_GINT64_FORMAT,
                target->index, count, target->documents);
    return FALSE;
}

static gboolean check_documents(EsClient *client, const CatalogueEntry *target,
                                const Bundle *bundle, GError **error)
{
    const OrderOptions none = {.depth = 1};
    if (bundle == NULL)
        return TRUE;
    g_autoptr(ReleaseMeta) release = release_meta_fetch(client, target->index, error);
    if (release == NULL)
        return FALSE;
    g_autoptr(Report) report = report_new();
    if (!verify(report, client, target->index, release, bundle, VERIFY_DOCUMENTS, &none, error))
        return FALSE;
    if (report->violations == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s is not what %s has: %" G_GUINT64_FORMAT " violations, the first: %s",
                target->index, bundle->path, report->violations,
                (const char *)g_ptr_array_index(report->first_violations, 0));
    return FALSE;
}

static gboolean swap(RollbackResult *result, EsClient *client, const RollbackOptions *options,
                     Lock *lock, GError **error)
{
    g_auto(Standing) standing = {0};
    g_autoptr(Catalogue) catalogue = catalogue_fetch(client, options->alias, error);
    if (catalogue == NULL || !standing_look(&standing, client, options->alias, error))
        return FALSE;
    if (standing.foreign != NULL || standing.is_concrete) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "%s is not an alias of releases of this program", options->alias);
        return FALSE;
    }
    const CatalogueEntry *target =
        rollback_choose(catalogue, options->alias, options->target, error);
    if (target == NULL || !check_count(client, target, error) ||
        !check_documents(client, target, options->bundle, error) || interrupt_requested(error) ||
        !lock_check(lock, error) ||
        standing_swap(client, &standing, options->alias, target->index, error) != SWAP_DONE)
        return FALSE;
    result->index = g_strdup(target->index);
    result->from = standing.indices->len > 0 ? standing_names(&standing) : NULL;
    return TRUE;
}

gboolean rollback(RollbackResult *result, EsClient *client, const RollbackOptions *options,
                  GError **error)
{
    g_autoptr(Lock) lock = lock_acquire(client, options->alias, "rollback", &options->lock, error);
    if (lock == NULL)
        return FALSE;
    gboolean swapped = swap(result, client, options, lock, error);
    if (!swapped)
        g_prefix_error(error, "%s is as it was: ", options->alias);
    return swapped;
}
