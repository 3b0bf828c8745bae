/* The command line of release, which plan shares: options, then the bundle and the cluster. */
#pragma once

#include "cli.h"
#include "es_options.h"
#include "job_options.h"
#include "load_cli.h"
#include "release.h"

#define RELEASE_CLI_LIMITS 6

typedef struct {
    ReleaseOptions release; /* what all of them come to */
    Bundle *bundle;
    EsClient *client;
    gboolean json, quiet;
    /* As given. */
    char *replace_index;
    char *doc_ids;
    char **skip;
    GateOptions gates;
    char *limits[RELEASE_CLI_LIMITS];
    gint depth, random;
    gint keep;
    LoadCli load;
    JobOptions job;
    EsOptions cluster;
} ReleaseCli;

void release_cli_clear(ReleaseCli *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReleaseCli, release_cli_clear)

/* Parses, opens the bundle and connects. */
gboolean release_cli_open(ReleaseCli *options, const CliCommand *command, int argc, char **argv,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
