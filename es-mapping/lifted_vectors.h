/* Vectors lifted out of an answer's text before it is parsed: as a tree, the thousands of numbers
 * of some embeddings cost many times what all else in the answer does.
 *
 * In the text each `"embedding": [0.25, …]` becomes `"embedding": N`, where N counts the vectors
 * lifted so far. An embedding that is text (base64) stays. If one is anything else, or has
 * something other than numbers in it, the text may not be taken at its word any more: `valid` is
 * FALSE then. */
#pragma once

#include "json.h"

typedef struct {
    GArray *values; /* float, of one vector after the other */
    GArray *ends;   /* guint: where each one ends in `values` */
    gboolean valid;
} LiftedVectors;

void lifted_vectors_init(LiftedVectors *lifted);
void lifted_vectors_clear(LiftedVectors *lifted);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LiftedVectors, lifted_vectors_clear)

/* Takes them out of `text`, which is an answer that may be no JSON at all: what is wrong with it,
 * the parser says. */
void lifted_vectors_take(LiftedVectors *lifted, GString *text);

/* document_read_vector() for the value of an embedding in the tree of such a text: TRUE if it has
 * exactly k finite numbers, which are then in vector [k]. */
gboolean lifted_vectors_read(const LiftedVectors *lifted, float *vector, guint k,
                             yajl_val value) G_GNUC_WARN_UNUSED_RESULT;
