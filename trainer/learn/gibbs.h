/* Bayesian matrix factorization with side information, by block Gibbs sampling: the learner of
 * ratings whose regularization is drawn instead of chosen, and whose prediction is the mean of the
 * samples', as one dot product.
 *
 *   rating ~ N(mean + b_u + c_m + <x_u, z_m>, 1/α), with priors from metadata, genres, years and
 *   who rated what (gibbs_prior.h, gibbs_side.h, side_features.h)
 *
 * The same data, options and seed give the same bits, whatever the number of threads, and whether
 * or not the run was stopped and resumed in between.
 *
 * Memory: 24 bytes a rating, and (U + M) · (directions + 16 · factors + 3 · k + 200) floats; at the
 * start, while who rated what is decomposed, (U + M) · 4 · directions. */
#pragma once

#include "dataset.h"
#include "people.h"

typedef struct {
    guint factors; /* K of the sampler, the bias included; a multiple of 16, not the bundle's k */
    guint directions; /* of who rated what: at most so many columns of side information */
    guint sweeps;
    guint burn_in;    /* sweeps that are not kept at first */
    guint keep_every; /* from then on every so many is kept */
    guint64 seed;
    guint threads; /* does not change the result */
} GibbsOptions;

/* One thread a processor. */
GibbsOptions gibbs_options_default(void);

/* RECSYS_ERROR_USAGE naming the option that is out of its range. */
gboolean gibbs_options_check(const GibbsOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* After each sweep. */
typedef struct {
    guint sweep; /* from 1 */
    guint sweeps;
    guint samples;     /* kept so far */
    double valid_rmse; /* of their mean on the validation rows; NAN without either */
    double noise;      /* the ratings' standard deviation about the predictions: 1/√α */
} GibbsFigures;

typedef struct {
    void (*sweep)(const GibbsFigures *figures, gpointer data); /* nullable */
    gpointer data;
    const char *checkpoint; /* nullable: where to keep one; to be removed once the model is safe */
    double checkpoint_seconds; /* between two of them */
    gboolean resume;           /* go on from the checkpoint if there is one */
} GibbsRun;

/* Which rows of the data set are learned from and which only watched. */
typedef struct {
    const guint32 *train, *valid;
    guint train_count, valid_count;
} GibbsRows;

/* Learns from rows that do not name a (user, movie) pair twice; users and movies without ratings
 * among them have what their side information says. Predictions have the identity link and are to
 * be clipped to the range of ratings; the model has k factors (zeros beyond the number of users or
 * movies). Errors: RECSYS_ERROR_USAGE (options), RECSYS_ERROR_DATA (no ratings, a checkpoint of
 * other data or options), RECSYS_ERROR_INTERRUPTED (a checkpoint was kept if there is a name for
 * it), G_FILE_ERROR. */
PeopleAndMovies *gibbs(const Dataset *data, const GibbsRows *rows, guint k,
                       const GibbsOptions *options, const GibbsRun *run,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
