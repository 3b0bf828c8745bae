#include "throwaway.h"

#include <string.h>
#include <unistd.h>

#define LEFT_BEHIND_MS 3600000

char *throwaway_name(const char *alias, const char *kind)
{
    return g_strdup_printf("%s-%s-%d-%08x", alias, kind, (int)getpid(), g_random_int());
}

gboolean throwaway_is_name(const char *alias, const char *kind, const char *name)
{
    g_autofree char *prefix = g_strdup_printf("%s-%s-", alias, kind);
    if (!g_str_has_prefix(name, prefix))
        return FALSE;
    const char *rest = name + strlen(prefix);
    gsize digits = strspn(rest, "0123456789");
    return digits > 0 && rest[digits] == '-' && strlen(rest + digits + 1) == 8 &&
           strspn(rest + digits + 1, "0123456789abcdef") == 8;
}

/* By the server's clock, in milliseconds; 0 if it is not said. */
static gint64 created_at(yajl_val entry)
{
    const char *date = json_get_string(entry, "settings.index.creation_date");
    return date != NULL ? g_ascii_strtoll(date, NULL, 10) : 0;
}

GPtrArray *throwaway_left_behind(EsClient *client, const char *alias, const char *kind,
                                 const char *made_by, const char *own)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *name = es_escape(alias);
    g_autofree char *path = g_strdup_printf("/%s-%s-*", name, kind);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, NULL);
    const char *keys[] = {own, NULL};
    yajl_val own_entry = answer != NULL ? yajl_tree_get(answer, keys, yajl_t_object) : NULL;
    if (own_entry == NULL)
        return found;
    const gint64 now = created_at(own_entry);
    for (gsize i = 0; i < answer->u.object.len; i++) {
        const char *other = answer->u.object.keys[i];
        yajl_val entry = answer->u.object.values[i];
        const gint64 created = created_at(entry);
        if (throwaway_is_name(alias, kind, other) && created > 0 &&
            now - created > LEFT_BEHIND_MS &&
            g_strcmp0(json_get_string(entry, "mappings._meta.created_by"), made_by) == 0)
            g_ptr_array_add(found, g_strdup(other));
    }
    return found;
}
