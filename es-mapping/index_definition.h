/* The index definition: index_definition.json with dims and _meta filled in. */
#pragma once

#include "release_meta.h"

/* The body that creates the index of a bundle. */
char *index_definition_of(const Bundle *bundle, DocIds doc_ids);
