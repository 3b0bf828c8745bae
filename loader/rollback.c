#include "rollback.h"

#include <string.h>

#include "interrupt.h"
#include "read_back.h"
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
    if (answer == NULL || !es_check_shards(answer, "the count", error))
        return FALSE;
    if (json_get_int(answer, "count", &count) && count == target->documents)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s has %" G_GINT64_FORMAT " documents, its _meta says %" G_GINT64_FORMAT,
                target->index, count, target->documents);
    return FALSE;
}

static gboolean check_report(const Report *report, const char *index, const char *source,
                             GError **error)
{
    if (report->violations == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s is not what %s: %" G_GUINT64_FORMAT " violations, the first: %s", index, source,
                report->violations, (const char *)g_ptr_array_index(report->first_violations, 0));
    return FALSE;
}

/* Without a bundle: the model_id is a checksum of the vectors, biases and the constant. */
static gboolean check_model(EsClient *client, const ReleaseMeta *release, GError **error)
{
    g_autoptr(Report) report = report_new();
    g_autoptr(Bundle) found = read_back_whole(report, client, release, error);
    if (found == NULL)
        return report->violations > 0 && check_report(report, release->index, "it was", error);
    g_autofree char *model_id = bundle_model_id(found->model);
    if (strcmp(model_id, release->model_id) == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s is no longer model %s: vectors or biases have changed since it was released "
                "(`recsys-bridge verify BUNDLE --release %s` names them)",
                release->index, release->model_id, release->index);
    return FALSE;
}

static gboolean check_documents(EsClient *client, const CatalogueEntry *target,
                                const RollbackOptions *options, GError **error)
{
    const OrderOptions none = {.depth = 1};
    if (options->bundle == NULL && options->unverified)
        return TRUE;
    g_autoptr(ReleaseMeta) release = release_meta_fetch(client, target->index, error);
    if (release == NULL)
        return FALSE;
    if (options->bundle == NULL)
        return check_model(client, release, error);
    g_autoptr(Report) report = report_new();
    g_autofree char *source = g_strconcat(options->bundle->path, " has", NULL);
    return verify_is_of_bundle(release, options->bundle, error) &&
           verify(report, client, target->index, release, options->bundle, VERIFY_DOCUMENTS, &none,
                  error) &&
           check_report(report, target->index, source, error);
}

/* FALSE with `as_it_was` FALSE if nobody knows what the alias stands for. */
static gboolean swap(RollbackResult *result, EsClient *client, const RollbackOptions *options,
                     Lock *lock, gboolean *as_it_was, GError **error)
{
    *as_it_was = TRUE;
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
        !check_documents(client, target, options, error) || interrupt_requested(error) ||
        !lock_check(lock, error))
        return FALSE;
    const Swap swap = standing_swap(client, &standing, options->alias, target->index, error);
    *as_it_was = swap == SWAP_REFUSED;
    if (swap != SWAP_DONE)
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
    gboolean as_it_was;
    gboolean swapped = swap(result, client, options, lock, &as_it_was, error);
    if (as_it_was && !swapped)
        g_prefix_error(error, "%s is as it was: ", options->alias);
    return swapped;
}
