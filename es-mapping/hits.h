/* Reads the hits of a search whose body query_body.h has made. */
#pragma once

#include "lifted_vectors.h"
#include "profile.h"
#include "ranking.h"

typedef struct {
    const ProfileSum *sum; /* turns scores into ratings; NULL: there are none */
    guint k;
    gboolean approximate;        /* scores are those of a body with candidates */
    const LiftedVectors *lifted; /* where the answer's vectors are, if the body asked for them;
                                    NULL: there are none */
} HitsForm;

/* Adds the hits of an answer (or of an item of a _msearch's) to a ranking that has its index, model
 * and shift; its `after` becomes the last hit's sort values. Errors: RECSYS_ERROR_INCONCLUSIVE (a
 * partial answer), RECSYS_ERROR_GATE (a movie of another model), RECSYS_ERROR_REFUSED (what makes
 * no sense). */
gboolean hits_read(Ranking *ranking, yajl_val answer, const HitsForm *form,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of a page that is only skipped: how many hits there are, and the last one's sort values as JSON
 * in *after, if there is one. The same errors. */
gboolean hits_skip(yajl_val answer, guint *count, char **after,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
