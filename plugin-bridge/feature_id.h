/* The feature that a document's `_id` stands for: the inverse of document_id(). */
#pragma once

#include "bundle.h"
#include "release_meta.h"

/* FALSE if no feature of the bundle has this id. */
gboolean feature_of_id(const Bundle *bundle, DocIds doc_ids, const char *id, guint *index);
