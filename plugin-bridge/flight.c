#include "flight.h"

#include <string.h>

#include "http_pool.h"

/* Vectors hardly shrink: compressing them would be most of the server's work. */
#define UNCOMPRESSED "Accept-Encoding: identity"

typedef struct {
    Flight *flight;
    char *path, *body;
    gsize length, sent;
    FlightAnswer on_answer;
    gpointer data;
} Call;

struct Flight {
    EsClient *client;
    HttpPool *pool;
    GPtrArray *calls; /* Call *: under way */
};

static void call_free(gpointer data)
{
    Call *call = data;
    g_free(call->path);
    g_free(call->body);
    g_free(call);
}

Flight *flight_new(EsClient *client)
{
    Flight *flight = g_new0(Flight, 1);
    flight->client = client;
    flight->pool = http_pool_new(es_client_http(client), HTTP_POOL_CLIENTS_LIMIT);
    flight->calls = g_ptr_array_new_with_free_func(call_free);
    return flight;
}

void flight_free(Flight *flight)
{
    if (flight == NULL)
        return;
    http_pool_free(flight->pool); /* before the bodies that it sends */
    g_ptr_array_unref(flight->calls);
    g_free(flight);
}

static gsize produce(char *buffer, gsize room, gpointer data)
{
    Call *call = data;
    const gsize part = MIN(room, call->length - call->sent);
    memcpy(buffer, call->body + call->sent, part);
    call->sent += part;
    return part;
}

static gboolean complete(const HttpOutcome *outcome, gpointer data, GError **error)
{
    Call *call = data;
    Flight *flight = call->flight;
    gboolean valid = FALSE;
    if (outcome->failure != NULL)
        g_propagate_error(error, g_error_copy(outcome->failure));
    else if (outcome->response.status < 200 || outcome->response.status > 299)
        es_client_set_status_error(flight->client, "POST", call->path, &outcome->response, error);
    else
        valid = call->on_answer(outcome->response.body, call->data, error);
    g_ptr_array_remove_fast(flight->calls, call);
    return valid;
}

void flight_post(Flight *flight, const char *path, const char *content_type, char *body,
                 FlightAnswer on_answer, gpointer data)
{
    Call *call = g_new0(Call, 1);
    *call = (Call){
        .flight = flight,
        .path = g_strdup(path),
        .body = body,
        .length = strlen(body),
        .on_answer = on_answer,
        .data = data,
    };
    g_ptr_array_add(flight->calls, call);
    http_pool_post(flight->pool, path, content_type, UNCOMPRESSED, produce, complete, call);
}

gboolean flight_run(Flight *flight, GError **error)
{
    while (http_pool_active(flight->pool) > 0)
        if (!http_pool_wait(flight->pool, G_MAXINT64, error))
            return FALSE;
    return TRUE;
}
