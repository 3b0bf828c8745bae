#include "trial.h"

#include <string.h>

#include "load.h"
#include "lock.h"
#include "point_in_time.h"
#include "recsys_error.h"
#include "standing.h"
#include "throwaway.h"

#define KIND "doctor"
#define MADE_BY "recsys-loader doctor"

#define BULK "{\"index\":{\"_id\":\"1\"}}\n{\"embedding\":[1,1],\"bias\":0.5}\n"

#define WHILE_LOADING                                                                              \
    "{\"index\":{\"refresh_interval\":\"-1\",\"auto_expand_replicas\":false,"                      \
    "\"number_of_replicas\":0}}"
#define LOADED "{\"index\":{\"refresh_interval\":null,\"auto_expand_replicas\":\"0-1\"}}"

#define MAPPING "{\"_meta\":{\"created_by\":\"" MADE_BY "\",\"state\":\"complete\"}}"

#define SEARCH                                                                                     \
    "{\"query\":{\"script_score\":{\"query\":{\"match_all\":{}},\"script\":{\"source\":"           \
    "\"params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value\","         \
    "\"params\":{\"shift\":1,\"query_vector\":[1,2]}}}}}"

#define RIGHTS                                                                                     \
    "the user needs manage, index and read on ALIAS and ALIAS-* (examples/security of the "        \
    "source)"

typedef struct {
    EsClient *client;
    const char *alias;
    char *index;
} Trial;

/* ---- what is tried ---- */

static char *definition(const Trial *trial)
{
    g_autofree char *alias = load_alias(trial->index);
    return g_strdup_printf("{\"aliases\":{\"%s\":{}},\"settings\":{\"number_of_shards\":1,"
                           "\"auto_expand_replicas\":\"0-1\"},\"mappings\":{\"dynamic\":\"strict\","
                           "\"_meta\":{\"created_by\":\"" MADE_BY "\"},\"properties\":{"
                           "\"embedding\":{\"type\":\"dense_vector\",\"dims\":2,\"index\":false},"
                           "\"bias\":{\"type\":\"double\"}}}}",
                           alias);
}

static gboolean try_settings(const Trial *trial, GError **error)
{
    return load_call(trial->client, "PUT", trial->index, "/_settings", WHILE_LOADING, error) &&
           load_call(trial->client, "PUT", trial->index, "/_settings", LOADED, error);
}

static gboolean check_item(const Trial *trial, yajl_val answer, GError **error)
{
    gint64 status = 0;
    yajl_val item = json_get(json_array_get(json_get(answer, "items"), 0), "index");
    if (json_get_int(item, "status", &status) && status >= 200 && status < 300)
        return TRUE;
    g_autofree char *reason = es_client_reason(trial->client, item);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "a document is refused: %s",
                reason != NULL ? reason : "no item in the answer");
    return FALSE;
}

static gboolean try_bulk(const Trial *trial, GError **error)
{
    g_autofree char *alias = load_alias(trial->index);
    g_autofree char *name = es_escape(alias);
    g_autofree char *path = g_strdup_printf("/%s/_bulk?require_alias=true", name);
    g_autofree char *action = g_strdup_printf("/_alias/%s", name);
    g_auto(yajl_val) answer =
        es_call(trial->client, "POST", path, ES_NDJSON, BULK, strlen(BULK), error);
    return answer != NULL && check_item(trial, answer, error) &&
           load_call(trial->client, "DELETE", trial->index, action, NULL, error) &&
           load_call(trial->client, "POST", trial->index, "/_refresh", NULL, error);
}

static gboolean try_mapping(const Trial *trial, GError **error)
{
    return load_call(trial->client, "PUT", trial->index, "/_mapping", MAPPING, error) &&
           load_call(trial->client, "GET", trial->index, "", NULL, error);
}

static gboolean try_point_in_time(const Trial *trial, GError **error)
{
    g_autofree char *id = point_in_time_open(trial->client, trial->index, error);
    if (id == NULL)
        return FALSE;
    g_auto(yajl_gen) search = json_generator_new(FALSE), end = json_generator_new(FALSE);
    yajl_gen_map_open(search);
    point_in_time_put(search, id);
    yajl_gen_map_close(search);
    yajl_gen_map_open(end);
    json_put_member_string(end, "id", id);
    yajl_gen_map_close(end);
    g_autofree char *search_body = json_take(search, NULL), *end_body = json_take(end, NULL);
    g_auto(yajl_val) found = es_call_json(trial->client, "POST", "/_search", search_body, error);
    g_auto(yajl_val) ended =
        es_call_json(trial->client, "DELETE", "/_pit", end_body, found != NULL ? error : NULL);
    return found != NULL && ended != NULL && es_check_search(found, "/_search", error);
}

static gboolean try_read(const Trial *trial, GError **error)
{
    return load_call(trial->client, "GET", trial->index, "/_count", NULL, error) &&
           load_call(trial->client, "POST", trial->index, "/_mget", "{\"ids\":[\"1\"]}", error) &&
           load_call(trial->client, "GET", trial->index, "/_settings", NULL, error) &&
           try_point_in_time(trial, error);
}

static gboolean try_script(const Trial *trial, GError **error)
{
    return load_call(trial->client, "POST", trial->index, "/_search", SEARCH, error);
}

/* A lock of the throw-away index's own name, which is taken, renewed and given back as that of a
 * release is. */
static gboolean try_locking(const Trial *trial, GError **error)
{
    const LockOptions options = {.seconds = LOCK_SECONDS};
    g_autoptr(Lock) lock = lock_acquire(trial->client, trial->index, "doctor", &options, error);
    return lock != NULL && lock_check(lock, error);
}

/* Twice, as a first release does and as a later one does; then with the alias itself, which a user
 * may be refused for its own name. It is not one of this index, so nothing happens to it. */
static gboolean try_swap(const Trial *trial, GError **error)
{
    g_autofree char *alias = g_strconcat(trial->index, "-live", NULL);
    for (guint i = 0; i < 2; i++) {
        g_auto(Standing) standing = {0};
        if (!standing_look(&standing, trial->client, alias, error) ||
            standing_swap(trial->client, &standing, alias, trial->index, error) != SWAP_DONE)
            return FALSE;
    }
    g_autofree char *body = g_strdup_printf(
        "{\"actions\":[{\"remove\":{\"index\":\"%s\",\"alias\":\"%s\",\"must_exist\":false}},"
        "{\"add\":{\"index\":\"%s\",\"alias\":\"%s\"}}]}",
        trial->index, trial->alias, trial->index, alias);
    g_auto(yajl_val) answer = es_call_json(trial->client, "POST", "/_aliases", body, error);
    return answer != NULL;
}

static const struct {
    const char *check, *well, *way_out;
    gboolean (*try)(const Trial *trial, GError **error);
} trials[] = {
    {"settings", "refresh and replicas can be set for the load, and set back", RIGHTS,
     try_settings},
    {"bulk", "documents are indexed through an alias, which is taken off again", RIGHTS, try_bulk},
    {"mapping", "an index can be marked complete", RIGHTS, try_mapping},
    {"read", "documents can be counted, fetched and read at a point in time", RIGHTS, try_read},
    {"script", "script_score ranks by dot product",
     "allow inline scripts (script.allowed_types, script.allowed_contexts) and expensive queries "
     "(search.allow_expensive_queries)",
     try_script},
    {"locking", "a lock can be taken, renewed and given back by script",
     "allow inline scripts for updates (script.allowed_types, script.allowed_contexts)",
     try_locking},
    {"swap", "an alias can be moved in one step", RIGHTS, try_swap},
};

/* ---- the index ---- */

/* With its lock in one step, so that as long as there is a lock there is the index by which it is
 * found. */
static gboolean delete (EsClient *client, const char *index, GError **error)
{
    g_autofree char *name = es_escape(index);
    g_autofree char *path = g_strdup_printf("/%s,%s-lock?ignore_unavailable=true", name, name);
    g_auto(yajl_val) answer = es_call_json(client, "DELETE", path, NULL, error);
    return answer != NULL;
}

static void delete_older(const Trial *trial)
{
    g_autoptr(GPtrArray) older =
        throwaway_left_behind(trial->client, trial->alias, KIND, MADE_BY, trial->index);
    for (guint i = 0; i < older->len; i++)
        if (!delete (trial->client, g_ptr_array_index(older, i), NULL))
            return;
}

/* ---- all of it ---- */

static void result_free(gpointer data)
{
    TrialResult *result = data;
    g_clear_error(&result->failure);
    g_free(result);
}

static TrialResult *add(GPtrArray *results, const char *check, const char *well,
                        const char *way_out)
{
    TrialResult *result = g_new0(TrialResult, 1);
    *result = (TrialResult){.check = check, .well = well, .way_out = way_out};
    g_ptr_array_add(results, result);
    return result;
}

static void run_trials(const Trial *trial, GPtrArray *results, gboolean is_made)
{
    for (guint i = 0; i < G_N_ELEMENTS(trials); i++) {
        TrialResult *result = add(results, trials[i].check, trials[i].well, trials[i].way_out);
        result->is_tried = is_made;
        if (is_made && !trials[i].try(trial, &result->failure) &&
            g_error_matches(result->failure, ES_ERROR, 403))
            result->way_out = RIGHTS;
    }
}

GPtrArray *trial_run(EsClient *client, const char *alias)
{
    GPtrArray *results = g_ptr_array_new_with_free_func(result_free);
    g_autofree char *index = throwaway_name(alias, KIND);
    const Trial trial = {client, alias, index};
    g_autofree char *body = definition(&trial);
    TrialResult *result = add(results, "index", "one can be created and deleted", RIGHTS);
    result->is_tried = TRUE;
    es_client_set_interruptible(client, FALSE); /* or it could be made after it was deleted */
    gboolean is_made = load_call(client, "PUT", index, "", body, &result->failure);
    es_client_set_interruptible(client, TRUE);
    if (is_made)
        delete_older(&trial);
    run_trials(&trial, results, is_made);
    es_client_set_interruptible(client, FALSE);
    g_autoptr(GError) left = NULL;
    /* Also when its making failed: an answer can be lost. */
    if (!delete (client, index, &left) && is_made) {
        g_propagate_prefixed_error(&result->failure, g_steal_pointer(&left),
                                   "%s is left behind: ", index);
    }
    es_client_set_interruptible(client, TRUE);
    return results;
}
