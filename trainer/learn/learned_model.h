/* What training ends with: documents, what their numbers mean, and what folding in somebody new
 * takes (fold_in_record.h).
 *
 * Symbols: n features, k factors, U users, R rating_dims (model_form.h). */
#pragma once

#include "feature_table.h"
#include "fm.h"
#include "fold_in_record.h"
#include "model_form.h"
#include "people.h"

typedef struct {
    FmModel *model;
    ModelForm form;
    FoldInRecord fold_in;
} LearnedModel;

void learned_model_free(LearnedModel *learned);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LearnedModel, learned_model_free)

/* A factorization machine as it is (model_form_fm()). Takes `model`. */
LearnedModel *learned_model_of_fm(FmModel *model, double scale);

/* Documents of whole people that predict ratings. `ratings` [U] are how many each user has, and
 * `noise` is the standard deviation of a rating about its prediction. `form` has the link.
 * RECSYS_ERROR_DATA if there are numbers that are not finite. */
LearnedModel *learned_model_of_ratings(const PeopleAndMovies *whole, const FeatureTable *table,
                                       const guint *ratings, double noise, const ModelForm *form,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The learner of lists. */
typedef struct {
    guint users, movies, k;
    const float *user_vectors;  /* [U, k] */
    const float *movie_vectors; /* [M, k] */
    double alpha, lambda;       /* it has learned with */
    double lowest, highest;     /* ratings its targets were made from */
} RankingFactors;

/* Documents of whole people that order movies; `ratings` as above. */
LearnedModel *learned_model_of_ranking(const RankingFactors *factors, const FeatureTable *table,
                                       const guint *ratings,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Both halves in one vector: R = 1 + the factors of `ratings`, whose link must be the identity or
 * the sigmoid, then those of `ranking`. */
LearnedModel *learned_model_of_both(const LearnedModel *ratings, const LearnedModel *ranking,
                                    const FeatureTable *table);
