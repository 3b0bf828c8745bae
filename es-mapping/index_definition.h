/* The index definition: index_definition.json with dims and _meta filled in. */
#pragma once

#include "release_meta.h"

/* The body that creates the index of a bundle, without a state. */
char *index_definition_of(const Bundle *bundle, DocIds doc_ids);

/* The same for an index that says in its `_meta` how far it is. */
char *index_definition_in_state(const Bundle *bundle, DocIds doc_ids, ReleaseState state);

/* The body of PUT /index/_mapping that puts a new `_meta`, with this state, in the old one's place.
 */
char *index_definition_new_state(const Bundle *bundle, DocIds doc_ids, ReleaseState state);
