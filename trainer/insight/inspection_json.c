#include "inspection_json.h"

#include <math.h>
#include <string.h>

static void put_if_known(yajl_gen json, const char *key, double value)
{
    if (isfinite(value))
        json_put_member_double(json, key, value);
}

/* The scalars of a section of training.json, whatever keys it has. */
static void put_section(yajl_gen json, const char *key, yajl_val object)
{
    if (!YAJL_IS_OBJECT(object))
        return;
    json_put_key(json, key);
    yajl_gen_map_open(json);
    for (gsize i = 0; i < object->u.object.len; i++) {
        yajl_val value = object->u.object.values[i];
        const char *text = inspection_scalar(value);
        if (text == NULL)
            continue;
        json_put_key(json, object->u.object.keys[i]);
        if (YAJL_IS_STRING(value))
            json_put_string(json, text);
        else if (YAJL_IS_NUMBER(value))
            yajl_gen_number(json, text, strlen(text));
        else
            json_put_bool(json, YAJL_IS_TRUE(value));
    }
    yajl_gen_map_close(json);
}

static void put_training(yajl_gen json, yajl_val training)
{
    static const char *const sections[] = {"dataset", "split", "hyper_parameters", "final"};
    double seconds;
    json_put_key(json, "training");
    yajl_gen_map_open(json);
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++)
        put_section(json, sections[i], json_get(training, sections[i]));
    if (json_get_double(training, "wall_seconds", &seconds))
        json_put_member_double(json, "wall_seconds", seconds);
    yajl_gen_map_close(json);
}

static void put_curve(yajl_gen json, const Curve *curve)
{
    json_put_key(json, "curve");
    yajl_gen_array_open(json);
    for (guint i = 0; i < curve->epochs->len; i++) {
        const EpochFigures *figures = &g_array_index(curve->epochs, EpochFigures, i);
        yajl_gen_map_open(json);
        json_put_member_int(json, "epoch", figures->epoch);
        put_if_known(json, "learning_rate", figures->learning_rate);
        put_if_known(json, "train_rmse", figures->train_rmse);
        put_if_known(json, "valid_rmse", figures->valid_rmse);
        put_if_known(json, "seconds", figures->seconds);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
    if (curve->validated)
        json_put_member_int(json, "best_epoch",
                            g_array_index(curve->epochs, EpochFigures, curve->best).epoch);
}

static void put_spread(yajl_gen json, const char *key, const Spread *spread)
{
    json_put_key(json, key);
    yajl_gen_map_open(json);
    json_put_member_double(json, "min", spread->min);
    json_put_member_double(json, "median", spread->median);
    json_put_member_double(json, "max", spread->max);
    yajl_gen_map_close(json);
}

static void put_types(yajl_gen json, const GArray *types)
{
    json_put_key(json, "types");
    yajl_gen_array_open(json);
    for (guint i = 0; i < types->len; i++) {
        const TypeSummary *summary = &g_array_index(types, TypeSummary, i);
        yajl_gen_map_open(json);
        json_put_member_string(json, "type", summary->type);
        json_put_member_int(json, "features", summary->count);
        put_spread(json, "norm", &summary->norm);
        put_spread(json, "bias", &summary->bias);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
}

/* The members of a movie, into the open object. */
static void put_movie(yajl_gen json, const Bundle *bundle, guint index)
{
    const Feature *movie = feature_table_get(bundle->features, index);
    json_put_member_string(json, "id", movie->value);
    json_put_member_string(json, "title", movie->title != NULL ? movie->title : "");
    if (movie->year != 0)
        json_put_member_int(json, "year", movie->year);
    json_put_key(json, "genres");
    yajl_gen_array_open(json);
    for (const char **genre = movie->genres; genre != NULL && *genre != NULL; genre++)
        json_put_string(json, *genre);
    yajl_gen_array_close(json);
    json_put_member_int(json, "ratings", movie->ratings);
    json_put_key(json, "bias");
    json_put_float(json, bundle->model->bias[index]);
}

static void put_extremes(yajl_gen json, const Inspection *found, const char *key,
                         guint (*movie_at)(const Inspection *, guint))
{
    json_put_key(json, key);
    yajl_gen_array_open(json);
    for (guint i = 0; i < inspection_extremes(found); i++) {
        yajl_gen_map_open(json);
        put_movie(json, found->bundle, movie_at(found, i));
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
}

static void put_neighbours(yajl_gen json, const Inspection *found)
{
    json_put_key(json, "movie");
    yajl_gen_map_open(json);
    put_movie(json, found->bundle, found->movie);
    yajl_gen_map_close(json);
    json_put_key(json, "neighbours");
    yajl_gen_array_open(json);
    for (guint i = 0; i < found->neighbours->len; i++) {
        const Neighbour *neighbour = &g_array_index(found->neighbours, Neighbour, i);
        yajl_gen_map_open(json);
        json_put_member_int(json, "rank", i + 1);
        json_put_member_double(json, "cosine", neighbour->cosine);
        put_movie(json, found->bundle, neighbour->feature);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
}

void inspection_print_json(const Inspection *found, FILE *out)
{
    const Bundle *bundle = found->bundle;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "model_id", bundle->model_id);
    json_put_member_int(json, "features", bundle->model->n);
    json_put_member_int(json, "factors", bundle->model->k);
    if (bundle->form.link == LINK_SIGMOID)
        json_put_member_double(json, "scale", bundle->form.scale);
    model_form_put_members(json, &bundle->form);
    json_put_key(json, "w0");
    json_put_float(json, bundle->model->w0);
    put_training(json, bundle->training);
    put_curve(json, found->curve);
    put_types(json, found->types);
    put_extremes(json, found, "highest_bias", inspection_highest);
    put_extremes(json, found, "lowest_bias", inspection_lowest);
    if (found->neighbours != NULL)
        put_neighbours(json, found);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    fprintf(out, "%s\n", text);
}
