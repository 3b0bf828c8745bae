#include "release.h"

#include <string.h>

#include "catalogue.h"
#include "document.h"
#include "index_definition.h"
#include "interrupt.h"
#include "new_index.h"
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

gboolean release_fetch_live(ReleaseMeta **live, EsClient *client, const Standing *standing,
                            const Catalogue *catalogue, const GateOptions *gates, GError **error)
{
    const CatalogueEntry *entry = catalogue_live(catalogue);
    const char *index = entry != NULL ? entry->index : NULL;
    /* It says that it is a release of this program, but not what a release has. */
    if (index == NULL && standing->indices->len > 0 && !standing->is_concrete)
        index = g_ptr_array_index(standing->indices, 0);
    *live = NULL;
    if (index == NULL || !gates_need_live(gates))
        return TRUE;
    *live = release_meta_fetch(client, index, error);
    if (*live == NULL)
        g_prefix_error(
            error, "the gates quality, count and churn need the live release (--skip-gate of all "
                   "three goes without): ");
    return *live != NULL;
}

/* ---- one after the other ---- */

typedef struct {
    ReleaseResult *result;
    EsClient *client;
    const Bundle *bundle;
    const ReleaseOptions *options;
    Lock *lock;
    Standing standing;
    const char *step; /* under way */
    gint64 step_started;
} Job;

static void job_clear(Job *job)
{
    lock_release(job->lock);
    standing_clear(&job->standing);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

static void end_step(Job *job)
{
    const gint64 now = g_get_monotonic_time();
    ReleaseStep step = {job->step, (double)(now - job->step_started) / G_USEC_PER_SEC};
    if (job->step != NULL)
        g_array_append_val(job->result->steps, step);
    job->step = NULL;
}

static void begin_step(Job *job, const char *name)
{
    end_step(job);
    job->step = name;
    job->step_started = g_get_monotonic_time();
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
    begin_step(job, "lock");
    if (!look_around(job, error))
        return FALSE;
    job->lock =
        lock_acquire(job->client, job->options->alias, "release", &job->options->lock, error);
    return job->lock != NULL && look_around(job, error);
}

/* We have the lock, so whoever was loading is dead. */
static gboolean clean_up_after_others(Job *job, const Catalogue *catalogue, GError **error)
{
    begin_step(job, "clean");
    g_autoptr(GPtrArray) left_behind = catalogue_left_behind(catalogue);
    return catalogue_delete(job->client, left_behind, job->result->deleted, error);
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

/* What a gate that failed comes to, and what went wrong after it did (nullable). */
static void reject(Job *job, const char *index, GError *failed, GError *trouble, GError **error)
{
    job->result->is_rejected = TRUE;
    if (!mark(job, index, RELEASE_REJECTED, NULL))
        job->result->warning = g_strdup_printf("%s could not be marked as rejected", index);
    if (g_error_matches(trouble, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED)) {
        g_error_free(failed);
        g_propagate_prefixed_error(error, trouble,
                                   "%s is kept aside, since a gate has failed: ", index);
        return;
    }
    if (trouble != NULL)
        g_prefix_error(&failed, "not all gates were run (%s); ", trouble->message);
    g_clear_error(&trouble);
    g_propagate_prefixed_error(error, failed, "%s is kept aside for inspection: ", index);
}

/* Marks the index complete, or rejected if a gate failed, whatever went wrong after it. */
static gboolean pass_gates(Job *job, const char *index, const Catalogue *catalogue, GError **error)
{
    g_autoptr(ReleaseMeta) live = NULL;
    g_autoptr(GError) failed = NULL, trouble = NULL;
    begin_step(job, "gates");
    if (!release_fetch_live(&live, job->client, &job->standing, catalogue, &job->options->gates,
                            error))
        return FALSE;
    const GateSubject subject = {
        .client = job->client,
        .bundle = job->bundle,
        .index = index,
        .live = live,
        .options = &job->options->gates,
    };
    const gboolean all_run = gates_run(job->result->gates, &subject, &trouble);
    if (!gates_check(job->result->gates, &failed)) {
        reject(job, index, g_steal_pointer(&failed), g_steal_pointer(&trouble), error);
        return FALSE;
    }
    if (!all_run)
        g_propagate_error(error, g_steal_pointer(&trouble));
    return all_run && mark(job, index, RELEASE_COMPLETE, error);
}

/* The release is live: whatever fails here is a warning. */
static void prune(Job *job)
{
    g_autoptr(GError) failure = NULL;
    if (job->options->keep == 0)
        return;
    begin_step(job, "prune");
    g_autoptr(Catalogue) catalogue = catalogue_fetch(job->client, job->options->alias, &failure);
    if (catalogue != NULL) {
        g_autoptr(GPtrArray) surplus = catalogue_to_prune(catalogue, job->options->keep);
        if (catalogue_delete(job->client, surplus, job->result->deleted, &failure))
            return;
    }
    job->result->warning =
        g_strdup_printf("old releases could not be pruned: %s", failure->message);
}

/* From the index, which is there, to the swap. */
static Swap fill_and_swap(Job *job, const char *index, const Catalogue *catalogue, GError **error)
{
    begin_step(job, "load");
    if (!load_index(&job->result->load, job->client, index, job->bundle, job->options->doc_ids,
                    &job->options->load, error) ||
        !pass_gates(job, index, catalogue, error) || interrupt_requested(error) ||
        !lock_check(job->lock, error))
        return SWAP_REFUSED;
    begin_step(job, "swap");
    return standing_swap(job->client, &job->standing, job->options->alias, index, error);
}

/* If the lock is another's by now, that is why: whoever has it deletes what we work on, and may
 * have moved the alias. */
static void tell_lost_lock(GError **error, GError *lost)
{
    if (g_error_matches(*error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED)) {
        g_error_free(lost);
        return;
    }
    if (!g_error_matches(*error, RECSYS_ERROR, RECSYS_ERROR_LOCKED))
        g_prefix_error(&lost, "nothing of this job is live: %s; ", (*error)->message);
    g_clear_error(error);
    g_propagate_error(error, lost);
}

/* The alias has not moved. Without the lock nothing may be deleted, not even under the name that
 * our index had: another job of this second may have given it to its own. */
static void give_up(Job *job, char *index, GError **error)
{
    g_autoptr(GError) lost = NULL;
    es_client_set_interruptible(job->client, FALSE);
    const gboolean is_ours = lock_check(job->lock, &lost);
    es_client_set_interruptible(job->client, TRUE);
    if (g_error_matches(lost, RECSYS_ERROR, RECSYS_ERROR_LOCKED)) {
        tell_lost_lock(error, g_steal_pointer(&lost));
        return;
    }
    if (job->result->is_rejected)
        job->result->index = g_strdup(index);
    else if (is_ours)
        new_index_discard(job->client, index, error);
    else
        g_prefix_error(error, "(the unfinished index %s is left behind: %s) ", index,
                       lost->message);
    g_prefix_error(error, "%s is as it was: ", job->options->alias);
}

static gboolean run(Job *job, GError **error)
{
    ReleaseResult *result = job->result;
    if (!lock(job, error))
        return FALSE;
    g_autoptr(Catalogue) catalogue = catalogue_fetch(job->client, job->options->alias, error);
    if (catalogue == NULL || !clean_up_after_others(job, catalogue, error))
        return FALSE;
    begin_step(job, "create");
    const NewIndex wanted = {job->options->alias, job->options->doc_ids, &job->options->load,
                             result->deleted};
    g_autofree char *index = new_index_create(job->client, job->bundle, &wanted, error);
    if (index == NULL)
        return FALSE;
    g_autoptr(GError) failure = NULL;
    const Swap swap = fill_and_swap(job, index, catalogue, &failure);
    if (swap == SWAP_REFUSED)
        give_up(job, index, &failure);
    else
        result->index = g_steal_pointer(&index);
    if (swap != SWAP_DONE) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    result->is_live = TRUE;
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
    };
    gboolean released = check_dimensions(bundle, options, error) &&
                        document_ids_check(bundle, options->doc_ids, error) && run(&job, error);
    end_step(&job);
    result->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    return released;
}
