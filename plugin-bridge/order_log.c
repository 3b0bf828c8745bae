#include "order_log.h"

#include "json.h"

static void put_profile(yajl_gen json, const Profile *profile)
{
    json_put_key(json, "profile");
    yajl_gen_array_open(json);
    for (guint i = 0; i < profile_size(profile); i++) {
        yajl_gen_array_open(json);
        json_put_string(json, profile_get(profile, i)->type);
        json_put_string(json, profile_get(profile, i)->value);
        yajl_gen_array_close(json);
    }
    yajl_gen_array_close(json);
}

static void put_answer(yajl_gen json, const OrderLogEntry *entry)
{
    json_put_member_double(json, "shift", entry->shift);
    json_put_key(json, "movies");
    yajl_gen_array_open(json);
    for (guint i = 0; i < entry->movies; i++)
        json_put_string(json, entry->values[i]);
    yajl_gen_array_close(json);
    json_put_key(json, "scores");
    yajl_gen_array_open(json);
    for (guint i = 0; i < entry->movies; i++)
        json_put_float(json, entry->scores[i]);
    yajl_gen_array_close(json);
}

static void put_scores(yajl_gen json, const OrderLogEntry *entry)
{
    json_put_key(json, "exact");
    yajl_gen_array_open(json);
    for (guint i = 0; i < entry->movies; i++)
        json_put_double(json, entry->exact[i].score);
    yajl_gen_array_close(json);
    json_put_key(json, "bounds");
    yajl_gen_array_open(json);
    for (guint i = 0; i < entry->movies; i++)
        json_put_double(json, entry->exact[i].bound);
    yajl_gen_array_close(json);
    json_put_key(json, "right");
    yajl_gen_array_open(json);
    for (guint i = 0; i < entry->movies; i++)
        json_put_bool(json, order_score_is_right(entry->exact[i], entry->scores[i]));
    yajl_gen_array_close(json);
}

static void put_pairs(yajl_gen json, const OrderLogEntry *entry)
{
    json_put_key(json, "verdicts");
    yajl_gen_array_open(json);
    for (guint i = 1; i < entry->movies; i++)
        json_put_string(json, order_pair_name(order_pair(entry->exact[i - 1], entry->exact[i])));
    yajl_gen_array_close(json);
    json_put_key(json, "sorted");
    yajl_gen_array_open(json);
    for (guint i = 1; i < entry->movies; i++)
        json_put_bool(json, order_is_sorted(entry->scores[i - 1], entry->indices[i - 1],
                                            entry->scores[i], entry->indices[i]));
    yajl_gen_array_close(json);
}

void order_log_put(FILE *log, const OrderLogEntry *entry)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    put_profile(json, entry->profile);
    json_put_member_bool(json, "query", entry->query_is_right);
    json_put_member_bool(json, "list", entry->list_is_right);
    put_answer(json, entry);
    if (entry->query_is_right && entry->list_is_right) {
        put_scores(json, entry);
        put_pairs(json, entry);
        json_put_member_bool(json, "set", entry->set_is_right);
    }
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    fprintf(log, "%s\n", text);
}
