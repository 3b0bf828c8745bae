/* The index definition: index_definition.json with dims and _meta filled in. */
#pragma once

#include "release_meta.h"

typedef struct {
    DocIds doc_ids;
    gboolean knn;         /* with KNN_FIELD (document.h) */
    ReleaseState state;   /* what it says of itself in its `_meta` */
    const char *replaces; /* with a state: the index that was live when its gates passed, or NULL */
} IndexForm;

/* The body that creates the index of a bundle: the usual form, without a state. */
char *index_definition_of(const Bundle *bundle, DocIds doc_ids);

/* The same for an index of any form. With knn the model has at most KNN_MOST_FACTORS factors. */
char *index_definition_in_form(const Bundle *bundle, const IndexForm *form);

/* The body of PUT /index/_mapping that puts a new `_meta`, with this state, in the old one's place.
 */
char *index_definition_new_state(const Bundle *bundle, const IndexForm *form);
