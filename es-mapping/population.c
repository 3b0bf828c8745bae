#include "population.h"

#include <math.h>
#include <string.h>

#include "document.h"

static void mean_free(gpointer data)
{
    PopulationMean *mean = data;
    g_free(mean->type);
    g_free(mean->vector);
    g_free(mean);
}

static Population *population_new(guint k)
{
    Population *population = g_new0(Population, 1);
    population->k = k;
    population->lambda = POPULATION_DEFAULT_LAMBDA;
    population->means = g_ptr_array_new_with_free_func(mean_free);
    return population;
}

void population_free(Population *population)
{
    if (population == NULL)
        return;
    g_ptr_array_unref(population->means);
    g_free(population);
}

static int compare_types(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const PopulationMean *const *)a)->type,
                  (*(const PopulationMean *const *)b)->type);
}

/* A server has an order of its own for an object's members; sums are to have the same bits. */
static void sort_means(Population *population)
{
    g_ptr_array_sort(population->means, compare_types);
}

const PopulationMean *population_find(const Population *population, const char *type)
{
    for (guint i = 0; i < population->means->len; i++) {
        const PopulationMean *mean = g_ptr_array_index(population->means, i);
        if (strcmp(mean->type, type) == 0)
            return mean;
    }
    return NULL;
}

/* ---- from a bundle ---- */

static double lambda_of(yajl_val training)
{
    double decay = 0, rows = 0;
    if (json_get_double(training, "hyper_parameters.weight_decay", &decay) &&
        json_get_double(training, "split.train_rows", &rows) && decay * rows > 0)
        return POPULATION_PRUDENCE * rows * decay / 2;
    return POPULATION_DEFAULT_LAMBDA;
}

/* How often the data has each value of a type, in index order; NULL if the bundle does not say. */
static yajl_val counts_of(const Bundle *bundle, const char *type, guint values)
{
    yajl_val types = json_get(bundle->training, "dataset.values");
    for (gsize i = 0; i < json_array_length(types); i++) {
        yajl_val entry = json_array_get(types, i), counts = json_get(entry, "ratings");
        if (g_strcmp0(json_get_string(entry, "type"), type) == 0 &&
            json_array_length(counts) == values)
            return counts;
    }
    return NULL;
}

static PopulationMean *mean_of(const Bundle *bundle, const char *type)
{
    const FmModel *model = bundle->model;
    const GArray *indices = feature_table_of_type(bundle->features, type);
    yajl_val counts = counts_of(bundle, type, indices->len);
    g_autofree double *sums = g_new0(double, model->k);
    double bias = 0, total = 0;
    for (guint i = 0; i < indices->len; i++) {
        const guint index = g_array_index(indices, guint, i);
        const float *vector = fm_vector(model, index);
        double count = 1;
        if (counts != NULL && !json_to_double(json_array_get(counts, i), &count))
            count = 1;
        for (guint f = 0; f < model->k; f++)
            sums[f] += count * (double)vector[f];
        bias += count * (double)model->bias[index];
        total += count;
    }
    PopulationMean *mean = g_new0(PopulationMean, 1);
    mean->type = g_strdup(type);
    mean->bias = total > 0 ? bias / total : 0;
    mean->vector = g_new0(float, model->k);
    for (guint f = 0; f < model->k && total > 0; f++)
        mean->vector[f] = (float)(sums[f] / total);
    return mean;
}

Population *population_of_bundle(const Bundle *bundle)
{
    const GPtrArray *types = feature_table_types(bundle->features);
    Population *population = population_new(bundle->model->k);
    population->lambda = lambda_of(bundle->training);
    for (guint t = 0; t < types->len; t++) {
        const char *type = g_ptr_array_index(types, t);
        if (strcmp(type, FEATURE_MOVIE) != 0)
            g_ptr_array_add(population->means, mean_of(bundle, type));
    }
    sort_means(population);
    return population;
}

/* ---- in _meta ---- */

void population_put(yajl_gen json, const Population *population)
{
    yajl_gen_map_open(json);
    json_put_member_double(json, "lambda", population->lambda);
    json_put_key(json, "means");
    yajl_gen_map_open(json);
    for (guint i = 0; i < population->means->len; i++) {
        const PopulationMean *mean = g_ptr_array_index(population->means, i);
        json_put_key(json, mean->type);
        yajl_gen_map_open(json);
        json_put_member_double(json, "bias", mean->bias);
        document_put_vector(json, "embedding", mean->vector, population->k);
        yajl_gen_map_close(json);
    }
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
}

static void read_mean(Population *population, const char *type, yajl_val object)
{
    double bias;
    g_autofree float *vector = g_new(float, population->k);
    if (!json_get_double(object, "bias", &bias) ||
        !document_read_vector(vector, population->k, json_get(object, "embedding")))
        return;
    PopulationMean *mean = g_new0(PopulationMean, 1);
    mean->type = g_strdup(type);
    mean->bias = bias;
    mean->vector = g_steal_pointer(&vector);
    g_ptr_array_add(population->means, mean);
}

Population *population_read(yajl_val object, guint k)
{
    Population *population = population_new(k);
    yajl_val means = json_get(object, "means");
    double lambda;
    if (json_get_double(object, "lambda", &lambda) && lambda > 0)
        population->lambda = lambda;
    for (gsize i = 0; YAJL_IS_OBJECT(means) && i < means->u.object.len; i++)
        read_mean(population, means->u.object.keys[i], means->u.object.values[i]);
    sort_means(population);
    return population;
}
