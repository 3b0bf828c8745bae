/* Elasticsearch over http.h: one JSON call at a time, statuses turned into errors. */
#pragma once

#include <glib.h>

#include "http.h"
#include "json.h"
#include "lifted_vectors.h"

/* The HTTP status is the code of this domain; the message has the server's own reason. */
#define ES_ERROR (es_error_quark())
GQuark es_error_quark(void);

/* The exit code of an error of this layer or the ones below. */
int es_exit_code(const GError *error);

typedef struct EsClient EsClient;

/* What a job that nobody waits for puts up with: for options->patience below. */
#define ES_JOB_PATIENCE 30.0

/* Connects and makes sure that an Elasticsearch of a supported version answers, and that of several
 * hosts those that answer are nodes of one cluster. Errors: transport, ES_ERROR,
 * RECSYS_ERROR_REFUSED (something else answers, or it is too old), RECSYS_ERROR_USAGE (hosts of two
 * clusters).
 *
 * With options->patience, every call that is safe to repeat (http_is_safe_to_repeat()) is repeated
 * for so many seconds as long as the answer is 429, 502, 503 or 504, or, once connected, the
 * connection is lost: see http_patience.h. */
EsClient *es_client_connect(const HttpOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void es_client_free(EsClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsClient, es_client_free)

const char *es_client_url(const EsClient *client);

/* "9.4.3", or "of unknown version" for a user who may not ask. */
const char *es_client_version(const EsClient *client);

/* See http_client_set_interruptible(). */
void es_client_set_interruptible(EsClient *client, gboolean interruptible);

/* From now on; see es_client_connect(). 0: no call is repeated. */
void es_client_set_patience(EsClient *client, double seconds);

/* The transport below, for requests that are not called one at a time. */
HttpClient *es_client_http(EsClient *client);

/* Sets ES_ERROR for a status that is not 2xx, with the server's own reason. */
void es_client_set_status_error(const EsClient *client, const char *method, const char *path,
                                const HttpResponse *response, GError **error);

/* The server's own reason in an answer, or in one item of an answer, that has an error; printable.
 */
char *es_client_reason(const EsClient *client, yajl_val answer);

/* Parses an answer's text, out of which `lifted` (nullable) takes the vectors first; NULL with
 * RECSYS_ERROR_REFUSED if it is not JSON. */
yajl_val es_client_parse(const EsClient *client, const char *method, const char *path,
                         GString *text, LiftedVectors *lifted,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define ES_JSON "application/json"
#define ES_NDJSON "application/x-ndjson"

/* Calls and parses the answer; NULL with an error unless the status is 2xx (ES_ERROR otherwise, a
 * redirect included) and the answer is JSON by its type and its text (RECSYS_ERROR_REFUSED). `body`
 * may be NULL. The caller frees the tree. */
yajl_val es_call(EsClient *client, const char *method, const char *path, const char *content_type,
                 const char *body, gsize length, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with a JSON text, or with no body. */
yajl_val es_call_json(EsClient *client, const char *method, const char *path, const char *body,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* POST of a query that somebody waits for: the answer is not compressed, and its embeddings are
 * lifted out of it into `lifted` (nullable: they stay). Errors as above. */
yajl_val es_query(EsClient *client, const char *path, const char *body, LiftedVectors *lifted,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with RECSYS_ERROR_INCONCLUSIVE if a shard failed, the time ran out or the search ended
 * early: a partial answer is never an answer. `what` is for the message. */
gboolean es_check_complete(yajl_val answer, const char *what,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for the answer to a search, which always says whether time ran out and how many shards
 * failed: one that does not is no answer either. */
gboolean es_check_search(yajl_val answer, const char *what,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for an answer to what is asked of each shard but is no search: _count, _pit. */
gboolean es_check_shards(yajl_val answer, const char *what,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* es_check_search() for an answer that is read as it comes: what it says in _shards.failed and
 * timed_out, each -1 if it does not say, and terminated_early. */
gboolean es_check_whole(gint64 failed_shards, int timed_out, gboolean terminated_early,
                        const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if this, the error of an item or of a whole answer, says that no copy of a shard could
 * answer: a node is away, and what the others have is no answer. */
gboolean es_lacks_shards(yajl_val answer);

/* A name made safe for a path. */
char *es_escape(const char *name);
