/* From what a person the model has never seen is folded in, besides what is known of them:
 * "fold_in" of a bundle's training.json, and `_meta.fold_in` of a release.
 *
 * By the model's form (model_form.h):
 *
 *   INTERACTIONS_ALL    the averages of the model (population.h), whatever the bundle says
 *   otherwise           of the objective ratings "ratings", of ranking "ranking", of both the two:
 *
 *   {"ratings": {"precisions": "<base64>"},
 *    "ranking": {"alpha": 0.3, "lambda": 0.007, "target_scale": 1, "lowest": 1, "highest": 5,
 *                "mean": "<base64>", "gram": "<base64>"}}
 *
 *   precisions   k + 1, of v_u and w_u: fold_in.h with λ = 1, scale_j = precision_j^−½ and a prior
 *                of 0; precision 0 marks a dimension that stays 0
 *   the others   fold_in_ranking.h; vectors have k dimensions. "gram" is in releases only: it is
 *                computed from all movies of a bundle
 *
 * Vectors are big-endian float32 in base64: the k × k Gram matrix itself is never in a cluster's
 * state. A release of a model that nobody can be folded into has {"refused": "why"}. */
#pragma once

#include "fold_in_ranking.h"
#include "history.h"
#include "population.h"

/* G is taken for diagonal if no other element of G + l M I, which is what θ's equations have, is
 * greater than this share of the geometric mean of the two diagonal ones beside it. */
#define FOLD_IN_DIAGONAL 1e-4

typedef struct {
    guint k;
    Population *population; /* INTERACTIONS_ALL, or NULL */
    double *scales;         /* [k + 1] of "ratings", or NULL */
    float *precisions;      /* [k + 1] they are made from, or NULL */
    FoldInRanking *ranking; /* or NULL */
    char *refused;          /* why nobody can be folded in, a clause; or NULL */
} FoldInPrior;

FoldInPrior *fold_in_prior_of_bundle(const Bundle *bundle);

/* Reads `_meta.fold_in`, which may be NULL. What is missing is a reason to refuse, but for
 * population.h's defaults. movies: M. */
FoldInPrior *fold_in_prior_read(yajl_val object, const ModelForm *form, guint k, guint movies);

void fold_in_prior_free(FoldInPrior *prior);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FoldInPrior, fold_in_prior_free)

/* Writes the object. */
void fold_in_prior_put(yajl_gen json, const FoldInPrior *prior);

/* RECSYS_ERROR_USAGE, naming `where`, the release or bundle, if nobody can be folded in. */
gboolean fold_in_prior_check(const FoldInPrior *prior, const char *where,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What ratings a history may have. */
HistoryScale fold_in_prior_scale(const FoldInPrior *prior, const ModelForm *form);
