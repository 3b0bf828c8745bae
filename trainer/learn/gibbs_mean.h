/* The mean of a chain's samples: of the predictions of every user and movie, which is what Bayesian
 * factorization predicts. Kept in memory linear in users and movies (low_rank_sketch.h).
 *
 * Symbols: U users, M movies, K factors. */
#pragma once

#include "gibbs_chain.h"
#include "low_rank_sketch.h"
#include "people.h"

typedef struct {
    guint samples;
    double mean;           /* of the ratings */
    double *user_offsets;  /* [U] sums of biases */
    double *movie_biases;  /* [M] */
    LowRankSketch *sketch; /* of the sum of <vector_user, vector_movie> */
} GibbsMean;

/* Of no sample yet; `width` bounds the columns that models can have. */
GibbsMean *gibbs_mean_new(const GibbsChain *chain, guint width);
void gibbs_mean_free(GibbsMean *mean);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GibbsMean, gibbs_mean_free)

/* Adds the chain's present vectors. */
void gibbs_mean_add(GibbsMean *mean, const GibbsChain *chain, Team *team);

/* The mean of one sample or more, as a model of k factors (those beyond U, M or the width are
 * zero). Uses up the sketch. */
PeopleAndMovies *gibbs_mean_distil(GibbsMean *mean, guint k, Team *team);

/* The sums as they lie in memory. */
#define GIBBS_MEAN_TENSORS 4
guint gibbs_mean_tensors(GibbsMean *mean, StateTensor *tensors);
