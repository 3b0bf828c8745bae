/* JSON calls to the cluster, several in flight (http_pool.h), each answer checked like that of
 * es_call(): a status that is not 2xx is ES_ERROR. For reading only: what was in flight when one
 * of them fails is given up. */
#pragma once

#include "es_client.h"

typedef struct Flight Flight;

/* Called once for each call, with the text of its answer; FALSE with an error ends flight_run().
 * More calls may be started from here. */
typedef gboolean (*FlightAnswer)(const GString *answer, gpointer data, GError **error);

/* `client` must outlive the flight. */
Flight *flight_new(EsClient *client);
void flight_free(Flight *flight);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Flight, flight_free)

/* Starts a call; takes ownership of `body`. `content_type` is ES_JSON or ES_NDJSON. */
void flight_post(Flight *flight, const char *path, const char *content_type, char *body,
                 FlightAnswer on_answer, gpointer data);

/* Returns when no call is under way any more. Errors: ES_ERROR, HTTP_TRANSPORT_ERROR,
 * RECSYS_ERROR_INTERRUPTED, RECSYS_ERROR_REFUSED (too large an answer), what an answer's handler
 * says. */
gboolean flight_run(Flight *flight, GError **error) G_GNUC_WARN_UNUSED_RESULT;
