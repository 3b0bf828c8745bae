/* The genres and movies that a filter of recommend or similar names, against the live release. */
#pragma once

#include "es_client.h"
#include "seen.h"

/* A genre that the release does not have is RECSYS_ERROR_USAGE naming those it has. A movie to
 * exclude that it does not have changes no answer, so it is only told of, on standard error; one
 * that is given as the id of its document, "movie_318", is replaced by its own id. `seen`
 * (nullable) has the rows that are kept for each user; what seen_notes() has is told of too.
 * Otherwise errors as those of release_names.h. */
gboolean name_check(EsClient *client, const char *alias, Filter *filter, const Seen *seen,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
