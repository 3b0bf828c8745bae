/* Fold-in: a vector and a bias for a person the model has never seen, from some of their ratings.
 *
 * Symbols: k factors, m ratings shown; F the features known of the person besides who they are
 * (age, gender …), S = Σ_{f∈F} v_f.
 *
 * For a user u with these features the factorization machine (fm.h) says of a movie
 *
 *   z(movie) = offset + w_movie + <S, v_movie> + w_u + <v_u, S + v_movie>
 *   offset   = w0 + Σ_{f∈F} w_f + Σ_{f<g∈F} <v_f, v_g>
 *
 * All is given but v_u and w_u, in which z is linear: with x_movie = [S + v_movie, 1] it is a fixed
 * part plus <x_movie, θ>, θ = [v_u, w_u]. θ is to minimise
 *
 *   Σ_shown (rating − scale · sigmoid(z))² + λ ‖θ − prior‖²
 *
 * by Gauss and Newton: in each step the link is replaced by its tangent, which leaves a ridge
 * regression (Hoerl & Kennard, Technometrics 1970); a step that does not lower the sum is halved.
 * A step costs the smaller of an m × m and a (k+1) × (k+1) system, since with the scaled rows A
 * of the shown movies (AᵀA + λI)⁻¹ Aᵀ = Aᵀ (AAᵀ + λI)⁻¹.
 *
 * This is what training minimises over one user's row, all others held: a mean of squares over N
 * rows with weight decay d has the same minimum as the sum of squares with λ = N·d/2. */
#pragma once

#include "profile.h"

typedef enum {
    FOLD_IN_SIGMOID,  /* rating = scale · sigmoid(z) */
    FOLD_IN_IDENTITY, /* rating = z: one step is exact */
} FoldInLink;

typedef struct {
    guint k;
    FoldInLink link;
    double scale;        /* of the sigmoid */
    double lambda;       /* positive */
    double offset;       /* as above */
    const double *known; /* [k] S */
    const double *prior; /* [k + 1] v_u and w_u of somebody of whom nothing is known */
} FoldInPerson;

typedef struct {
    const float *vector; /* [k] v_movie */
    double bias;         /* w_movie */
    double rating;
} FoldInRating;

/* Solves for θ: person [k + 1], v_u and then w_u. With count = 0 it is the prior. Errors:
 * RECSYS_ERROR_DATA for numbers that are not finite and a λ that is not positive. */
gboolean fold_in_solve(double *person, const FoldInPerson *about, const FoldInRating *shown,
                       guint count, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the ranking needs of them: the vector S + v_u, and the offset with what does not depend on
 * the movie, w_u + <v_u, S>. */
ProfileSum *fold_in_sum(const FoldInPerson *about, const double *person);
