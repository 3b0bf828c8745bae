/* How good a model was on its validation rows, and its trivial baselines on the same rows: what a
 * training writes into training.json (`final`) and a release keeps in its `_meta` (`training`).
 *
 *   member          in training.json   what it is
 *   rmse            valid_rmse         root mean squared error of the ratings
 *   baseline_rmse   the same name      that of movie means
 *   ndcg            valid_ndcg         NDCG of the lists
 *   baseline_ndcg   the same name      that of the most popular movies
 *
 * Each is there only if it was measured. */
#pragma once

#include "json.h"

typedef struct {
    double rmse, baseline_rmse, ndcg, baseline_ndcg; /* NAN: unknown */
} ValidationFigures;

/* From a training.json. */
ValidationFigures validation_figures_of_training(yajl_val training);

/* From the object they were put into, or NULL. */
ValidationFigures validation_figures_read(yajl_val object);

/* Writes those that are known into the object that is open. */
void validation_figures_put_members(yajl_gen json, const ValidationFigures *figures);

/* The same as an object of its own. */
void validation_figures_put(yajl_gen json, const char *key, const ValidationFigures *figures);
