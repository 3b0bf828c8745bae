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

/* After an answer that was lost only the cluster knows whether the alias has moved. */
static Swap ask_whether_swapped(EsClient *client, const char *alias, const char *index)
{
    g_auto(Standing) now = {0};
    if (!standing_look(&now, client, alias, NULL))
        return SWAP_UNKNOWN;
    return now.indices->len == 1 && strcmp(g_ptr_array_index(now.indices, 0), index) == 0
               ? SWAP_DONE
               : SWAP_REFUSED;
}

Swap standing_swap(EsClient *client, const Standing *standing, const char *alias, const char *index,
                   GError **error)
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
