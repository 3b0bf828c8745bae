#include "new_index.h"

#include <string.h>

#include "catalogue.h"
#include "index_definition.h"
#include "recsys_error.h"

#define MOST_NAMES 60 /* that are tried, a second apart */

static gboolean create_as(EsClient *client, const char *index, const Bundle *bundle,
                          const NewIndex *wanted, GError **error)
{
    const IndexForm form = {wanted->doc_ids, wanted->load->knn, RELEASE_LOADING};
    g_autofree char *usual = index_definition_in_form(bundle, &form);
    g_autofree char *definition = load_definition(usual, index, wanted->load);
    es_client_set_interruptible(client, FALSE);
    gboolean created = load_call(client, "PUT", index, "", definition, error);
    es_client_set_interruptible(client, TRUE);
    return created;
}

/* Names have the time to the second. If there is a release of this model of the same second, the
 * new one is named after the next. */
static char *create_under_free_name(EsClient *client, const Bundle *bundle, const NewIndex *wanted,
                                    GError **error)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GError) failure = NULL;
    for (guint later = 0; later < MOST_NAMES; later++) {
        g_autoptr(GDateTime) time = g_date_time_add_seconds(now, later);
        g_autofree char *index = catalogue_release_name(wanted->alias, time, bundle->model_id);
        if (g_ptr_array_find_with_equal_func((GPtrArray *)wanted->used, index, g_str_equal, NULL))
            continue;
        g_clear_error(&failure);
        if (create_as(client, index, bundle, wanted, &failure))
            return g_steal_pointer(&index);
        if (failure->domain != ES_ERROR ||
            strstr(failure->message, "resource_already_exists") == NULL)
            break;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

/* Templates of the cluster add their aliases to whatever has a name that fits. */
static gboolean check_aliases(EsClient *client, const char *index, GError **error)
{
    g_autofree char *own = load_alias(index);
    g_autofree char *path = g_strdup_printf("/%s/_alias", index);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, error);
    if (answer == NULL)
        return FALSE;
    yajl_val aliases = json_get(json_member(answer, index), "aliases");
    for (gsize i = 0; YAJL_IS_OBJECT(aliases) && i < aliases->u.object.len; i++)
        if (strcmp(aliases->u.object.keys[i], own) != 0) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                        "a template of the cluster (GET /_index_template, GET /_template) puts "
                        "every index of a name like %s behind the alias %s, where readers would "
                        "see it before it is whole: take the alias out of the template",
                        index, aliases->u.object.keys[i]);
            return FALSE;
        }
    return TRUE;
}

char *new_index_create(EsClient *client, const Bundle *bundle, const NewIndex *wanted,
                       GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *index = create_under_free_name(client, bundle, wanted, error);
    if (index == NULL || check_aliases(client, index, &failure))
        return g_steal_pointer(&index);
    new_index_discard(client, index, &failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

void new_index_discard(EsClient *client, const char *index, GError **error)
{
    g_autoptr(GError) failure = NULL;
    es_client_set_interruptible(client, FALSE);
    if (!load_call(client, "DELETE", index, "", NULL, &failure) &&
        !g_error_matches(failure, ES_ERROR, 404))
        g_prefix_error(error, "(the unfinished index %s is left behind: %s) ", index,
                       failure->message);
    es_client_set_interruptible(client, TRUE);
}
