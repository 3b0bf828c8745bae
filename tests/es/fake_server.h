/* A tiny HTTP server for answers that a real Elasticsearch cannot be made to give: it listens on a
 * free port of the loopback interface and takes one request a connection. */
#pragma once

#include "http.h"

typedef struct {
    char *method;
    char *path;
    char *content_type; /* nullable */
    GString *body;
} FakeRequest;

typedef struct {
    long status;   /* 200 */
    char *product; /* X-elastic-product, or NULL */
    GString *body;
    gsize cut;                /* bytes of the body that are promised, but not sent */
    guint retry_after;        /* seconds, in a header; 0: none */
    gboolean drip_head;       /* the head byte by byte, some seconds long */
    gboolean hang_up;         /* closes the connection with no answer at all */
    const char *content_type; /* application/json */
    const char *headers;      /* more of them, each with its line break, or NULL */
    gboolean raw;             /* the body is all that is sent: no status line, no headers */
    gulong drip_gap;          /* microseconds between one byte of the body and the next */
    gulong silence;           /* microseconds before the answer */
} FakeAnswer;

/* Fills `answer`, which is preset to 200, no product and an empty body. Runs in the server's
 * thread, one call at a time. */
typedef void (*FakeHandler)(const FakeRequest *request, FakeAnswer *answer, gpointer data);

typedef struct FakeServer FakeServer;

FakeServer *fake_server_start(FakeHandler handler, gpointer data);
void fake_server_stop(FakeServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeServer, fake_server_stop)

/* "http://127.0.0.1:PORT" */
const char *fake_server_url(const FakeServer *server);

/* From now on a connection is cut in the middle of a request whose body has more than `most` bytes.
 */
void fake_server_set_most(FakeServer *server, gsize most);

/* How many requests began with this method and contain `text` in their path. */
guint fake_server_count(FakeServer *server, const char *method, const char *text);

/* Fills `answer` with what the real server at `url` says to the same request. */
void fake_forward(const char *url, const FakeRequest *request, FakeAnswer *answer);

/* Puts the fake's product name and a JSON text into the answer. */
void fake_answer_json(FakeAnswer *answer, const char *text);
