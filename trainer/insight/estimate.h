/* Figures with standard errors, and differences of two of them on the same people.
 *
 * People are the sample, as the ratings of one person are not independent. Every figure t of U
 * people is (nearly) a mean of what each of them adds, so that with the influence ψ_u of each on it
 *
 *   error(t)     = sqrt( U / (U − 1) · Σ_u ψ_u² )
 *   error(t − t') = sqrt( U / (U − 1) · Σ_u (ψ_u − ψ'_u)² )      paired
 *
 *   mean          t = 1/U Σ x_u                        ψ_u = (x_u − t) / U
 *   ratio         t = Σ s_u / Σ n_u                    ψ_u = (s_u − t n_u) / Σ n
 *   root of one   t = sqrt(Σ s_u / Σ n_u)              ψ_u = (s_u − t² n_u) / (2 t Σ n)
 *   share found   t = |∪_u L_u| / M                    ψ_u = (U − 1)/U · (c_u − mean c) / M
 *
 * where the third is the delta method, and the last the jackknife: c_u is how many movies are in no
 * list but that of u. (Cochran, "Sampling Techniques", 3rd ed., 1977, ch. 6; Efron & Tibshirani,
 * "An Introduction to the Bootstrap", 1993, ch. 11.) */
#pragma once

#include <glib.h>

typedef struct {
    double value; /* NAN: there is none */
    double error; /* NAN: not known, as of one person */
} Estimate;

/* Of U people: value and influence [U]. */
typedef struct {
    double value;
    guint people;
    double *influence;
} Figure;

void figure_clear(Figure *figure);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Figure, figure_clear)

/* There is none: value NAN. */
Figure figure_none(guint people);

/* x [people] */
Figure figure_mean(const double *x, guint people);

/* sums [people], counts [people]; with `root` the square root. */
Figure figure_ratio(const double *sums, const guint *counts, guint people, gboolean root);

/* lists [people, size], of which the first shown[u] of each (up to `top`) count; positions below
 * `movies`. */
Figure figure_coverage(const guint32 *lists, const guint *shown, guint people, guint size,
                       guint top, guint movies);

Estimate figure_estimate(const Figure *figure);

/* a − b on the same people. */
Estimate figure_difference(const Figure *a, const Figure *b);
