/* The command line of release, which plan shares. */
#pragma once

#include "cli.h"
#include "es_options.h"
#include "job_options.h"
#include "load_cli.h"
#include "release.h"

#define RELEASE_CLI_LIMITS 5

typedef struct {
    char *replace_index;
    char *doc_ids;
    char **skip;
    GateOptions gates;
    char *limits[RELEASE_CLI_LIMITS]; /* as given */
    gint depth, random;
    gint keep;
    gboolean json, quiet;
    LoadCli load;
    JobOptions job;
    EsOptions cluster;
} ReleaseCli;

void release_cli_clear(ReleaseCli *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReleaseCli, release_cli_clear)

/* Fills both; `release` refers to `options`, which must outlive it. */
gboolean release_cli_parse(ReleaseCli *options, ReleaseOptions *release, const CliCommand *command,
                           int *argc, char ***argv, GError **error) G_GNUC_WARN_UNUSED_RESULT;
