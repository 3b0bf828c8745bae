/* A point in time: an index as it was at a moment, for searches that follow each other. The server
 * drops it when it is closed, or KEEP_ALIVE after its last use. */
#pragma once

#include "es_client.h"

#define POINT_IN_TIME_KEEP_ALIVE "2m"

/* Its id. Errors: ES_ERROR (404: there is no such index), transport, RECSYS_ERROR_REFUSED,
 * RECSYS_ERROR_INCONCLUSIVE if it does not cover all shards. */
char *point_in_time_open(EsClient *client, const char *index,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* If this fails the server drops it by itself. `id` may be NULL. */
void point_in_time_close(EsClient *client, const char *id);

/* The member "pit" of a search's body. */
void point_in_time_put(yajl_gen json, const char *id);

/* Takes the id that an answer has, which may be a new one, into *id. */
void point_in_time_update(char **id, yajl_val answer);
