/* The mean of a chain's samples: of the predictions of every user and movie, which is what Bayesian
 * factorization predicts. Kept in memory linear in users and movies (low_rank_sum.h).
 *
 * Of each sweep it takes, half and half, people's conditional means times the movies they were
 * drawn given, and people's vectors times the movies' conditional means: the same expectation as
 * that of the vectors that were drawn, with less noise (Rao and Blackwell).
 *
 * Symbols: U users, M movies, K factors. */
#pragma once

#include "gibbs_chain.h"
#include "low_rank_sum.h"
#include "people.h"

typedef struct {
    double mean;          /* of the ratings */
    double *user_offsets; /* [U] sums of biases */
    double *movie_biases; /* [M] */
    LowRankSum *vectors;  /* the sum of <vector_user, vector_movie> */
} GibbsMean;

/* Of no sample yet; models can have up to `width` columns. */
GibbsMean *gibbs_mean_new(const GibbsChain *chain, guint width);
void gibbs_mean_free(GibbsMean *mean);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GibbsMean, gibbs_mean_free)

/* How many sweeps have been added. */
guint gibbs_mean_samples(const GibbsMean *mean);

/* For who has put back the tensors of so many. */
void gibbs_mean_set_samples(GibbsMean *mean, guint samples);

/* Adds the chain's last sweep. */
void gibbs_mean_add(GibbsMean *mean, const GibbsChain *chain, Team *team);

/* The mean of one sample or more, as a model of k factors (those beyond U, M or the width are
 * zero). */
PeopleAndMovies *gibbs_mean_distil(GibbsMean *mean, guint k, Team *team);

/* The sums as they lie in memory. */
#define GIBBS_MEAN_TENSORS 4
guint gibbs_mean_tensors(GibbsMean *mean, StateTensor *tensors);
