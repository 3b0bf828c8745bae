/* Names of genres and movies that somebody gave, looked up in a release. A search cannot tell a
 * name that it does not know from one that no movie happens to have: it answers all the same.
 *
 * `release` is an index or an alias. Errors of all: RECSYS_ERROR_INCONCLUSIVE (a partial answer),
 * RECSYS_ERROR_REFUSED (one that makes no sense), ES_ERROR, transport. */
#pragma once

#include "es_client.h"
#include "filter.h"

/* RECSYS_ERROR_USAGE, naming those there are, for a genre of the filter that no movie has. A filter
 * without genres is not asked about. */
gboolean release_check_genres(EsClient *client, const char *release, const Filter *filter,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Those of the `movies` (char *: ids of the data set) that the release does not have, in their
 * order, owned by `movies`. An id of a document, "movie_318", that is no movie's id is replaced by
 * the movie's, "318". Nothing is asked if there are none. */
GPtrArray *release_unknown_movies(EsClient *client, const char *release, GPtrArray *movies,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
