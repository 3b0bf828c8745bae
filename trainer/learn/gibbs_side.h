/* Half a sweep: all vectors of one side (people or movies) drawn given the other side's.
 *
 *   rating ~ N(mean + c_o + <x_i, z_o'>, 1/α),   x_i ~ N(m_i, Λ⁻¹)
 *
 * where the last of the K coordinates of x_i is the line's bias, z_o' is the other side's vector
 * with 1 in that place, and c_o what stood there. So x_i | rest is N(A⁻¹ b, A⁻¹) with
 * A = Λ + α Σ z' z'ᵀ and b = Λ m_i + α Σ (rating − mean − c_o) z'.
 *
 * Symbols: as in gibbs_prior.h. */
#pragma once

#include "gibbs_prior.h"

typedef struct {
    const RatingLines *lines;
    const GibbsPrior *prior; /* Λ, and m_i = μ + explained_i */
    const float *others;     /* [lines->others, K]: the other side's vectors, bias last */
    double mean;             /* of all ratings */
    double precision;        /* α */
    guint64 seed;
    guint32 stream; /* what is drawn depends on seed, stream and line alone */
} GibbsSide;

typedef struct {
    float *drawn;    /* [n, K], aligned to SOLVER_ALIGNMENT */
    float *expected; /* [n, K], aligned likewise: what they were drawn around, A⁻¹ b; nullable */
    double squares;  /* Σ (rating − prediction)² over all ratings with the vectors drawn */
} GibbsVectors;

/* Draws all vectors; `drawn` and `expected` are the caller's. Errors: RECSYS_ERROR_INTERRUPTED (the
 * vectors are then partly old), RECSYS_ERROR_DATA for a matrix A that has no Cholesky factor in
 * float32. */
gboolean gibbs_side_sample(const GibbsSide *side, GibbsVectors *vectors, Team *team,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
