#include "standing.h"

#include <string.h>

#include "recsys_error.h"
#include "release_meta.h"

void standing_clear(Standing *standing)
{
    g_clear_pointer(&standing->indices, g_ptr_array_unref);
    g_clear_pointer(&standing->foreign, g_free);
}

void standing_read(Standing *standing, yajl_val answer, const char *alias)
{
    standing->indices = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; YAJL_IS_OBJECT(answer) && i < answer->u.object.len; i++) {
        const char *index = answer->u.object.keys[i];
        standing->is_concrete |= strcmp(index, alias) == 0;
        g_ptr_array_add(standing->indices, g_strdup(index));
        if (!release_meta_is_ours(answer->u.object.values[i]) && standing->foreign == NULL)
            standing->foreign = g_strdup(index);
    }
}

gboolean standing_look(Standing *standing, EsClient *client, const char *alias, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *name = es_escape(alias);
    g_autofree char *path = g_strdup_printf("/%s/_mapping", name);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, &failure);
    standing_read(standing, answer, alias); /* after 404 nothing: the first release */
    if (answer != NULL || g_error_matches(failure, ES_ERROR, 404))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

char *standing_names(const Standing *standing)
{
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < standing->indices->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? "," : "",
                               (const char *)g_ptr_array_index(standing->indices, i));
    return g_string_free(names, FALSE);
}

/* From whatever "*" stands for, since another release may have ended since anybody looked, and by
 * name from those seen, since "*" leaves out what is hidden or closed: an alias of two releases
 * could not be read. */
static void put_removal(yajl_gen json, const Standing *seen, const char *alias)
{
    g_autoptr(GPtrArray) from = g_ptr_array_new();
    g_ptr_array_add(from, "*");
    for (guint i = 0; i < seen->indices->len; i++)
        g_ptr_array_add(from, g_ptr_array_index(seen->indices, i));
    yajl_gen_map_open(json);
    json_put_key(json, "remove");
    yajl_gen_map_open(json);
    json_put_member_strings(json, "indices", from);
    json_put_member_string(json, "alias", alias);
    json_put_member_bool(json, "must_exist", FALSE);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

static void put_action(yajl_gen json, const char *action, const char *index, const char *alias)
{
    yajl_gen_map_open(json);
    json_put_key(json, action);
    yajl_gen_map_open(json);
    json_put_member_string(json, "index", index);
    if (alias != NULL)
        json_put_member_string(json, "alias", alias);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

static char *swap_body(const Standing *seen, gboolean replaces_index, const char *alias,
                       const char *index)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_key(json, "actions");
    yajl_gen_array_open(json);
    if (replaces_index)
        put_action(json, "remove_index", alias, NULL);
    else
        put_removal(json, seen, alias);
    put_action(json, "add", index, alias);
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

/* `failure` is what came instead of an acknowledgement, or NULL. */
static Swap judge_swap(EsClient *client, const char *alias, const char *index,
                       const GError *failure, GError **error)
{
    g_auto(Standing) now = {0};
    if (!standing_look(&now, client, alias, NULL)) {
        if (failure == NULL)
            return SWAP_DONE;
        g_propagate_prefixed_error(error, g_error_copy(failure),
                                   "whether %s has moved to %s is not known (GET /_alias tells); "
                                   "both are kept: ",
                                   alias, index);
        return SWAP_UNKNOWN;
    }
    g_autofree char *names = standing_names(&now);
    if (strcmp(names, index) == 0)
        return SWAP_DONE;
    if (failure == NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "%s was to move to %s and stands for %s: somebody else moves it too; nothing "
                    "is deleted, `recsys-loader rollback RELEASE` makes it stand for one",
                    alias, index, names[0] != '\0' ? names : "nothing");
    else
        /* It may be under way: to delete the new index now would be to delete what is live soon. */
        g_propagate_prefixed_error(error, g_error_copy(failure),
                                   "%s has not moved to %s so far, and still may (GET /_alias "
                                   "tells); both are kept: ",
                                   alias, index);
    return SWAP_UNKNOWN;
}

Swap standing_swap(EsClient *client, const Standing *standing, const char *alias, const char *index,
                   GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_auto(Standing) now = {0};
    if (!standing_look(&now, client, alias, error))
        return SWAP_REFUSED;
    g_autofree char *body = swap_body(&now, standing->is_concrete, alias, index);
    es_client_set_interruptible(client, FALSE);
    yajl_tree_free(es_call_json(client, "POST", "/_aliases", body, &failure));
    Swap swap = SWAP_REFUSED;
    if (failure != NULL && failure->domain == ES_ERROR && failure->code < 500)
        g_propagate_error(error, g_steal_pointer(&failure));
    else
        swap = judge_swap(client, alias, index, failure, error);
    es_client_set_interruptible(client, TRUE);
    return swap;
}
