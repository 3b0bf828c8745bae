/* Training by any learner: chooses it by the objective, and ends with documents.
 *
 *   ratings   Adam (fit/train.h) or Gibbs sampling (gibbs.h)
 *   ranking   alternating least squares (ials.h), with hyper-parameters from ials_search.h
 *   both      Gibbs sampling and alternating least squares, in one vector (learned_model.h) */
#pragma once

#include "learned_model.h"
#include "train.h"

/* One line of a learner's report; what it does not have is NAN. */
typedef struct {
    const char *stage;          /* "sampling", "searching" */
    guint step, steps;          /* from 1 */
    double valid_rmse;          /* of the mean of the samples so far */
    double noise;               /* standard deviation of the ratings about the predictions */
    double alpha, lambda, ndcg; /* of a pair that was tried */
} LearnFigures;

typedef struct {
    TrainRun run; /* its observer is for Adam */
    void (*progress)(const char *label, const char *unit, guint64 done, guint64 total,
                     gpointer data);
    void (*figures)(const LearnFigures *figures, gpointer data);
    gpointer data; /* of the two */
} LearnRun;

/* The learners' own numbers where the options leave them open. */
void learn_options_settle(TrainOptions *options);

/* Trains as training->options say, on the rows that they do not hold out, and fills `training` with
 * all but the figures of validation: split, curve, time, form, what lists were learned with.
 * Errors as those of the learners. */
LearnedModel *learn(Training *training, const Dataset *data, const LearnRun *run,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
