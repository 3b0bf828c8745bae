/* training.json: how a model was trained and how well. */
#pragma once

#include <glib.h>

#include "dataset.h"
#include "fold_in_record.h"
#include "json.h"
#include "model_form.h"

/* row_split.h says what they are. */
typedef enum { SPLIT_RANDOM, SPLIT_TIME, SPLIT_USER, SPLIT_PER_USER, SPLIT_FILE } SplitKind;

typedef enum { KEEP_LAST, KEEP_BEST } Keep;

typedef enum { SOLVER_ADAM, SOLVER_GIBBS } Solver;

typedef struct {
    Objective objective;
    Solver solver;  /* of ratings; that of lists is always alternating least squares */
    gboolean plain; /* a factorization machine as it is, with no average person in it */

    /* Gibbs sampling and alternating least squares: */
    guint rating_sweeps, ranking_sweeps; /* 0: the learner's own number */
    guint sampler_factors;               /* of Gibbs sampling; 0: the learner's own number */
    guint rating_dims;                   /* of `factors` for OBJECTIVE_BOTH */
    double alpha, lambda;                /* of alternating least squares; NAN: to be found */

    guint epochs;
    guint factors;
    guint batch_size;
    double learning_rate;
    double weight_decay;
    double beta1, beta2, eps; /* Adam's */
    guint decay_epoch;        /* epochs before the learning rate is multiplied by decay_factor */
    double decay_factor;
    double initial_sigma; /* of the truncated normal that embeddings and biases start from */
    double valid;         /* fraction of the rows held out for validation, 0 ≤ valid < 1 */
    guint valid_rows;     /* instead of a fraction: the last rows of the data set; 0: a fraction */
    SplitKind split;      /* how the fraction is chosen */
    Keep keep;            /* the last epoch's model, or that of the least validation RMSE */
    guint patience;       /* epochs without a better validation RMSE before it stops; 0: never */
    guint64 seed;
    guint threads; /* does not change the result */
} TrainOptions;

/* For ratings of the two halves: of validation rows of MovieLens 1M the lists were as good with 88
 * dimensions as with 120, and the ratings with 32 nearly as with 120. */
#define TRAIN_RATING_DIMS 32

/* The hyper-parameters of the original blog post; one thread a processor. */
TrainOptions train_options_default(void);

/* RECSYS_ERROR_USAGE naming the option that is out of its range. */
gboolean train_options_check(const TrainOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    guint epoch; /* from 1 */
    double learning_rate;
    double train_rmse; /* mean over the epoch's batches, each before its step */
    double valid_rmse; /* NAN without a validation set */
    double seconds;
} EpochFigures;

/* The kept model's, each NAN where there is none. */
typedef struct {
    double train_rmse, valid_rmse;
    double baseline_rmse; /* of the movies' damped means, on the validation rows */
    double valid_ndcg;    /* of lists of ten */
    double baseline_ndcg; /* of the most popular movies */
} FinalFigures;

typedef struct {
    TrainOptions options;
    char *source; /* the data set's name */
    ModelForm form;
    FoldInRecord fold_in;
    double alpha, lambda;  /* that lists were learned with; NAN: there are none */
    double search_seconds; /* it took to find them; 0: they were given */
    FinalFigures final;
    char *plain_because; /* why a factorization machine stayed as it is, unless that was wanted */
    guint ratings, users, movies, features;
    FeatureTable *table;
    guint32 *counts; /* [features] ratings that have the feature; 0 for users and movies */
    guint train_rows, valid_rows;
    GArray *curve;       /* EpochFigures, one an epoch */
    guint kept_epoch;    /* whose model was kept, from 1; 0 if there are no epochs */
    double read_seconds; /* it took to read the data */
    double wall_seconds; /* it took to train */
} Training;

Training *training_new(const Dataset *dataset, const TrainOptions *options);
void training_free(Training *training);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Training, training_free)

/* The epoch of the least validation RMSE, from 1; 0 if there is none. */
guint curve_best_epoch(const GArray *curve);

/* The kept epoch's figures; its RMSEs are NAN if no epoch ran. */
EpochFigures training_kept_epoch(const Training *training);

char *training_to_json(const Training *training);

/* The options that shape the result, on one line. */
char *training_options_to_json(const TrainOptions *options);

/* The curve as a JSON array, and back: FALSE if it is none. */
void training_put_curve(yajl_gen json, const GArray *curve);
gboolean training_get_curve(yajl_val array, GArray *curve);

/* One epoch's figures as a JSON object. */
void training_put_figures(yajl_gen json, const EpochFigures *figures);
