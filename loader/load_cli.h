/* The options of a command that loads an index. */
#pragma once

#include "load.h"

typedef struct {
    int shards, replicas, in_flight, retries; /* -1: not given */
    double patience, request_timeout;
    char *gzip;
    gboolean knn;
    char *replicas_text; /* what LoadOptions refers to */
    BulkOptions bulk;
} LoadCli;

#define LOAD_CLI_DEFAULT                                                                           \
    {                                                                                              \
        .shards = -1, .replicas = -1, .in_flight = -1, .retries = -1, .patience = -1,              \
        .request_timeout = -1, .bulk = BULK_OPTIONS_DEFAULT,                                       \
    }

void load_cli_clear(LoadCli *cli);

/* The option table that fills `cli`; free with g_free. */
GOptionEntry *load_cli_entries(LoadCli *cli);

/* Checks the values; `load` refers to `cli`, which must outlive it. */
gboolean load_cli_take(LoadCli *cli, LoadOptions *load, GError **error) G_GNUC_WARN_UNUSED_RESULT;
