#include <math.h>
#include <string.h>

#include "evaluation_print.h"

static void put_estimate(yajl_gen json, Estimate estimate)
{
    yajl_gen_map_open(json);
    json_put_member_double(json, "value", estimate.value);
    if (!isnan(estimate.error))
        json_put_member_double(json, "error", estimate.error);
    yajl_gen_map_close(json);
}

/* Members that there is no figure for are absent. */
static void put_figure(yajl_gen json, const char *key, const Compared *figure)
{
    const struct {
        const char *key;
        Estimate estimate;
    } parts[] = {
        {"model", figure->model},
        {"baseline", figure->baseline},
        {"above_baseline", figure->above_baseline},
        {"other", figure->other},
        {"above_other", figure->above_other},
    };
    json_put_key(json, key);
    yajl_gen_map_open(json);
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (!isnan(parts[i].estimate.value)) {
            json_put_key(json, parts[i].key);
            put_estimate(json, parts[i].estimate);
        }
    yajl_gen_map_close(json);
}

static void put_group(yajl_gen json, const char *key, const Evaluation *result,
                      const EvaluationGroup *group, gboolean other)
{
    json_put_key(json, key);
    yajl_gen_map_open(json);
    json_put_member_int(json, "users", group->people);
    json_put_member_int(json, "rows", group->rows);
    json_put_member_int(json, "ranked_users", group->ranked);
    json_put_member_int(json, "relevant", group->relevant);
    json_put_member_int(json, "relevant_seen", group->relevant_seen);
    if (other)
        json_put_member_int(json, "users_unknown_to_other", group->other_unknown);
    put_figure(json, "rmse", &group->rmse);
    put_figure(json, "mae", &group->mae);
    json_put_key(json, "lists");
    yajl_gen_array_open(json);
    for (guint s = 0; s < result->size_count && group->ranked > 0; s++) {
        yajl_gen_map_open(json);
        json_put_member_int(json, "size", result->sizes[s]);
        for (guint figure = 0; figure < LIST_FIGURES; figure++)
            put_figure(json, list_figure_key(figure), &group->list[s][figure]);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
}

static void put_match(yajl_gen json, const Evaluation *result)
{
    json_put_member_int(json, "rows", result->rows);
    json_put_member_int(json, "scored_rows", result->scored);
    json_put_member_bool(json, "training_rows_known", result->rows_known);
    if (result->rows_known)
        json_put_member_int(json, "training_rows", result->training_rows);
    json_put_key(json, "skipped_rows_by_type");
    yajl_gen_map_open(json);
    for (guint i = 0; i < result->gaps->len; i++) {
        const EvaluationGap *gap = &g_array_index(result->gaps, EvaluationGap, i);
        json_put_member_int(json, gap->type, gap->rows);
    }
    yajl_gen_map_close(json);
    json_put_key(json, "types_without_data");
    yajl_gen_array_open(json);
    for (guint i = 0; i < result->unused->len; i++)
        json_put_string(json, g_ptr_array_index(result->unused, i));
    yajl_gen_array_close(json);
}

static void put_relevant(yajl_gen json, const Evaluation *result)
{
    static const char *const rules[] = {"given", "stars", "share", "all"};
    json_put_member_double(json, "relevant_rating", result->relevant);
    json_put_member_string(json, "relevant_rule", rules[result->rule]);
    json_put_member_int(json, "relevant_unlisted", result->relevant_unlisted);
    json_put_member_int(json, "movies", result->movies);
    json_put_member_int(json, "candidates", result->candidates);
}

static void put_value(yajl_gen json, const char *key, Estimate estimate)
{
    if (!isnan(estimate.value))
        json_put_member_double(json, key, estimate.value);
}

/* The figures of known users with the first size, as they were before there was more. */
static void put_short(yajl_gen json, const Evaluation *result)
{
    const EvaluationGroup *group = &result->group[GROUP_KNOWN];
    json_put_member_int(json, "users", group->people);
    put_value(json, "rmse", group->rmse.model);
    put_value(json, "mae", group->mae.model);
    json_put_member_int(json, "ranked_users", group->ranked);
    json_put_member_int(json, "relevant", group->relevant);
    if (group->ranked == 0)
        return;
    json_put_member_int(json, "top", result->sizes[0]);
    put_value(json, "ndcg", group->list[0][LIST_NDCG].model);
    put_value(json, "recall", group->list[0][LIST_RECALL].model);
    put_value(json, "coverage", group->list[0][LIST_COVERAGE].model);
}

static void put_names(yajl_gen json, const EvaluationNames *names)
{
    g_autofree char *data = g_filename_display_name(names->data);
    json_put_member_string(json, "model_id", names->bundle->model_id);
    if (names->other != NULL)
        json_put_member_string(json, "other_model_id", names->other->model_id);
    json_put_member_string(json, "data", data);
    json_put_member_bool(json, "with_seen", names->with_seen);
}

void evaluation_print_json(const Evaluation *result, const EvaluationNames *names, FILE *out)
{
    static const char *const keys[GROUPS] = {"known", "cold"};
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    put_names(json, names);
    put_match(json, result);
    put_relevant(json, result);
    if (names->seen != NULL) {
        json_put_member_int(json, "seen_rows", result->seen_rows);
        json_put_member_int(json, "seen_matched_rows", result->seen_matched);
    }
    put_short(json, result);
    for (guint group = 0; group < GROUPS; group++)
        if (result->group[group].people > 0)
            put_group(json, keys[group], result, &result->group[group], names->other != NULL);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    fprintf(out, "%s\n", text);
}
