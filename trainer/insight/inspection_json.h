/* What inspection.h found, as one JSON object on one line:
 *
 *   model_id, features (n), factors (k), scale, w0
 *   training: the scalars of training.json's sections dataset, split, hyper_parameters and final,
 *             and its wall_seconds
 *   curve:    epoch, learning_rate, train_rmse, valid_rmse, seconds of each; what is unknown is
 *             left out. best_epoch, if there was a validation set
 *   types:    type, features, and min, median, max of norm and bias
 *   highest_bias, lowest_bias, neighbours (with --movie): movies with id, title, year, genres,
 *             ratings, bias, and for neighbours rank and cosine; movie: the one asked about */
#pragma once

#include <stdio.h>

#include "inspection.h"

void inspection_print_json(const Inspection *found, FILE *out);
