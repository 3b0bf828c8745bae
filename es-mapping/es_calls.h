/* JSON calls to the cluster, several in flight (http_pool.h). Each ends with its answer or with
 * what it failed with; what a failure means is up to who asked. */
#pragma once

#include "es_client.h"

typedef struct EsCalls EsCalls;

/* Called once for each call: with its answer, out of which the vectors are lifted, or with a
 * failure (ES_ERROR for a status that is not 2xx, HTTP_TRANSPORT_ERROR, RECSYS_ERROR_REFUSED for
 * what is not JSON). Both are valid during the call. FALSE with an error ends es_calls_wait() with
 * it. More calls may be started from here. */
typedef gboolean (*EsCallsAnswer)(yajl_val answer, const LiftedVectors *lifted,
                                  const GError *failure, gpointer data, GError **error);

/* `client` must outlive the calls. Freeing gives up what is under way. */
EsCalls *es_calls_new(EsClient *client);
void es_calls_free(EsCalls *calls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCalls, es_calls_free)

/* Starts a POST; takes ownership of `body`. `content_type` is ES_JSON or ES_NDJSON. */
void es_calls_post(EsCalls *calls, const char *path, const char *content_type, char *body,
                   EsCallsAnswer on_answer, gpointer data);

/* The same with the answer's text as it came, for those who read it as it stands; NULL with a
 * failure. */
typedef gboolean (*EsCallsText)(GString *answer, const GError *failure, gpointer data,
                                GError **error);

void es_calls_post_for_text(EsCalls *calls, const char *path, const char *content_type, char *body,
                            EsCallsText on_text, gpointer data);

/* The number of calls under way. */
guint es_calls_active(const EsCalls *calls);

/* Sends and receives until at least one call has ended, or `until` (monotonic microseconds) has
 * come. Errors: RECSYS_ERROR_INTERRUPTED, what an answer's handler says, HTTP_TRANSPORT_ERROR. */
gboolean es_calls_wait(EsCalls *calls, gint64 until, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same until no call is under way any more. */
gboolean es_calls_run(EsCalls *calls, GError **error) G_GNUC_WARN_UNUSED_RESULT;
