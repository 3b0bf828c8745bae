/* The real Elasticsearch a test program runs against.
 *
 * Its only argument names the environment variable with the URL: ES_URL_9, ES_URL_8 or
 * ES_URL_SECURE. If that is not set the whole program is skipped. All indices and aliases of a run
 * begin with server_prefix(), and are deleted at the end. */
#pragma once

#include "es_client.h"
#include "tap.h"

/* Connects, runs `set_up` (may be NULL), then the tests, and cleans up. */
int server_main(int argc, char **argv, const char *suite, const UnitTest *tests,
                void (*set_up)(void));

#define SERVER_MAIN(suite, tests, set_up)                                                          \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        return server_main(argc, argv, suite, tests, set_up);                                      \
    }

const char *server_url(void);
EsClient *server_client(void);

/* "test-parity-1234", on the secured server "recsys-test-…": its reader may read recsys* alone. */
const char *server_prefix(void);

/* A new client of the same server. */
EsClient *server_connect(void);

/* A user of the secured server: the password of `user`, owned by this module. */
const char *server_password(const char *user);

/* One call; NULL, and the error as a TAP comment, unless the status is 2xx. */
yajl_val server_ask(const char *method, const char *body, const char *path_format, ...)
    G_GNUC_PRINTF(3, 4);

/* The same for calls whose answer does not matter. */
gboolean server_do(const char *method, const char *body, const char *path_format, ...)
    G_GNUC_PRINTF(3, 4);

/* Every index of this run with its number of documents and every alias with its index, one a line;
 * a lock that nobody holds is left out. */
char *server_state(void);

/* The one index that an alias stands for; NULL if it is none or several. */
char *server_index_of(const char *alias);

/* Deletes every index of this run. */
void server_clean_up(void);
