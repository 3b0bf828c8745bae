/* What lists are ordered by, for several people at a time: w_m + <q, v_m> for each of C candidates
 * m and each query q, in float32, as one product of matrices. */
#pragma once

#include "fm.h"

/* So many queries at a time are fastest. */
#define LIST_SCORES_BLOCK 6

typedef struct {
    guint count; /* C */
    guint k;
    float *panels; /* of PANEL candidates each: [k, PANEL], the last one filled with zeros */
    float *bias;   /* [C] */
} ListScores;

/* Of the features features[0..count-1] of the model. Takes 4 (k + 1) bytes for each. */
ListScores *list_scores_new(const FmModel *model, const guint32 *features, guint count);
void list_scores_free(ListScores *scores);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ListScores, list_scores_free)

/* scores [rows, C] of queries [rows, k]; rows ≤ LIST_SCORES_BLOCK. What a query gets does not
 * depend on the others. */
void list_scores_fill(float *scores, const ListScores *of, const float *queries, guint rows);
