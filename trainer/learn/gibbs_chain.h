/* The state of a block Gibbs sampler for Bayesian matrix factorization with side information, and
 * one sweep over all of it: people's hyper-parameters and vectors, movies', the noise.
 *
 * Models: gibbs_prior.h and gibbs_side.h; α ~ Gamma(1, 1) before the data.
 * Symbols: U users, M movies, K factors (the last one the bias). */
#pragma once

#include "gibbs_prior.h"

enum { PEOPLE, MOVIES };

typedef struct {
    const RatingMatrix *ratings; /* not owned */
    guint factors;               /* K */
    guint64 seed;
    double mean;       /* of the ratings */
    guint sweeps;      /* done */
    double precision;  /* α */
    float *vectors[2]; /* [U, K], [M, K] */
    /* Of the last sweep, for its mean (gibbs_mean.h), not part of the state: */
    float *expected[2];   /* what the vectors were drawn around, given the other side's */
    float *earlier;       /* [M, K]: movies' vectors that people's were drawn given */
    GibbsPrior *prior[2]; /* of people, of movies */
} GibbsChain;

/* Small random vectors without bias. `features` are people's and movies', not owned. */
GibbsChain *gibbs_chain_new(const RatingMatrix *ratings, SideFeatures *const features[2],
                            guint factors, guint64 seed);
void gibbs_chain_free(GibbsChain *chain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GibbsChain, gibbs_chain_free)

/* One sweep. What it draws depends on the seed and `sweeps` alone. After an error the state is not
 * that of any sweep. Errors: as gibbs_side_sample(). */
gboolean gibbs_chain_sweep(GibbsChain *chain, Team *team, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A part of a state that is written and read as it lies in memory. */
typedef struct {
    const char *name;  /* static */
    const char *dtype; /* "F32", "F64" */
    guint rows, columns;
    gpointer data;
} StateTensor;

gsize state_tensor_size(const StateTensor *tensor); /* in bytes */

/* The state but for `sweeps`: at most so many tensors, none of them empty; returns how many. */
#define GIBBS_CHAIN_TENSORS 12
guint gibbs_chain_tensors(GibbsChain *chain, StateTensor *tensors);
