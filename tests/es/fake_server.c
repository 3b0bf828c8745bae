#include "fake_server.h"

#include <gio/gio.h>
#include <string.h>

#define DRIP_MICROSECONDS 30000

struct FakeServer {
    GSocketListener *listener;
    GCancellable *stop;
    GThread *thread;
    char *url;
    FakeHandler handler;
    gpointer data;
    gsize most; /* bytes of a request: beyond them the connection is closed */
    GMutex mutex;
    GPtrArray *seen; /* char *: "METHOD /path" */
};

/* ---- one request ---- */

static void request_clear(FakeRequest *request)
{
    g_free(request->method);
    g_free(request->path);
    g_free(request->content_type);
    if (request->body != NULL)
        g_string_free(request->body, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FakeRequest, request_clear)

static void answer_clear(FakeAnswer *answer)
{
    g_free(answer->product);
    if (answer->body != NULL)
        g_string_free(answer->body, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FakeAnswer, answer_clear)

static const char *header_value(const char *line, const char *name)
{
    gsize length = strlen(name);
    if (g_ascii_strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    return line + length + 1 + strspn(line + length + 1, " ");
}

static gboolean read_bytes(GDataInputStream *in, GString *body, gsize length)
{
    gsize got = 0;
    const gsize before = body->len;
    g_string_set_size(body, before + length);
    return g_input_stream_read_all(G_INPUT_STREAM(in), body->str + before, length, &got, NULL,
                                   NULL) &&
           got == length;
}

/* FALSE once there are more than `most` bytes. */
static gboolean read_chunks(GDataInputStream *in, GString *body, gsize most)
{
    for (;;) {
        g_autofree char *size = g_data_input_stream_read_line(in, NULL, NULL, NULL);
        const gsize length = size != NULL ? (gsize)g_ascii_strtoull(size, NULL, 16) : 0;
        if (size == NULL || body->len + length > most || !read_bytes(in, body, length))
            return FALSE;
        g_autofree char *end = g_data_input_stream_read_line(in, NULL, NULL, NULL);
        if (length == 0)
            return end != NULL;
    }
}

/* FALSE if the body has more than `most` bytes. */
static gboolean read_request(GDataInputStream *in, FakeRequest *request, gsize most)
{
    g_autofree char *first = g_data_input_stream_read_line(in, NULL, NULL, NULL);
    g_auto(GStrv) words = g_strsplit(first != NULL ? first : "", " ", 3);
    if (g_strv_length(words) != 3)
        return FALSE;
    request->method = g_strdup(words[0]);
    request->path = g_strdup(words[1]);
    request->body = g_string_new(NULL);
    gsize length = 0;
    gboolean chunked = FALSE;
    for (;;) {
        g_autofree char *line = g_data_input_stream_read_line(in, NULL, NULL, NULL);
        if (line == NULL)
            return FALSE;
        if (line[0] == '\0')
            break;
        const char *value = header_value(line, "Content-Length");
        if (value != NULL)
            length = (gsize)g_ascii_strtoull(value, NULL, 10);
        chunked |= header_value(line, "Transfer-Encoding") != NULL;
        if ((value = header_value(line, "Content-Type")) != NULL)
            request->content_type = g_strdup(value);
    }
    if (chunked)
        return read_chunks(in, request->body, most);
    return read_bytes(in, request->body, MIN(length, most)) && length <= most;
}

/* The head, byte by byte, as long as somebody listens. */
static void drip(GOutputStream *out, GString *text)
{
    for (gsize i = 0; i < text->len; i++) {
        if (!g_output_stream_write_all(out, text->str + i, 1, NULL, NULL, NULL))
            break;
        g_usleep(DRIP_MICROSECONDS);
    }
    g_string_truncate(text, 0);
}

static gboolean send_bytes(GOutputStream *out, const char *bytes, gsize length)
{
    return g_output_stream_write_all(out, bytes, length, NULL, NULL, NULL) &&
           g_output_stream_flush(out, NULL, NULL);
}

static void write_answer(GOutputStream *out, const FakeAnswer *answer)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text,
                    "HTTP/1.1 %ld Scripted\r\nContent-Type: %s\r\n"
                    "Content-Length: %" G_GSIZE_FORMAT "\r\nConnection: close\r\n",
                    answer->status, answer->content_type, answer->body->len);
    if (answer->product != NULL)
        g_string_append_printf(text, "X-elastic-product: %s\r\n", answer->product);
    if (answer->retry_after > 0)
        g_string_append_printf(text, "Retry-After: %u\r\n", answer->retry_after);
    g_string_append_printf(text, "%s\r\n", answer->headers != NULL ? answer->headers : "");
    if (answer->raw)
        g_string_truncate(text, 0);
    if (answer->drip_head)
        drip(out, text);
    gsize sent = answer->body->len - MIN(answer->cut, answer->body->len);
    if (answer->drip_gap == 0) {
        g_string_append_len(text, answer->body->str, (gssize)sent);
        send_bytes(out, text->str, text->len);
        return;
    }
    gboolean listening = send_bytes(out, text->str, text->len);
    for (gsize i = 0; i < sent && listening; i++) {
        g_usleep(answer->drip_gap);
        listening = send_bytes(out, answer->body->str + i, 1);
    }
}

static void serve(FakeServer *server, GSocketConnection *connection)
{
    GIOStream *stream = G_IO_STREAM(connection);
    g_autoptr(GDataInputStream) in = g_data_input_stream_new(g_io_stream_get_input_stream(stream));
    g_auto(FakeRequest) request = {0};
    g_data_input_stream_set_newline_type(in, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
    if (!read_request(in, &request, server->most))
        return;
    g_mutex_lock(&server->mutex);
    g_ptr_array_add(server->seen, g_strdup_printf("%s %s", request.method, request.path));
    g_mutex_unlock(&server->mutex);
    g_auto(FakeAnswer)
        answer = {.status = 200, .body = g_string_new(NULL), .content_type = "application/json"};
    server->handler(&request, &answer, server->data);
    g_usleep(answer.silence);
    if (!answer.hang_up)
        write_answer(g_io_stream_get_output_stream(stream), &answer);
}

/* ---- the server ---- */

static gpointer run(gpointer data)
{
    FakeServer *server = data;
    while (!g_cancellable_is_cancelled(server->stop)) {
        g_autoptr(GSocketConnection) connection =
            g_socket_listener_accept(server->listener, NULL, server->stop, NULL);
        if (connection == NULL)
            continue;
        serve(server, connection);
        g_io_stream_close(G_IO_STREAM(connection), NULL, NULL);
    }
    return NULL;
}

FakeServer *fake_server_start(FakeHandler handler, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) wanted = g_inet_socket_address_new(loopback, 0);
    g_autoptr(GSocketAddress) bound = NULL;
    FakeServer *server = g_new0(FakeServer, 1);
    server->listener = g_socket_listener_new();
    if (!g_socket_listener_add_address(server->listener, wanted, G_SOCKET_TYPE_STREAM,
                                       G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error))
        g_error("no port for a fake server: %s", error->message);
    server->url = g_strdup_printf("http://127.0.0.1:%u",
                                  g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
    server->stop = g_cancellable_new();
    server->handler = handler;
    server->data = data;
    server->most = G_MAXUINT32;
    server->seen = g_ptr_array_new_with_free_func(g_free);
    g_mutex_init(&server->mutex);
    server->thread = g_thread_new("fake-server", run, server);
    return server;
}

void fake_server_stop(FakeServer *server)
{
    if (server == NULL)
        return;
    g_cancellable_cancel(server->stop);
    g_thread_join(server->thread);
    g_socket_listener_close(server->listener);
    g_object_unref(server->listener);
    g_object_unref(server->stop);
    g_ptr_array_unref(server->seen);
    g_mutex_clear(&server->mutex);
    g_free(server->url);
    g_free(server);
}

void fake_server_set_most(FakeServer *server, gsize most)
{
    server->most = most;
}

const char *fake_server_url(const FakeServer *server)
{
    return server->url;
}

guint fake_server_count(FakeServer *server, const char *method, const char *text)
{
    guint count = 0;
    g_mutex_lock(&server->mutex);
    for (guint i = 0; i < server->seen->len; i++) {
        const char *request = g_ptr_array_index(server->seen, i);
        count += g_str_has_prefix(request, method) && strstr(request, text) != NULL;
    }
    g_mutex_unlock(&server->mutex);
    return count;
}

/* ---- answers ---- */

void fake_forward(const char *url, const FakeRequest *request, FakeAnswer *answer)
{
    g_autoptr(GError) error = NULL;
    g_auto(HttpOptions) options = {.url = g_strdup(url)};
    g_auto(HttpResponse) response = {0};
    g_autoptr(HttpClient) client = http_client_new(&options, &error);
    const char *body = request->body->len > 0 ? request->body->str : NULL;
    if (client == NULL ||
        !http_perform(client, request->method, request->path, request->content_type, body,
                      request->body->len, &response, &error)) {
        answer->status = 502;
        g_string_assign(answer->body, error->message);
        return;
    }
    answer->status = response.status;
    answer->product = g_strdup(response.product);
    g_string_append_len(answer->body, response.body->str, (gssize)response.body->len);
}

void fake_answer_json(FakeAnswer *answer, const char *text)
{
    g_free(answer->product);
    answer->product = g_strdup("Elasticsearch");
    g_string_assign(answer->body, text);
}
