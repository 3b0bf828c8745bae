#include "point_in_time.h"

#include <string.h>

#include "recsys_error.h"

char *point_in_time_open(EsClient *client, const char *index, GError **error)
{
    g_autofree char *name = es_escape(index);
    g_autofree char *path = g_strdup_printf("/%s/_pit?keep_alive=" POINT_IN_TIME_KEEP_ALIVE, name);
    g_auto(yajl_val) answer = es_call_json(client, "POST", path, NULL, error);
    if (answer == NULL || !es_check_shards(answer, "the point in time", error))
        return NULL;
    const char *id = json_get_string(answer, "id");
    if (id == NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "POST %s gave no id", path);
    return g_strdup(id);
}

void point_in_time_close(EsClient *client, const char *id)
{
    if (id == NULL)
        return;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "id", id);
    yajl_gen_map_close(json);
    g_autofree char *body = json_take(json, NULL);
    g_auto(yajl_val) answer = es_call_json(client, "DELETE", "/_pit", body, NULL);
    (void)answer;
}

void point_in_time_put(yajl_gen json, const char *id)
{
    json_put_key(json, "pit");
    yajl_gen_map_open(json);
    json_put_member_string(json, "id", id);
    json_put_member_string(json, "keep_alive", POINT_IN_TIME_KEEP_ALIVE);
    yajl_gen_map_close(json);
}

void point_in_time_update(char **id, yajl_val answer)
{
    const char *latest = json_get_string(answer, "pit_id");
    if (latest == NULL || strcmp(latest, *id) == 0)
        return;
    g_free(*id);
    *id = g_strdup(latest);
}
