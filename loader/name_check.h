/* The genres and movies that somebody names to recommend or similar, against the live release. */
#pragma once

#include "es_client.h"
#include "history.h"
#include "release_meta.h"
#include "seen.h"

/* A genre that the release does not have is RECSYS_ERROR_USAGE naming those it has. A movie to
 * exclude that it does not have changes no answer, so it is only told of, on standard error; one
 * that is given as the id of its document, "movie_318", is replaced by its own id, in a `history`
 * (nullable) too: RECSYS_ERROR_DATA if it is there twice then. What seen_notes() has is told of. If
 * nothing is named, nothing is asked. Otherwise errors as those of release_meta_fetch() and
 * release_names.h. */
gboolean name_check(EsClient *client, const char *alias, Filter *filter, const Seen *seen,
                    History *history, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for answers that are all of one release, in its concrete index; the rows that `seen` has
 * for each user are looked up too. What the release does not have is taken out of both, so that not
 * every search repeats it. */
gboolean name_check_in(EsClient *client, const ReleaseMeta *release, Filter *filter, Seen *seen,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
