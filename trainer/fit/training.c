#include "training.h"

#include <float.h>
#include <math.h>

#include "recsys_error.h"
#include "row_split.h"

TrainOptions train_options_default(void)
{
    return (TrainOptions){
        .rating_dims = TRAIN_RATING_DIMS,
        .alpha = NAN,
        .lambda = NAN,
        .epochs = 10,
        .factors = 120,
        .batch_size = 1024,
        .learning_rate = 1e-3,
        .weight_decay = 1e-5,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .eps = 1e-8,
        .decay_epoch = 7,
        .decay_factor = 0.1,
        .initial_sigma = 0.01,
        .valid = 0.1,
        .seed = 1,
        .threads = g_get_num_processors(),
    };
}

static gboolean out_of_range(const char *option, const char *range, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--%s must be %s", option, range);
    return FALSE;
}

gboolean train_options_check(const TrainOptions *options, GError **error)
{
    if (options->epochs < 1 || options->epochs > 100000)
        return out_of_range("epochs", "1 to 100000", error);
    if (options->factors < 1 || options->factors > 4096)
        return out_of_range("factors", "1 to 4096, the most dimensions a dense_vector can have",
                            error);
    if (options->batch_size < 1 || options->batch_size > 1 << 20)
        return out_of_range("batch-size", "1 to 1048576", error);
    if (!(options->learning_rate > 0 && options->learning_rate < 1e6))
        return out_of_range("learning-rate", "a positive number", error);
    if (!(options->weight_decay >= 0 && options->weight_decay < 1e6))
        return out_of_range("weight-decay", "0 or a positive number", error);
    if (!(options->beta1 >= 0 && options->beta1 < 1))
        return out_of_range("beta1", "a number from 0 up to, but not including, 1", error);
    if (!(options->beta2 >= 0 && options->beta2 < 1))
        return out_of_range("beta2", "a number from 0 up to, but not including, 1", error);
    if (!((float)options->eps >= FLT_MIN && options->eps < 1))
        return out_of_range("eps", "a positive number below 1 that float32 can hold", error);
    if (!(options->decay_factor > 0 && options->decay_factor <= 1))
        return out_of_range("decay-factor", "a positive number up to 1", error);
    if (!(options->initial_sigma > 0 && options->initial_sigma < 10))
        return out_of_range("initial-sigma", "a positive number below 10", error);
    if (options->rating_sweeps > 100000 || options->ranking_sweeps > 100000)
        return out_of_range("sweeps", "1 to 100000", error);
    if (options->alpha <= 0 || options->alpha > 1e6)
        return out_of_range("alpha", "a positive number, at most 1e6", error);
    if (options->lambda <= 0 || options->lambda > 1e6)
        return out_of_range("lambda", "a positive number, at most 1e6", error);
    if (options->sampler_factors % 16 != 0 || options->sampler_factors > 1024)
        return out_of_range("sampler-factors", "a multiple of 16, at most 1024", error);
    if (options->objective == OBJECTIVE_BOTH &&
        (options->rating_dims < 2 || options->rating_dims >= options->factors))
        return out_of_range("rating-factors",
                            "2 up to, but not including, --factors: the rest is for lists", error);
    if (!(options->valid >= 0 && options->valid < 1))
        return out_of_range("valid", "a fraction from 0 up to, but not including, 1", error);
    if (options->threads < 1 || options->threads > 1024)
        return out_of_range("threads", "1 to 1024", error);
    return TRUE;
}

static guint count_of_type(const Dataset *dataset, const char *type)
{
    const GArray *indices = feature_table_of_type(dataset->table, type);
    return indices != NULL ? indices->len : 0;
}

/* Of all ratings, the validation set's included. */
static guint32 *count_features(const Dataset *dataset)
{
    guint32 *counts = g_new0(guint32, feature_table_size(dataset->table));
    for (guint row = 0; row < dataset->rows; row++)
        for (guint field = DATASET_MOVIE + 1; field < dataset->fields; field++)
            counts[dataset->features[(gsize)row * dataset->fields + field]]++;
    return counts;
}

Training *training_new(const Dataset *dataset, const TrainOptions *options)
{
    Training *training = g_new0(Training, 1);
    training->options = *options;
    training->source = g_filename_display_basename(dataset->source); /* JSON must be UTF-8 */
    training->ratings = dataset->rows;
    training->users = count_of_type(dataset, FEATURE_USER);
    training->movies = count_of_type(dataset, FEATURE_MOVIE);
    training->features = feature_table_size(dataset->table);
    training->table = feature_table_ref(dataset->table);
    training->counts = count_features(dataset);
    training->form = model_form_fm(dataset->scale);
    training->alpha = NAN;
    training->lambda = NAN;
    training->final = (FinalFigures){NAN, NAN, NAN, NAN, NAN};
    training->curve = g_array_new(FALSE, FALSE, sizeof(EpochFigures));
    return training;
}

void training_free(Training *training)
{
    if (training == NULL)
        return;
    g_free(training->source);
    g_free(training->plain_because);
    fold_in_record_clear(&training->fold_in);
    feature_table_free(training->table);
    g_free(training->counts);
    g_array_unref(training->curve);
    g_free(training);
}

guint curve_best_epoch(const GArray *curve)
{
    guint best = 0;
    double least = INFINITY;
    for (guint i = 0; i < curve->len; i++) {
        const EpochFigures *figures = &g_array_index(curve, EpochFigures, i);
        if (figures->valid_rmse < least) {
            least = figures->valid_rmse;
            best = figures->epoch;
        }
    }
    return best;
}

EpochFigures training_kept_epoch(const Training *training)
{
    if (training->kept_epoch == 0 || training->kept_epoch > training->curve->len)
        return (EpochFigures){.train_rmse = NAN, .valid_rmse = NAN};
    return g_array_index(training->curve, EpochFigures, training->kept_epoch - 1);
}

static void put_rmses(yajl_gen json, const EpochFigures *figures)
{
    json_put_key(json, "train_rmse");
    json_put_double(json, figures->train_rmse);
    if (!isnan(figures->valid_rmse)) {
        json_put_key(json, "valid_rmse");
        json_put_double(json, figures->valid_rmse);
    }
}

/* How often each value of the user features occurs, in index order. */
static void put_values(yajl_gen json, const Training *t)
{
    const GPtrArray *types = feature_table_types(t->table);
    json_put_key(json, "values");
    yajl_gen_array_open(json);
    for (guint i = DATASET_MOVIE + 1; i < types->len; i++) {
        const char *type = g_ptr_array_index(types, i);
        const GArray *indices = feature_table_of_type(t->table, type);
        yajl_gen_map_open(json);
        json_put_member_string(json, "type", type);
        json_put_key(json, "ratings");
        yajl_gen_array_open(json);
        for (guint v = 0; v < indices->len; v++)
            json_put_int(json, t->counts[g_array_index(indices, guint, v)]);
        yajl_gen_array_close(json);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
}

static void put_data(yajl_gen json, const Training *t)
{
    json_put_key(json, "dataset");
    yajl_gen_map_open(json);
    json_put_member_string(json, "source", t->source);
    json_put_member_int(json, "ratings", t->ratings);
    json_put_member_int(json, "users", t->users);
    json_put_member_int(json, "movies", t->movies);
    json_put_member_int(json, "features", t->features);
    put_values(json, t);
    yajl_gen_map_close(json);

    json_put_key(json, "split");
    yajl_gen_map_open(json);
    json_put_member_string(
        json, "by", split_kind_name(t->options.valid_rows > 0 ? SPLIT_FILE : t->options.split));
    json_put_member_double(json, "valid", t->options.valid);
    json_put_member_int(json, "train_rows", t->train_rows);
    json_put_member_int(json, "valid_rows", t->valid_rows);
    json_put_member_int(json, "seed", (gint64)t->options.seed);
    yajl_gen_map_close(json);
}

static void put_adam(yajl_gen json, const TrainOptions *o)
{
    json_put_member_string(json, "optimizer", "adam");
    json_put_member_int(json, "epochs", o->epochs);
    json_put_member_int(json, "factors", o->factors);
    json_put_member_int(json, "batch_size", o->batch_size);
    json_put_member_double(json, "learning_rate", o->learning_rate);
    json_put_member_double(json, "weight_decay", o->weight_decay);
    json_put_member_double(json, "beta1", o->beta1);
    json_put_member_double(json, "beta2", o->beta2);
    json_put_member_double(json, "eps", o->eps);
    json_put_member_int(json, "decay_epoch", o->decay_epoch);
    json_put_member_double(json, "decay_factor", o->decay_factor);
    json_put_member_double(json, "initial_sigma", o->initial_sigma);
    json_put_member_string(json, "keep", o->keep == KEEP_BEST ? "best" : "last");
    json_put_member_int(json, "patience", o->patience);
}

static void put_gibbs(yajl_gen json, const TrainOptions *o)
{
    json_put_member_int(json, "sampler_factors", o->sampler_factors);
    json_put_member_int(json, "rating_sweeps", o->rating_sweeps);
}

static void put_ranking(yajl_gen json, const TrainOptions *o, double alpha, double lambda)
{
    json_put_member_int(json, "ranking_sweeps", o->ranking_sweeps);
    if (isfinite(alpha))
        json_put_member_double(json, "alpha", alpha);
    if (isfinite(lambda))
        json_put_member_double(json, "lambda", lambda);
}

/* `alpha` and `lambda` are those that lists are or were learned with, NAN if they are not known. */
static void put_hyper_parameters(yajl_gen json, const TrainOptions *o, double alpha, double lambda)
{
    const gboolean is_adam = o->objective == OBJECTIVE_RATINGS && o->solver == SOLVER_ADAM;
    json_put_key(json, "hyper_parameters");
    yajl_gen_map_open(json);
    if (is_adam) {
        put_adam(json, o);
    } else {
        json_put_member_string(json, "solver",
                               o->objective == OBJECTIVE_RANKING   ? "als"
                               : o->objective == OBJECTIVE_RATINGS ? "gibbs"
                                                                   : "gibbs and als");
        json_put_member_int(json, "factors", o->factors);
    }
    if (!is_adam && o->objective != OBJECTIVE_RANKING)
        put_gibbs(json, o);
    if (o->objective != OBJECTIVE_RATINGS)
        put_ranking(json, o, alpha, lambda);
    yajl_gen_map_close(json);
}

void training_put_figures(yajl_gen json, const EpochFigures *figures)
{
    yajl_gen_map_open(json);
    json_put_member_int(json, "epoch", figures->epoch);
    json_put_member_double(json, "learning_rate", figures->learning_rate);
    put_rmses(json, figures);
    json_put_member_double(json, "seconds", figures->seconds);
    yajl_gen_map_close(json);
}

void training_put_curve(yajl_gen json, const GArray *curve)
{
    yajl_gen_array_open(json);
    for (guint i = 0; i < curve->len; i++)
        training_put_figures(json, &g_array_index(curve, EpochFigures, i));
    yajl_gen_array_close(json);
}

gboolean training_get_curve(yajl_val array, GArray *curve)
{
    for (gsize i = 0; i < json_array_length(array); i++) {
        yajl_val entry = json_array_get(array, i);
        EpochFigures figures = {.epoch = (guint)i + 1, .valid_rmse = NAN};
        if (!json_get_double(entry, "learning_rate", &figures.learning_rate) ||
            !json_get_double(entry, "train_rmse", &figures.train_rmse) ||
            !json_get_double(entry, "seconds", &figures.seconds))
            return FALSE;
        if (!json_get_double(entry, "valid_rmse", &figures.valid_rmse))
            figures.valid_rmse = NAN;
        g_array_append_val(curve, figures);
    }
    return YAJL_IS_ARRAY(array);
}

static void put_final(yajl_gen json, const FinalFigures *final)
{
    const struct {
        const char *key;
        double value;
    } figures[] = {
        {"train_rmse", final->train_rmse},       {"valid_rmse", final->valid_rmse},
        {"baseline_rmse", final->baseline_rmse}, {"valid_ndcg", final->valid_ndcg},
        {"baseline_ndcg", final->baseline_ndcg},
    };
    json_put_key(json, "final");
    yajl_gen_map_open(json);
    for (gsize i = 0; i < G_N_ELEMENTS(figures); i++)
        if (isfinite(figures[i].value))
            json_put_member_double(json, figures[i].key, figures[i].value);
    yajl_gen_map_close(json);
}

static void put_result(yajl_gen json, const Training *t)
{
    json_put_key(json, "curve");
    training_put_curve(json, t->curve);
    if (curve_best_epoch(t->curve) > 0)
        json_put_member_int(json, "best_epoch", curve_best_epoch(t->curve));
    if (t->kept_epoch > 0)
        json_put_member_int(json, "kept_epoch", t->kept_epoch);
    put_final(json, &t->final);
}

char *training_options_to_json(const TrainOptions *options)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    put_hyper_parameters(json, options, options->alpha, options->lambda);
    json_put_member_double(json, "valid", options->valid);
    if (options->split != SPLIT_RANDOM) /* so that checkpoints of before go on */
        json_put_member_string(json, "split", split_kind_name(options->split));
    json_put_member_int(json, "valid_rows", options->valid_rows);
    json_put_member_int(json, "seed", (gint64)options->seed);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

char *training_to_json(const Training *training)
{
    g_auto(yajl_gen) json = json_generator_new(TRUE);
    yajl_gen_map_open(json);
    put_data(json, training);
    put_hyper_parameters(json, &training->options, training->alpha, training->lambda);
    put_result(json, training);
    model_form_put_members(json, &training->form);
    fold_in_record_put_member(json, &training->fold_in, training->options.factors);
    json_put_member_double(json, "read_seconds", training->read_seconds);
    json_put_member_double(json, "wall_seconds", training->wall_seconds);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}
