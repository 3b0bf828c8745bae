/* From the `_id` of a movie's document to the movie's position (fast_scorer.h). The answers are
 * those of feature_of_id() and a search among the movies; but a value that is a whole number and
 * not far larger than the number of movies, as MovieLens' are, is looked up in a table by it. */
#pragma once

#include "bundle.h"
#include "release_meta.h"

typedef struct MovieIds MovieIds;

/* The bundle must outlive them. Memory: at most 16 bytes a movie, and 256 KiB. */
MovieIds *movie_ids_new(const Bundle *bundle, DocIds doc_ids);
void movie_ids_free(MovieIds *ids);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MovieIds, movie_ids_free)

/* FALSE if it is not the `_id` of a movie of the bundle. */
gboolean movie_ids_find(const MovieIds *ids, const char *id, guint *position);
