/* People rate what suits them: those who rate a movie like it better than people at large would.
 *
 * The average person of all, whom a document's reader starts from, says too little of most movies:
 * predictions for people of whom nothing but attributes is known are then worse than the movies'
 * mean ratings, which are of those who rated them. What is missing, d_m, is what the training rows
 * of movie m are above what the attributes alone say of their people, damped as baseline means are:
 *
 *   d_m = Σ (rating − predicted) / (n_m + SELECTION_DAMPING)
 *
 * It is added to the movie's bias. Of a person the model knows it is taken off again, by one more
 * dimension: d_m of movies, −1 of users. So whole people stay as they were. */
#pragma once

#include "learned_model.h"
#include "rating_matrix.h"

#define SELECTION_DAMPING 5

/* Gives the documents, whose link must be the identity, that dimension, as the last: k grows by 1.
 * Users without ratings have 0 there. */
void selection_add(LearnedModel *learned, const FeatureTable *table, const RatingMatrix *matrix,
                   double noise);
