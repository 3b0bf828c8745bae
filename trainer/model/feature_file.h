/* features.jsonl: one line per feature in index order, with index, type and value, for movies
 * title, genres, year and ratings, and for users whose attributes are known {"age": "25", …}. */
#pragma once

#include "feature_table.h"

/* Free with g_bytes_unref. */
GBytes *feature_file_encode(const FeatureTable *features);

/* NULL with RECSYS_ERROR_DATA naming the line; `name` is the file's, for messages. */
FeatureTable *feature_file_decode(GBytes *content, const char *name,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
