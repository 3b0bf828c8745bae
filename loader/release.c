#include "release.h"

#include <string.h>

#include "index_definition.h"
#include "interrupt.h"
#include "recsys_error.h"

void release_result_clear(ReleaseResult *result)
{
    g_free(result->index);
    g_free(result->previous);
    *result = (ReleaseResult){0};
}

/* ---- what is there ---- */

typedef struct {
    GPtrArray *indices;   /* char *: what the alias stands for now */
    gboolean is_concrete; /* an index has the alias's own name */
    char *foreign;        /* one of `indices` that is not a release, or NULL */
} Standing;

static void standing_clear(Standing *standing)
{
    g_clear_pointer(&standing->indices, g_ptr_array_unref);
    g_clear_pointer(&standing->foreign, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Standing, standing_clear)

static gboolean look(Standing *standing, EsClient *client, const char *alias, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *name = es_escape(alias);
    g_autofree char *path = g_strdup_printf("/%s/_mapping", name);
    standing->indices = g_ptr_array_new_with_free_func(g_free);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, &failure);
    if (answer == NULL) {
        if (g_error_matches(failure, ES_ERROR, 404))
            return TRUE; /* the first release */
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    for (gsize i = 0; YAJL_IS_OBJECT(answer) && i < answer->u.object.len; i++) {
        const char *index = answer->u.object.keys[i];
        standing->is_concrete |= strcmp(index, alias) == 0;
        g_ptr_array_add(standing->indices, g_strdup(index));
        if (!release_meta_is_ours(answer->u.object.values[i]) && standing->foreign == NULL)
            standing->foreign = g_strdup(index);
    }
    return TRUE;
}

static char *join_names(const Standing *standing)
{
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < standing->indices->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? "," : "",
                               (const char *)g_ptr_array_index(standing->indices, i));
    return g_string_free(names, FALSE);
}

static gboolean check_way_is_free(const Standing *standing, const ReleaseOptions *options,
                                  GError **error)
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

static char *new_index_name(const char *alias, const char *model_id)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y%m%d-%H%M%S");
    return g_strdup_printf("%s-%s-%s", alias, time, model_id);
}

static gboolean call(EsClient *client, const char *method, const char *index, const char *action,
                     const char *body, GError **error)
{
    g_autofree char *name = es_escape(index);
    g_autofree char *path = g_strdup_printf("/%s%s", name, action);
    g_auto(yajl_val) answer = es_call_json(client, method, path, body, error);
    return answer != NULL && es_check_complete(answer, path, error);
}

static char *definition_of(const Bundle *bundle, const ReleaseOptions *options)
{
    g_autofree char *text = index_definition_of(bundle, options->doc_ids);
    if (options->shards == 0)
        return g_steal_pointer(&text);
    GString *definition = g_string_new(text);
    g_autofree char *shards = g_strdup_printf("\"number_of_shards\": %u", options->shards);
    guint replaced = g_string_replace(definition, "\"number_of_shards\": 1", shards, 1);
    g_assert(replaced == 1);
    return g_string_free(definition, FALSE);
}

/* Not to be interrupted: a creation whose answer is not waited for may still happen. */
static gboolean create(EsClient *client, const char *index, const Bundle *bundle,
                       const ReleaseOptions *options, GError **error)
{
    g_autofree char *definition = definition_of(bundle, options);
    es_client_set_interruptible(client, FALSE);
    g_autoptr(GError) failure = NULL;
    gboolean created = call(client, "PUT", index, "", definition, &failure);
    es_client_set_interruptible(client, TRUE);
    if (created)
        return TRUE;
    if (failure->domain == ES_ERROR && strstr(failure->message, "resource_already_exists") != NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_LOCKED,
                    "another release of this model began in the same second: try again (%s)",
                    failure->message);
    else
        g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean check_count(EsClient *client, const char *index, guint expected, GError **error)
{
    gint64 count = -1;
    g_autofree char *name = es_escape(index);
    g_autofree char *path = g_strdup_printf("/%s/_count", name);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, error);
    if (answer == NULL || !es_check_complete(answer, "the count", error))
        return FALSE;
    if (json_get_int(answer, "count", &count) && count == expected)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                "%s has %" G_GINT64_FORMAT " documents, the bundle %u", index, count, expected);
    return FALSE;
}

/* No segments and no copies for readers that are not there yet. */
#define WHILE_LOADING                                                                              \
    "{\"index\":{\"refresh_interval\":\"-1\",\"auto_expand_replicas\":false,"                      \
    "\"number_of_replicas\":0}}"
#define SECONDS_FOR_COPIES 60

static gboolean restore_settings(EsClient *client, const char *index, const char *replicas,
                                 GError **error)
{
    g_autofree char *body = g_strdup_printf("{\"index\":{\"refresh_interval\":null,%s%s}}",
                                            replicas != NULL ? "\"number_of_replicas\":"
                                                             : "\"auto_expand_replicas\":\"0-1\"",
                                            replicas != NULL ? replicas : "");
    return call(client, "PUT", index, "/_settings", body, error);
}

/* Waits until all copies are there, for a while; what must be there is each primary. A user who may
 * not ask for the health goes on: without a primary the count fails. */
static gboolean wait_for_copies(EsClient *client, const char *index, GError **error)
{
    const char *const statuses[] = {"green", "yellow"};
    const int seconds[] = {SECONDS_FOR_COPIES, 1};
    g_autofree char *name = es_escape(index);
    for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *path = g_strdup_printf(
            "/_cluster/health/%s?wait_for_status=%s&timeout=%ds", name, statuses[i], seconds[i]);
        g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, &failure);
        if (answer != NULL || g_error_matches(failure, ES_ERROR, 403))
            return TRUE;
        if (i + 1 < G_N_ELEMENTS(statuses) && g_error_matches(failure, ES_ERROR, 408))
            continue; /* not within this time */
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return TRUE;
}

static gboolean fill(ReleaseResult *result, EsClient *client, const char *index,
                     const Bundle *bundle, const ReleaseOptions *options, GError **error)
{
    static const BulkOptions usual = BULK_OPTIONS_DEFAULT;
    const BulkOptions *bulk = options->bulk != NULL ? options->bulk : &usual;
    if (!call(client, "PUT", index, "/_settings", WHILE_LOADING, error))
        return FALSE;
    const gint64 started = g_get_monotonic_time();
    if (!bulk_load(&result->bulk, client, index, bundle, options->doc_ids, bulk, error))
        return FALSE;
    result->bulk_seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    return restore_settings(client, index, options->replicas, error) &&
           call(client, "POST", index, "/_refresh", NULL, error) &&
           wait_for_copies(client, index, error) &&
           check_count(client, index, bundle->model->n, error) && !interrupt_requested(error);
}

static void put_alias_action(yajl_gen json, const char *action, const char *index,
                             const char *alias)
{
    yajl_gen_map_open(json);
    json_put_key(json, action);
    yajl_gen_map_open(json);
    json_put_member_string(json, "index", index);
    if (alias != NULL)
        json_put_member_string(json, "alias", alias);
    if (strcmp(action, "remove") == 0)
        json_put_member_bool(json, "must_exist", FALSE);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

static void open_actions(yajl_gen json)
{
    yajl_gen_map_open(json);
    json_put_key(json, "actions");
    yajl_gen_array_open(json);
}

static char *close_actions(yajl_gen json)
{
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

static char *swap_body(const Standing *standing, const char *alias, const char *index)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    open_actions(json);
    /* From all indices, not from those seen at the beginning: another release may have ended since,
     * and an alias of two releases could not be read. */
    if (standing->is_concrete)
        put_alias_action(json, "remove_index", alias, NULL);
    else
        put_alias_action(json, "remove", "*", alias);
    put_alias_action(json, "add", index, alias);
    return close_actions(json);
}

typedef enum { SWAP_DONE, SWAP_REFUSED, SWAP_UNKNOWN } Swap;

/* After an answer that was lost only the cluster knows whether the alias has moved. */
static Swap ask_whether_swapped(EsClient *client, const char *alias, const char *index)
{
    g_auto(Standing) now = {0};
    if (!look(&now, client, alias, NULL))
        return SWAP_UNKNOWN;
    return now.indices->len == 1 && strcmp(g_ptr_array_index(now.indices, 0), index) == 0
               ? SWAP_DONE
               : SWAP_REFUSED;
}

/* One call: readers see the old release or the new one, never neither. A signal waits for its end,
 * because half-way through nobody could say which release is live. */
static Swap swap_alias(EsClient *client, const Standing *standing, const char *alias,
                       const char *index, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *body = swap_body(standing, alias, index);
    es_client_set_interruptible(client, FALSE);
    g_auto(yajl_val) answer = es_call_json(client, "POST", "/_aliases", body, &failure);
    Swap swap = answer != NULL ? SWAP_DONE : SWAP_REFUSED;
    /* A gateway's 502 to 504 says no more about it than a lost connection. */
    if (answer == NULL &&
        (failure->domain != ES_ERROR || es_exit_code(failure) == RECSYS_ERROR_UNREACHABLE))
        swap = ask_whether_swapped(client, alias, index);
    es_client_set_interruptible(client, TRUE);
    if (swap == SWAP_DONE)
        return swap;
    if (swap == SWAP_UNKNOWN)
        g_prefix_error(
            &failure,
            "whether %s has moved to %s is not known (GET /_alias tells); both are kept: ", alias,
            index);
    g_propagate_error(error, g_steal_pointer(&failure));
    return swap;
}

static const char *latest(const Standing *standing)
{
    const char *latest = g_ptr_array_index(standing->indices, 0);
    for (guint i = 1; i < standing->indices->len; i++) {
        const char *index = g_ptr_array_index(standing->indices, i);
        latest = strcmp(index, latest) > 0 ? index : latest;
    }
    return latest;
}

/* Two swaps at the very same moment leave an alias of two releases. Whoever sees that takes it from
 * all but the latest by name, so that both come to the same end. The swap is done: if the cluster
 * cannot be asked any more, that is no failure. */
static gboolean settle(EsClient *client, const char *alias, const char *index, GError **error)
{
    g_auto(Standing) now = {0};
    if (!look(&now, client, alias, NULL))
        return TRUE;
    if (now.indices->len == 1 && strcmp(g_ptr_array_index(now.indices, 0), index) == 0)
        return TRUE;
    const char *live = now.indices->len > 0 ? latest(&now) : "nothing";
    if (now.indices->len > 1) {
        g_auto(yajl_gen) json = json_generator_new(FALSE);
        open_actions(json);
        for (guint i = 0; i < now.indices->len; i++)
            if (strcmp(g_ptr_array_index(now.indices, i), live) != 0)
                put_alias_action(json, "remove", g_ptr_array_index(now.indices, i), alias);
        g_autofree char *body = close_actions(json);
        g_auto(yajl_val) answer = es_call_json(client, "POST", "/_aliases", body, error);
        if (answer == NULL)
            return FALSE;
    }
    if (strcmp(live, index) == 0)
        return TRUE;
    g_set_error(
        error, RECSYS_ERROR, RECSYS_ERROR_LOCKED,
        "another release of %s ended at the same moment: %s is live, %s is complete but is not",
        alias, live, index);
    return FALSE;
}

/* Deletes the unfinished index, also after Ctrl-C; if even that fails the message says so. */
static void discard(EsClient *client, const char *index, GError **error)
{
    g_autoptr(GError) failure = NULL;
    es_client_set_interruptible(client, FALSE);
    if (!call(client, "DELETE", index, "", NULL, &failure))
        g_prefix_error(error, "(the unfinished index %s is left behind: %s) ", index,
                       failure->message);
    es_client_set_interruptible(client, TRUE);
}

gboolean release_bundle(ReleaseResult *result, EsClient *client, const Bundle *bundle,
                        const ReleaseOptions *options, GError **error)
{
    const gint64 started = g_get_monotonic_time();
    g_auto(Standing) standing = {0};
    if (!look(&standing, client, options->alias, error) ||
        !check_way_is_free(&standing, options, error))
        return FALSE;

    g_autofree char *index = new_index_name(options->alias, bundle->model_id);
    if (!create(client, index, bundle, options, error))
        return FALSE;
    Swap swap = SWAP_REFUSED;
    if (fill(result, client, index, bundle, options, error))
        swap = swap_alias(client, &standing, options->alias, index, error);
    if (swap == SWAP_REFUSED) {
        discard(client, index, error);
        g_prefix_error(error, "%s is as it was: ", options->alias);
    }
    if (swap != SWAP_DONE)
        return FALSE;
    es_client_set_interruptible(client, FALSE);
    gboolean settled = settle(client, options->alias, index, error);
    es_client_set_interruptible(client, TRUE);
    if (!settled)
        return FALSE;
    if (standing.indices->len > 0 && !standing.is_concrete)
        result->previous = join_names(&standing);
    result->index = g_steal_pointer(&index);
    result->documents = bundle->model->n;
    result->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    return TRUE;
}
