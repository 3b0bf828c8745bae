#include "release.h"

#include <string.h>

#include "catalogue.h"
#include "index_definition.h"
#include "interrupt.h"
#include "recsys_error.h"
#include "standing.h"

void release_result_clear(ReleaseResult *result)
{
    g_free(result->index);
    g_free(result->previous);
    g_clear_pointer(&result->gates, g_ptr_array_unref);
    g_clear_pointer(&result->steps, g_array_unref);
    g_clear_pointer(&result->deleted, g_ptr_array_unref);
    g_free(result->warning);
    *result = (ReleaseResult){0};
}

gboolean release_check_way(const Standing *standing, const ReleaseOptions *options, GError **error)
{
    if (options->replace_index != NULL && strcmp(options->replace_index, options->alias) != 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--replace-index %s: the only index that can be in the way is %s",
                    options->replace_index, options->alias);
        return FALSE;
    }
    if (standing->foreign != NULL && !standing->is_concrete) {
        g_set_error(
            error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
            "%s stands for %s, which is not a release of this program: take the alias from it, or "
            "--alias names another one",
            options->alias, standing->foreign);
        return FALSE;
    }
    if (!standing->is_concrete || options->replace_index != NULL)
        return TRUE;
    g_set_error(
        error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
        "%s is an index, not an alias, so it is in the way: --replace-index %s deletes it in the "
        "same step that puts the alias in its place, or --alias names another one",
        options->alias, options->alias);
    return FALSE;
}

/* ---- the steps ---- */

#define MOST_NAMES 60 /* that are tried, a second apart */

/* Not to be interrupted: a creation whose answer is not waited for may still happen. */
static gboolean create_as(EsClient *client, const char *index, const Bundle *bundle,
                          const ReleaseOptions *options, GError **error)
{
    const IndexForm form = {options->doc_ids, options->load.knn, RELEASE_LOADING};
    g_autofree char *usual = index_definition_in_form(bundle, &form);
    g_autofree char *definition = load_definition(usual, index, &options->load);
    es_client_set_interruptible(client, FALSE);
    gboolean created = load_call(client, "PUT", index, "", definition, error);
    es_client_set_interruptible(client, TRUE);
    return created;
}

/* Names have the time to the second. If there is a release of this model of the same second, the
 * new one is named after the next. Returns the name. */
static char *create(EsClient *client, const Bundle *bundle, const ReleaseOptions *options,
                    GError **error)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GError) failure = NULL;
    for (guint later = 0; later < MOST_NAMES; later++) {
        g_autoptr(GDateTime) time = g_date_time_add_seconds(now, later);
        g_autofree char *index = catalogue_release_name(options->alias, time, bundle->model_id);
        g_clear_error(&failure);
        if (create_as(client, index, bundle, options, &failure))
            return g_steal_pointer(&index);
        if (failure->domain != ES_ERROR ||
            strstr(failure->message, "resource_already_exists") == NULL)
            break;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

/* Deletes the unfinished index, also after Ctrl-C; if even that fails the message says so. */
static void discard(EsClient *client, const char *index, GError **error)
{
    g_autoptr(GError) failure = NULL;
    es_client_set_interruptible(client, FALSE);
    if (!load_call(client, "DELETE", index, "", NULL, &failure))
        g_prefix_error(error, "(the unfinished index %s is left behind: %s) ", index,
                       failure->message);
    es_client_set_interruptible(client, TRUE);
}

/* ---- one after the other ---- */

typedef struct {
    ReleaseResult *result;
    EsClient *client;
    const Bundle *bundle;
    const ReleaseOptions *options;
    Lock *lock;
    Standing standing;
    gint64 step_started;
} Job;

static void job_clear(Job *job)
{
    lock_release(job->lock);
    standing_clear(&job->standing);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

static void end_step(Job *job, const char *name)
{
    const gint64 now = g_get_monotonic_time();
    ReleaseStep step = {name, (double)(now - job->step_started) / G_USEC_PER_SEC};
    g_array_append_val(job->result->steps, step);
    job->step_started = now;
}

static gboolean look_around(Job *job, GError **error)
{
    standing_clear(&job->standing);
    job->standing = (Standing){0};
    return standing_look(&job->standing, job->client, job->options->alias, error) &&
           release_check_way(&job->standing, job->options, error);
}

/* Looks twice: what is in the way is found before a lock is left in the cluster, and what is seen
 * with the lock stays so. */
static gboolean lock(Job *job, GError **error)
{
    if (!look_around(job, error))
        return FALSE;
    job->lock =
        lock_acquire(job->client, job->options->alias, "release", &job->options->lock, error);
    if (job->lock == NULL || !look_around(job, error))
        return FALSE;
    end_step(job, "lock");
    return TRUE;
}

/* We have the lock, so whoever was loading is dead. */
static gboolean clean_up_after_others(Job *job, const Catalogue *catalogue, GError **error)
{
    g_autoptr(GPtrArray) unfinished = catalogue_unfinished(catalogue);
    if (!catalogue_delete(job->client, unfinished, job->result->deleted, error))
        return FALSE;
    end_step(job, "clean");
    return TRUE;
}

static gboolean mark(Job *job, const char *index, ReleaseState state, GError **error)
{
    const GPtrArray *before = job->standing.indices;
    const IndexForm form = {
        .doc_ids = job->options->doc_ids,
        .knn = job->options->load.knn,
        .state = state,
        .replaces = before->len == 1 ? g_ptr_array_index(before, 0) : NULL,
    };
    g_autofree char *body = index_definition_new_state(job->bundle, &form);
    return load_call(job->client, "PUT", index, "/_mapping", body, error);
}

/* Marks the index complete, or rejected if a gate failed. */
static gboolean pass_gates(Job *job, const char *index, const Catalogue *catalogue, GError **error)
{
    const CatalogueEntry *entry = catalogue_live(catalogue);
    g_autoptr(ReleaseMeta) live = NULL;
    if (entry != NULL) {
        live = release_meta_fetch(job->client, entry->index, error);
        if (live == NULL)
            return FALSE;
    }
    const GateSubject subject = {
        .client = job->client,
        .bundle = job->bundle,
        .index = index,
        .live = live,
        .options = &job->options->gates,
    };
    if (!gates_run(job->result->gates, &subject, error))
        return FALSE;
    end_step(job, "gates");
    g_autoptr(GError) failure = NULL;
    gboolean passed = gates_check(job->result->gates, &failure);
    if (!mark(job, index, passed ? RELEASE_COMPLETE : RELEASE_REJECTED, passed ? error : NULL) &&
        passed)
        return FALSE;
    if (passed)
        return TRUE;
    g_propagate_prefixed_error(error, g_steal_pointer(&failure),
                               "%s is kept aside for inspection: ", index);
    return FALSE;
}

static gboolean has_failed_a_gate(const Job *job)
{
    return !gates_check(job->result->gates, NULL);
}

/* The release is live: whatever fails here is a warning. */
static void prune(Job *job)
{
    g_autoptr(GError) failure = NULL;
    if (job->options->keep == 0)
        return;
    g_autoptr(Catalogue) catalogue = catalogue_fetch(job->client, job->options->alias, &failure);
    if (catalogue != NULL) {
        g_autoptr(GPtrArray) surplus = catalogue_to_prune(catalogue, job->options->keep);
        if (catalogue_delete(job->client, surplus, job->result->deleted, &failure)) {
            end_step(job, "prune");
            return;
        }
    }
    job->result->warning =
        g_strdup_printf("old releases could not be pruned: %s", failure->message);
}

/* From the index, which is there, to the swap. */
static Swap fill_and_swap(Job *job, const char *index, const Catalogue *catalogue, GError **error)
{
    if (!load_index(&job->result->load, job->client, index, job->bundle, job->options->doc_ids,
                    &job->options->load, error))
        return SWAP_REFUSED;
    end_step(job, "load");
    if (!pass_gates(job, index, catalogue, error) || interrupt_requested(error) ||
        !lock_check(job->lock, error))
        return SWAP_REFUSED;
    Swap swap = standing_swap(job->client, &job->standing, job->options->alias, index, error);
    end_step(job, "swap");
    return swap;
}

static gboolean run(Job *job, GError **error)
{
    ReleaseResult *result = job->result;
    if (!lock(job, error))
        return FALSE;
    g_autoptr(Catalogue) catalogue = catalogue_fetch(job->client, job->options->alias, error);
    if (catalogue == NULL || !clean_up_after_others(job, catalogue, error))
        return FALSE;
    g_autofree char *index = create(job->client, job->bundle, job->options, error);
    if (index == NULL)
        return FALSE;
    end_step(job, "create");
    Swap swap = fill_and_swap(job, index, catalogue, error);
    if (swap == SWAP_REFUSED) {
        if (has_failed_a_gate(job))
            result->index = g_steal_pointer(&index);
        else
            discard(job->client, index, error);
        g_prefix_error(error, "%s is as it was: ", job->options->alias);
    }
    if (swap != SWAP_DONE)
        return FALSE;
    result->is_live = TRUE;
    result->index = g_steal_pointer(&index);
    if (job->standing.indices->len > 0 && !job->standing.is_concrete)
        result->previous = standing_names(&job->standing);
    prune(job);
    return TRUE;
}

static gboolean check_dimensions(const Bundle *bundle, const ReleaseOptions *options,
                                 GError **error)
{
    if (!options->load.knn || bundle->model->k <= KNN_MOST_FACTORS)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "%s has vectors of %u factors: with --knn, which adds a dimension, a server takes "
                "at most " G_STRINGIFY(KNN_MOST_FACTORS),
                bundle->path, bundle->model->k);
    return FALSE;
}

gboolean release_bundle(ReleaseResult *result, EsClient *client, const Bundle *bundle,
                        const ReleaseOptions *options, GError **error)
{
    const gint64 started = g_get_monotonic_time();
    result->gates = gate_results_new();
    result->steps = g_array_new(FALSE, FALSE, sizeof(ReleaseStep));
    result->deleted = g_ptr_array_new_with_free_func(g_free);
    result->documents = bundle->model->n;
    g_auto(Job) job = {
        .result = result,
        .client = client,
        .bundle = bundle,
        .options = options,
        .step_started = started,
    };
    gboolean released = check_dimensions(bundle, options, error) && run(&job, error);
    result->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    return released;
}
