/* The movies of a few genres on a map by t-SNE of their embeddings (tsne.h); where these have two
 * halves (model_form.h), of the one for lists. */
#pragma once

#include "bundle.h"
#include "tsne.h"

#define MOVIE_MAP_MOST_GENRES 8

typedef struct {
    guint feature; /* the movie's index */
    guint genre;   /* position in `genres`: the first of the chosen ones that it has */
    double x, y;
} MapPoint;

typedef struct {
    char **genres;     /* as chosen, NULL-terminated */
    guint *counts;     /* [genres] movies shown as that genre */
    guint shared;      /* movies with more than one of the chosen genres */
    GArray *points;    /* MapPoint, in index order */
    double perplexity; /* that was asked of t-SNE */
} MovieMap;

/* The movies of `genres` ("Horror,Documentary"; names as in the bundle, in any case), without
 * places yet. NULL: of Children's, Horror and Documentary as far as the bundle has them, and if it
 * has none of them, of the three genres with the most movies. RECSYS_ERROR_USAGE, listing the
 * genres there are, for one that no movie has, one given twice, none, more than
 * MOVIE_MAP_MOST_GENRES, or more movies than t-SNE takes. */
MovieMap *movie_map_choose(const Bundle *bundle, const char *genres,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Finds their places. */
gboolean movie_map_project(MovieMap *map, const Bundle *bundle, guint64 seed, Team *team,
                           TsneObserver observer, gpointer data,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

void movie_map_free(MovieMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MovieMap, movie_map_free)
