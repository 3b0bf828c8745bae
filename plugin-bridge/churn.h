/* How much a new model's answers differ from an old one's, computed from the two models alone.
 *
 * Over the standard profiles (standard_profiles.h) that both models have:
 *   overlap      |T_old ∩ T_new| / 10, T the set of the ten best movies;
 *   correlation  Spearman's ρ of the scores of the movies that both models have: the Pearson
 *                correlation of their ranks, r = 1 … m. Spearman, "The proof and measurement of
 *                association between two things", Am. J. Psychology 15 (1904). Ranks are distinct
 *                (equal scores by feature index), so ρ = 1 − 6 Σ d² / (m (m² − 1)).
 *
 * Drift of the vectors: factors of two trainings differ by a rotation, which changes no score. With
 * A, B the m × k matrices of the rows that both models have (old, new; movies and metadata), the
 * best orthogonal R = argmin ‖A R − B‖_F is U Vᵀ, where U Σ Vᵀ is the singular value decomposition
 * of the k × k matrix Aᵀ B: Schönemann, "A generalized solution of the orthogonal Procrustes
 * problem", Psychometrika 31 (1966).
 *   drift        ‖A R − B‖_F / ‖B‖_F: 0 for a rotation, about 1.4 for vectors of the same size
 *                that have nothing to do with each other. */
#pragma once

#include "bundle.h"

#define CHURN_TOP 10

typedef struct {
    guint profiles;                        /* compared; 0: overlap and correlation are NAN */
    guint movies;                          /* in common */
    double overlap, least_overlap;         /* mean and least over the profiles */
    double correlation, least_correlation; /* the same */
    double drift; /* NAN if the models differ in k or have no row in common */
} Churn;

/* Errors: RECSYS_ERROR_INTERRUPTED. */
gboolean churn_measure(Churn *churn, const Bundle *old, const Bundle *new,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The rotation and the drift: rotation [k, k] gets R, row-major. a, b: [m, k]. Returns NAN if the
 * decomposition does not converge or B is zero. */
double churn_procrustes(double *rotation, const double *a, const double *b, guint m, guint k);

/* Spearman's ρ of two lists of m distinct ranks; 1 for fewer than two. */
double churn_spearman(const guint *a, const guint *b, guint m);
