/* Finds α and λ of iALS (ials.h) by short runs on nine tenths of the training rows, each judged by
 * the lists it gives for the rest: NDCG@10 over the movies that a person has not rated in the nine
 * tenths, where what is held out and liked (ials_is_liked) is relevant.
 *
 * A compass search: from the usual pair in steps of a factor while that is better, in each
 * direction, then once more in smaller steps. The same rows, options and seed try the same pairs
 * and choose the same one. */
#pragma once

#include "dataset.h"
#include "ials.h"

typedef struct {
    double alpha, lambda;
    double ndcg; /* NaN if this pair has no solution */
} IalsTrial;

typedef struct {
    double alpha, lambda;   /* the best pair; the usual one if there was nothing to judge by */
    GArray *trials;         /* IalsTrial, in the order they were made; empty likewise */
    guint people, held_out; /* whose lists were judged, by how many relevant ratings */
    guint factors, sweeps;  /* of the short runs */
    double seconds;         /* that all of it took */
} IalsSearch;

void ials_search_free(IalsSearch *search);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IalsSearch, ials_search_free)

/* After each trial; nullable. */
typedef void (*IalsTrialDone)(const IalsTrial *trial, guint number, gpointer data);

/* `options` are those of the run to come: alpha or lambda is to be found if it is NaN, and kept if
 * it is not. `rows` of `data` as for rating_matrix_new(). Errors as ials_train(), but that pairs
 * without a solution are only passed over. */
IalsSearch *ials_search(const Dataset *data, const guint32 *rows, guint count,
                        const IalsOptions *options, IalsTrialDone done, gpointer user_data,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
