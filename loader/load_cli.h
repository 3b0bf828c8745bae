/* The options of a command that loads an index. */
#pragma once

#include "load.h"

typedef struct {
    int shards, replicas, in_flight, retries; /* LOAD_CLI_NONE: not given */
    double patience, request_timeout;         /* LOAD_CLI_NO_SECONDS: not given */
    char *gzip;
    gboolean knn;
    char *replicas_text; /* what LoadOptions refers to */
    BulkOptions bulk;
} LoadCli;

/* What nobody means: -1 would be a value that somebody gives and that is wrong. */
#define LOAD_CLI_NONE G_MININT
#define LOAD_CLI_NO_SECONDS (-G_MAXDOUBLE)

#define LOAD_CLI_DEFAULT                                                                           \
    {                                                                                              \
        .shards = LOAD_CLI_NONE, .replicas = LOAD_CLI_NONE, .in_flight = LOAD_CLI_NONE,            \
        .retries = LOAD_CLI_NONE, .patience = LOAD_CLI_NO_SECONDS,                                 \
        .request_timeout = LOAD_CLI_NO_SECONDS, .bulk = BULK_OPTIONS_DEFAULT,                      \
    }

void load_cli_clear(LoadCli *cli);

/* The option table that fills `cli`; free with g_free. */
GOptionEntry *load_cli_entries(LoadCli *cli);

/* Checks the values; `load` refers to `cli`, which must outlive it. */
gboolean load_cli_take(LoadCli *cli, LoadOptions *load, GError **error) G_GNUC_WARN_UNUSED_RESULT;
