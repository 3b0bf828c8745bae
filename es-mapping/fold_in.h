/* Fold-in by ratings: a vector and a bias for a person the model has never seen, from some of their
 * ratings.
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
 * part plus <x_movie, θ>, θ = [v_u, w_u]. With INTERACTIONS_MOVIE (model_form.h) products of two
 * features of a person are left out, so that x_movie = [v_movie, 1]; with OBJECTIVE_BOTH z is that
 * of the rating half: v_movie0 takes the place of w_movie, and dimensions 0 and R..k-1 that of 0.
 * θ is to minimise
 *
 *   Σ_shown (rating − link(z))² + λ Σ_j ((θ_j − prior_j) / scale_j)²
 *
 * by Gauss and Newton: in each step the link is replaced by its tangent, which leaves a ridge
 * regression (ridge.h); a step that does not lower the sum is halved. Of the link IDENTITY one step
 * is exact.
 *
 * This is what training minimises over one user's row, all others held: a mean of squares over N
 * rows with weight decay d has the same minimum as the sum of squares with λ = N·d/2. */
#pragma once

#include "profile.h"

typedef struct {
    guint k;
    const ModelForm *form; /* its link is not LINK_NONE */
    double lambda;         /* positive */
    double offset;         /* as above */
    const double *known;   /* [k] S */
    const double *prior;   /* [k + 1] v_u and w_u of somebody of whom nothing is known */
    const double *scales;  /* [k + 1], not negative; NULL: all 1. With a scale of 0, θ_j is 0 */
} FoldInPerson;

typedef struct {
    const float *vector; /* [k] v_movie */
    double bias;         /* w_movie */
    double rating;       /* NAN: they have seen it; only for fold_in_ranking.h */
} FoldInRating;

/* Solves for θ: person [k + 1], v_u and then w_u. With count = 0 it is the prior. Errors:
 * RECSYS_ERROR_DATA for numbers that are not finite and a λ that is not positive. */
gboolean fold_in_solve(double *person, const FoldInPerson *about, const FoldInRating *shown,
                       guint count, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the ranking needs of them: the vector S + v_u, and the offset with what does not depend on
 * the movie, w_u and with INTERACTIONS_ALL <v_u, S>; split in two where there are two halves. */
ProfileSum *fold_in_sum(const FoldInPerson *about, const double *person);
