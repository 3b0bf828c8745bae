/* A person the model has never seen, folded in from what they have rated or seen, and the movies
 * for them. It is done by the model's objective: fold_in.h for ratings, fold_in_ranking.h for
 * ranking, each for its half of the vector for both.
 *
 *     Filter *filter = …;                       history_exclude() leaves out what they have seen
 *     NewcomerRequest who = {.history = history, .profile = profile};
 *     RecommendRequest what = {.size = 10, .filter = filter};
 *     g_autoptr(Newcomer) newcomer = NULL;
 *     g_autoptr(Ranking) ranking = newcomer_ask(&newcomer, recommender, &who, &what, &error);
 *
 * Two requests, as for everybody: one mget has the profile's documents and those of the movies they
 * rated, all of one release; then the client solves for them; then comes an ordinary search.
 *
 * Of a type of feature that the profile does not have, the average person stands in: where all
 * features interact, by an average of each type (population.h); otherwise, documents being
 * residuals around that person, by nothing. */
#pragma once

#include "fold_in_prior.h"
#include "recommend.h"

typedef struct {
    ProfileSum *sum;       /* as that of a profile */
    FeatureVectors *parts; /* the summands of sum->query, the person last */
    char *index;           /* the release it is made for; NULL if it was not fetched */
    guint ratings;         /* it is made from, movies without a rating among them */
    char *shown;           /* the same in words: "5 ratings", or "5 movies" if one has no rating */
    GPtrArray *unknown;    /* const HistoryRating *: the history's that were skipped */
} Newcomer;

void newcomer_free(Newcomer *newcomer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Newcomer, newcomer_free)

/* What the model says of everybody. */
typedef struct {
    const FoldInPrior *prior;
    double w0;
    const ModelForm *form;
} NewcomerModel;

/* Without any cluster: `profile` names the features whose vectors are `known`, in that order; both
 * may be empty. fold_in_prior_check() applies, and each of `shown` has a rating if the objective is
 * ratings. Errors as those of fold_in_solve(). */
Newcomer *newcomer_solve(const NewcomerModel *model, const Profile *profile,
                         const FeatureVectors *known, const FoldInRating *shown, guint count,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    const History *history;
    const Profile *profile; /* what else is known of them; NULL or empty: nothing */
    gboolean skip_unknown;  /* movies that are not in the release are skipped, not an error */
} NewcomerRequest;

/* Fetches and solves. Errors: RECSYS_ERROR_USAGE (a profile with a user in it: they would not be
 * new; a value the release does not have), RECSYS_ERROR_DATA (movies that are not in the release,
 * all of them named; none that is; a rating beyond the scale, or none where one is needed), those
 * of fold_in_prior_check() and of recommender_fetch(). */
Newcomer *newcomer_fetch(Recommender *recommender, const NewcomerRequest *who,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same and then the search: `what` is a request without profile, sum, index and parts. Starts
 * over if the release changes in between. *newcomer is set if and only if there is a ranking. */
Ranking *newcomer_ask(Newcomer **newcomer, Recommender *recommender, const NewcomerRequest *who,
                      const RecommendRequest *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Leaves out every movie of a history. */
void history_exclude(const History *history, Filter *filter);
