/* What the approximate ranking of a release misses, and what it saves: the same profiles asked
 * exactly and approximately, one after the other.
 *
 * recall@d of a profile = |best d, exactly ∩ best d, approximately| / |best d, exactly|. */
#pragma once

#include <stdio.h>

#include "es_client.h"
#include "release_meta.h"

typedef struct {
    guint depth;
    guint random; /* profiles besides the standard ones: release_profiles.h */
    guint64 seed;
    const guint *candidates; /* [count], each `depth` at least */
    guint count;
} RecallOptions;

typedef struct {
    guint candidates;     /* 0: exact */
    double recall;        /* mean over the profiles */
    double worst;         /* the lowest of a profile */
    double all_there;     /* share of the profiles with recall 1 */
    double median, p99;   /* ms, of step 2 as the client sees it */
    double server_median; /* ms, `took` */
} RecallRow;

typedef struct {
    char *url, *version, *index, *model_id;
    guint movies, k, depth, profiles;
    GArray *rows; /* RecallRow: the exact one first, then as the options have them */
} Recall;

void recall_free(Recall *recall);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recall, recall_free)

/* Measures the live release of `alias`. Errors: RECSYS_ERROR_USAGE (it was made without --knn),
 * those of recommender_ask(). */
Recall *recall_measure(EsClient *client, const char *alias, const RecallOptions *options,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

void recall_print(const Recall *recall, FILE *out);
void recall_print_json(const Recall *recall, FILE *out);

/* The smallest value that at least this share of `values` [count > 0] is not above. Sorts them. */
double recall_quantile(double *values, guint count, double share);
