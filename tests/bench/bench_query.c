/* Times the two-step flow.
 *
 * Usage: bench_query ours URL ALIAS PROFILES COUNT       one query after the other by the C API
 *        bench_query replay URL ALIAS PROFILES COUNT     the same requests, prepared beforehand,
 * over a bare socket: what no client can beat bench_query flight URL ALIAS PROFILES COUNT THREADS
 * several in flight by the C API bench_query spawn COUNT COMMAND…                a command as a
 * whole process
 *
 * PROFILES has one profile a line, "user=42 age=18". The first three print "MICROSECONDS TOOK-MS"
 * for each query but those that warm up, then "cpu SECONDS" for those; the third prints "seconds
 * SECONDS" and "cpu SECONDS"; the last prints MICROSECONDS for each. */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "recommend.h"

#define SIZE 10
#define ANSWER 65536 /* bytes, at most */

static void die(const char *why)
{
    fprintf(stderr, "bench_query: %s\n", why);
    exit(1);
}

static double cpu_now(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- who asks ---- */

static GPtrArray *read_profiles(const char *path)
{
    g_autofree char *text = NULL;
    GPtrArray *profiles = g_ptr_array_new_with_free_func((GDestroyNotify)profile_free);
    if (!g_file_get_contents(path, &text, NULL, NULL))
        die("the profiles cannot be read");
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        Profile *profile = profile_new();
        g_auto(GStrv) pairs = g_strsplit(*line, " ", -1);
        for (char **pair = pairs; *pair != NULL; pair++) {
            g_auto(GStrv) parts = g_strsplit(*pair, "=", 2);
            profile_add(profile, parts[0], parts[1]);
        }
        g_ptr_array_add(profiles, profile);
    }
    return profiles;
}

typedef struct {
    const char *url, *alias;
    GPtrArray *profiles;
    guint count, warm_up;
} Bench;

static Bench bench_of(char **argv)
{
    const guint count = (guint)strtoul(argv[5], NULL, 10);
    return (Bench){argv[2], argv[3], read_profiles(argv[4]), count, MAX(20, count / 5)};
}

static const Profile *profile_of(const Bench *bench, guint query)
{
    return g_ptr_array_index(bench->profiles, query % bench->profiles->len);
}

static EsClient *connect_to(const char *url)
{
    g_autoptr(GError) error = NULL;
    g_auto(HttpOptions) http = {.url = g_strdup(url)};
    EsClient *client = es_client_connect(&http, &error);
    if (client == NULL)
        die(error->message);
    return client;
}

static gint64 ask(Recommender *recommender, const Profile *profile)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ranking) ranking = recommender_rank(recommender, profile, SIZE, &error);
    if (ranking == NULL)
        die(error->message);
    if (ranking->movies->len != SIZE)
        die("a ranking is too short");
    return ranking->took;
}

/* ---- one after the other ---- */

static void time_ours(const Bench *bench)
{
    g_autoptr(EsClient) client = connect_to(bench->url);
    g_autoptr(Recommender) recommender = recommender_new(client, bench->alias);
    g_autofree gint64 *times = g_new0(gint64, bench->count);
    g_autofree gint64 *tooks = g_new0(gint64, bench->count);
    double cpu = 0;
    for (guint i = 0; i < bench->warm_up + bench->count; i++) {
        if (i == bench->warm_up)
            cpu = cpu_now();
        const gint64 began = g_get_monotonic_time();
        const gint64 took = ask(recommender, profile_of(bench, i));
        if (i < bench->warm_up)
            continue;
        times[i - bench->warm_up] = g_get_monotonic_time() - began;
        tooks[i - bench->warm_up] = took;
    }
    cpu = cpu_now() - cpu;
    for (guint i = 0; i < bench->count; i++)
        printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", times[i], tooks[i]);
    printf("cpu %.6f\n", cpu);
}

/* ---- a replay ---- */

static int open_socket(const char *url)
{
    g_autofree char *host = g_strdup(strstr(url, "//") != NULL ? strstr(url, "//") + 2 : url);
    char *colon = strrchr(host, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (colon == NULL || !g_str_has_prefix(url, "http:"))
        die("the replay needs http://HOST:PORT");
    *colon = '\0';
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        die("no such host");
    int socket_fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    const int on = 1;
    if (socket_fd < 0 || connect(socket_fd, found->ai_addr, found->ai_addrlen) != 0)
        die("no connection");
    setsockopt(socket_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    freeaddrinfo(found);
    return socket_fd;
}

static char *request_of(const char *path, const char *body)
{
    return g_strdup_printf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           "Content-Length: %zu\r\n\r\n%s",
                           path, strlen(body), body);
}

/* How long an answer is in all, as far as its first `done` bytes tell. */
static gsize length_of(const char *answer, gsize done)
{
    const char *end = strstr(answer, "\r\n\r\n");
    if (end == NULL)
        return G_MAXSIZE;
    const char *number = strcasestr(answer, "\r\ncontent-length:");
    if (number != NULL && number < end)
        return (gsize)(end + 4 - answer) + strtoul(number + 17, NULL, 10);
    return g_str_has_suffix(answer, "\r\n0\r\n\r\n") ? done : G_MAXSIZE; /* in chunks */
}

static void exchange(int socket_fd, const char *request, char answer[ANSWER])
{
    const gsize length = strlen(request);
    gsize done = 0;
    if (write(socket_fd, request, length) != (gssize)length)
        die("a request was not sent whole");
    answer[0] = '\0';
    while (done < length_of(answer, done)) {
        const gssize got = read(socket_fd, answer + done, ANSWER - 1 - done);
        if (got <= 0)
            die("an answer was cut, or is too long");
        done += (gsize)got;
        answer[done] = '\0';
    }
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0)
        die(answer);
}

typedef struct {
    char *mget, *search;
} Prepared;

static Prepared prepare(Recommender *recommender, const char *alias, const Profile *profile)
{
    const RecommendRequest request = {.profile = profile, .size = SIZE};
    if (!recommender_prepare(recommender, &request, NULL))
        die("a query cannot be prepared");
    const ReleaseMeta *meta = recommender_release(recommender);
    const QueryBody query = recommender_query(recommender, &request);
    g_autofree char *ids = feature_vectors_body(meta, profile, NULL);
    g_autofree char *body = query_body(&query);
    g_autofree char *mget = feature_vectors_path(alias);
    g_autofree char *search = recommend_search_path(meta->index);
    return (Prepared){request_of(mget, ids), request_of(search, body)};
}

static void time_replay(const Bench *bench)
{
    static char answer[ANSWER];
    g_autoptr(EsClient) client = connect_to(bench->url);
    g_autoptr(Recommender) recommender = recommender_new(client, bench->alias);
    g_autofree Prepared *prepared = g_new(Prepared, bench->profiles->len);
    for (guint i = 0; i < bench->profiles->len; i++)
        prepared[i] = prepare(recommender, bench->alias, profile_of(bench, i));
    const int socket_fd = open_socket(bench->url);
    double cpu = 0;
    for (guint i = 0; i < bench->warm_up + bench->count; i++) {
        if (i == bench->warm_up)
            cpu = cpu_now();
        const Prepared *query = &prepared[i % bench->profiles->len];
        const gint64 began = g_get_monotonic_time();
        exchange(socket_fd, query->mget, answer);
        exchange(socket_fd, query->search, answer);
        const gint64 time = g_get_monotonic_time() - began;
        const char *took = strstr(answer, "\"took\":");
        if (i >= bench->warm_up)
            printf("%" G_GINT64_FORMAT " %ld\n", time,
                   took != NULL ? strtol(took + 7, NULL, 10) : 0);
    }
    printf("cpu %.6f\n", cpu_now() - cpu);
    close(socket_fd);
    for (guint i = 0; i < bench->profiles->len; i++)
        g_free(prepared[i].mget), g_free(prepared[i].search);
}

/* ---- several in flight ---- */

typedef struct {
    const Bench *bench;
    gint next; /* atomic: the query to ask next */
} Flight;

static gpointer fly(gpointer data)
{
    Flight *flight = data;
    g_autoptr(EsClient) client = connect_to(flight->bench->url);
    g_autoptr(Recommender) recommender = recommender_new(client, flight->bench->alias);
    guint query;
    while ((query = (guint)g_atomic_int_add(&flight->next, 1)) < flight->bench->count)
        ask(recommender, profile_of(flight->bench, query));
    return NULL;
}

static void time_flight(const Bench *bench, guint threads)
{
    Flight flight = {.bench = bench};
    g_autofree GThread **all = g_new(GThread *, threads);
    const double cpu = cpu_now();
    const gint64 began = g_get_monotonic_time();
    for (guint i = 0; i < threads; i++)
        all[i] = g_thread_new("query", fly, &flight);
    for (guint i = 0; i < threads; i++)
        g_thread_join(all[i]);
    printf("seconds %.6f\ncpu %.6f\n", (double)(g_get_monotonic_time() - began) / 1e6,
           cpu_now() - cpu);
}

/* ---- whole processes ---- */

static void time_spawns(guint count, char **command)
{
    for (guint i = 0; i < count; i++) {
        int status = 0;
        const gint64 began = g_get_monotonic_time();
        if (!g_spawn_sync(NULL, command, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                          &status, NULL) ||
            status != 0)
            die("the command failed");
        printf("%" G_GINT64_FORMAT "\n", g_get_monotonic_time() - began);
    }
}

int main(int argc, char **argv)
{
    const char *mode = argc > 3 ? argv[1] : "";
    if (strcmp(mode, "spawn") == 0) {
        time_spawns((guint)strtoul(argv[2], NULL, 10), argv + 3);
        return 0;
    }
    if (argc < 6)
        die("usage: bench_query ours|replay|flight URL ALIAS PROFILES COUNT [THREADS], or "
            "bench_query spawn COUNT COMMAND…");
    Bench bench = bench_of(argv);
    if (strcmp(mode, "ours") == 0)
        time_ours(&bench);
    else if (strcmp(mode, "replay") == 0)
        time_replay(&bench);
    else if (strcmp(mode, "flight") == 0 && argc == 7)
        time_flight(&bench, (guint)strtoul(argv[6], NULL, 10));
    else
        die("what is to be timed?");
    g_ptr_array_unref(bench.profiles);
    return 0;
}
