#include "validation_figures.h"

#include <math.h>

#define COUNT 4

static const char *const names[COUNT] = {"rmse", "baseline_rmse", "ndcg", "baseline_ndcg"};
static const char *const trained[COUNT] = {"final.valid_rmse", "final.baseline_rmse",
                                           "final.valid_ndcg", "final.baseline_ndcg"};

static ValidationFigures read_from(yajl_val object, const char *const paths[COUNT])
{
    double values[COUNT];
    for (guint i = 0; i < COUNT; i++)
        if (!json_get_double(object, paths[i], &values[i]) || !isfinite(values[i]))
            values[i] = NAN;
    return (ValidationFigures){values[0], values[1], values[2], values[3]};
}

ValidationFigures validation_figures_of_training(yajl_val training)
{
    return read_from(training, trained);
}

ValidationFigures validation_figures_read(yajl_val object)
{
    return read_from(object, names);
}

void validation_figures_put_members(yajl_gen json, const ValidationFigures *figures)
{
    const double values[COUNT] = {figures->rmse, figures->baseline_rmse, figures->ndcg,
                                  figures->baseline_ndcg};
    for (guint i = 0; i < COUNT; i++)
        if (isfinite(values[i]))
            json_put_member_double(json, names[i], values[i]);
}

void validation_figures_put(yajl_gen json, const char *key, const ValidationFigures *figures)
{
    json_put_key(json, key);
    yajl_gen_map_open(json);
    validation_figures_put_members(json, figures);
    yajl_gen_map_close(json);
}
