/* A model on a set of ratings: how far its predictions are off, and how well it ranks.
 *
 * Rows of the ratings are matched with the bundle's features by type and value; a row with a
 * feature that the bundle does not have is left out and counted. RMSE and MAE (metrics.h) are over
 * the rows that remain.
 *
 * Ranking: a user's movies with a rating of EVALUATION_RELEVANT or more are relevant. For each user
 * who has such, all movies of the bundle, without any sampling (Krichene & Rendle, "On sampled
 * metrics for item recommendation", KDD 2020), are ranked by w_m + <Σ v_f, v_m> over the features f
 * of the user's first row that are not the movie; equal scores by feature index. NDCG and recall of
 * the first EVALUATION_TOP (metrics.h) are means over these users; coverage is the share of the
 * bundle's movies that occur in at least one of their lists (Ge, Delgado-Battenfeld & Jannach,
 * "Beyond accuracy", RecSys 2010).
 *
 * With `seen`, movies a user has rated there are no candidates, and not relevant either. Without
 * it, movies the user rated while the model was trained compete with those to be found.
 *
 * On ratings that the model was trained on all these figures are optimistic. */
#pragma once

#include "bundle.h"
#include "dataset.h"

#define EVALUATION_TOP 10
#define EVALUATION_RELEVANT 4.0f

typedef struct {
    const char *type; /* owned by the data set */
    guint rows;       /* rows whose feature of that type the bundle does not have */
} EvaluationGap;

typedef struct {
    guint rows;        /* of the data */
    guint scored;      /* of those, rows with all features in the bundle */
    GArray *gaps;      /* EvaluationGap; a row may be in more than one */
    GPtrArray *unused; /* const char *: types of the bundle that rows do not have */
    double rmse, mae;
    guint users;         /* with at least one scored row */
    guint ranked_users;  /* with at least one relevant movie: those the following is about */
    guint relevant;      /* relevant movies of all users */
    guint seen_rows;     /* of `seen` */
    guint seen_matched;  /* of those, rows with all features in the bundle; others have no effect */
    guint seen_relevant; /* movies that would have been relevant, but are in `seen` */
    double ndcg, recall; /* 0 without ranked users */
    guint movies;        /* of the bundle */
    guint covered;       /* of those, in somebody's list */
} Evaluation;

typedef struct {
    /* `label` says what is being done; called from the calling thread. Nullable. */
    void (*progress)(const char *label, const char *unit, guint done, guint total, gpointer data);
    gpointer data;
} EvaluationObserver;

/* `seen` may be NULL. The result does not depend on `threads`. It refers to `data` and `bundle`.
 * Errors: RECSYS_ERROR_DATA if no row can be scored, RECSYS_ERROR_INTERRUPTED. */
Evaluation *evaluate(const Bundle *bundle, const Dataset *data, const Dataset *seen, guint threads,
                     const EvaluationObserver *observer, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void evaluation_free(Evaluation *evaluation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Evaluation, evaluation_free)
