/* What people's attributes say of them: a ridge regression of vectors on age, gender, ….
 *
 * Symbols: U users, d dimensions, A attribute features, s_u the weight of a user, t_u [d] what is
 * to be explained, b_a [d] the estimate of an attribute. It minimises
 *
 *   Σ_u s_u ‖t_u − μ − Σ_{a of u} b_a‖² + λ s̄ Σ_a ‖b_a‖²,   s̄ the mean weight of those who have
 * one,
 *
 * (Hoerl & Kennard, Technometrics 1970), one type of attribute after the other (block coordinate
 * descent: every user has one value of each type, so that within a type each b_a has a formula of
 * its own),
 * until nothing moves. No A × A matrix is made. In the end every type is centred: its weighted mean
 * over the users is zero, and the whole mean is in μ, so that any part of a person's attributes,
 * none among them, is an estimate of that person. */
#pragma once

#include "feature_table.h"

typedef struct {
    guint d, first_user, users;
    double *mean;     /* [d] μ */
    guint *place;     /* [n] an attribute's row in `estimates`, G_MAXUINT for other features */
    guint attributes; /* A */
    float *estimates; /* [A, d] b */
    double *residuals; /* [U, d] t_u − μ − Σ b_a with the b that are returned, 0 where s_u is 0 */
} AttributeRidge;

/* targets [U, d] and weights [U] are those of the table's users in order. `lambda` ≥ 0 counts
 * average users; with no attribute at all only the mean is taken. */
AttributeRidge *attribute_ridge_new(const double *targets, const double *weights, guint d,
                                    const FeatureTable *table, double lambda);
void attribute_ridge_free(AttributeRidge *ridge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AttributeRidge, attribute_ridge_free)
