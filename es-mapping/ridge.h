/* Ridge regression (Hoerl & Kennard, Technometrics 1970). */
#pragma once

#include <glib.h>

/* x [d]: the minimum of ‖A x − t‖² + λ‖x‖² for A [m, d], row by row, t [m] and λ > 0. It costs the
 * smaller of an m × m and a d × d system, since (AᵀA + λI)⁻¹ Aᵀ = Aᵀ (AAᵀ + λI)⁻¹. FALSE if the
 * system has no solution. */
gboolean ridge_solve(double *x, const double *a, const double *t, guint m, guint d,
                     double lambda) G_GNUC_WARN_UNUSED_RESULT;
