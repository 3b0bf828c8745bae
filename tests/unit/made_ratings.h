/* A data set whose ratings come from a known factorization, for the learners' tests. */
#pragma once

#include "dataset.h"

typedef struct {
    guint users, movies;
    guint rank;     /* of the planted factorization */
    guint per_user; /* ratings of each user, of different movies */
    double noise;   /* standard deviation */
    guint32 seed;
} MadeRatings;

/* Users "0", "1", …, movies likewise with a genre and a year each, ages "0" … "2" and genders "F"
 * and "M" that move the user's tastes. *truth, if not NULL, becomes the noiseless ratings, [users,
 * movies], to be freed; ratings are those plus noise, neither rounded nor clipped. */
Dataset *made_ratings(const MadeRatings *world, double **truth);
