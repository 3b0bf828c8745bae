#include "es_calls.h"

#include <string.h>

#include "http_pool.h"

/* Vectors hardly shrink: compressing them would be most of the server's work. */
#define UNCOMPRESSED "Accept-Encoding: identity"

typedef struct {
    EsCalls *calls;
    char *path, *body;
    gsize length, sent;
    EsCallsAnswer on_answer; /* or NULL */
    EsCallsText on_text;
    gpointer data;
} Call;

struct EsCalls {
    EsClient *client;
    HttpPool *pool;
    GPtrArray *under_way; /* Call * */
};

static void call_free(gpointer data)
{
    Call *call = data;
    g_free(call->path);
    g_free(call->body);
    g_free(call);
}

EsCalls *es_calls_new(EsClient *client)
{
    EsCalls *calls = g_new0(EsCalls, 1);
    calls->client = client;
    calls->pool = http_pool_new(es_client_http(client), HTTP_POOL_CLIENTS_LIMIT);
    calls->under_way = g_ptr_array_new_with_free_func(call_free);
    return calls;
}

void es_calls_free(EsCalls *calls)
{
    if (calls == NULL)
        return;
    http_pool_free(calls->pool); /* before the bodies that it sends */
    g_ptr_array_unref(calls->under_way);
    g_free(calls);
}

guint es_calls_active(const EsCalls *calls)
{
    return http_pool_active(calls->pool);
}

static gsize produce(char *buffer, gsize room, gpointer data)
{
    Call *call = data;
    const gsize part = MIN(room, call->length - call->sent);
    memcpy(buffer, call->body + call->sent, part);
    call->sent += part;
    return part;
}

/* FALSE with what the call failed with: it did not get through, or the status is not 2xx. */
static gboolean is_answered(const Call *call, const HttpOutcome *outcome, GError **error)
{
    if (outcome->failure != NULL) {
        g_propagate_error(error, g_error_copy(outcome->failure));
        return FALSE;
    }
    if (outcome->response.status >= 200 && outcome->response.status <= 299)
        return TRUE;
    es_client_set_status_error(call->calls->client, "POST", call->path, &outcome->response, error);
    return FALSE;
}

static gboolean hand_over_text(const Call *call, const HttpOutcome *outcome, GError **error)
{
    g_autoptr(GError) failure = NULL;
    GString *text = is_answered(call, outcome, &failure) ? outcome->response.body : NULL;
    return call->on_text(text, failure, call->data, error);
}

static gboolean hand_over_answer(const Call *call, const HttpOutcome *outcome, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_auto(LiftedVectors) lifted = {0};
    lifted_vectors_init(&lifted);
    g_auto(yajl_val) answer = is_answered(call, outcome, &failure)
                                  ? es_client_parse(call->calls->client, "POST", call->path,
                                                    outcome->response.body, &lifted, &failure)
                                  : NULL;
    return call->on_answer(answer, &lifted, failure, call->data, error);
}

static gboolean complete(const HttpOutcome *outcome, gpointer data, GError **error)
{
    Call *call = data;
    const gboolean valid = call->on_text != NULL ? hand_over_text(call, outcome, error)
                                                 : hand_over_answer(call, outcome, error);
    g_ptr_array_remove_fast(call->calls->under_way, call);
    return valid;
}

static void start(EsCalls *calls, const char *path, const char *content_type, Call *call)
{
    call->calls = calls;
    call->path = g_strdup(path);
    call->length = strlen(call->body);
    g_ptr_array_add(calls->under_way, call);
    http_pool_post(calls->pool, path, content_type, UNCOMPRESSED, produce, complete, call);
}

void es_calls_post(EsCalls *calls, const char *path, const char *content_type, char *body,
                   EsCallsAnswer on_answer, gpointer data)
{
    Call *call = g_new0(Call, 1);
    *call = (Call){.body = body, .on_answer = on_answer, .data = data};
    start(calls, path, content_type, call);
}

void es_calls_post_for_text(EsCalls *calls, const char *path, const char *content_type, char *body,
                            EsCallsText on_text, gpointer data)
{
    Call *call = g_new0(Call, 1);
    *call = (Call){.body = body, .on_text = on_text, .data = data};
    start(calls, path, content_type, call);
}

gboolean es_calls_wait(EsCalls *calls, gint64 until, GError **error)
{
    return http_pool_wait(calls->pool, until, error);
}

gboolean es_calls_run(EsCalls *calls, GError **error)
{
    while (es_calls_active(calls) > 0)
        if (!es_calls_wait(calls, G_MAXINT64, error))
            return FALSE;
    return TRUE;
}
