/* The command line of the verbs about the releases that an alias has: doctor and releases look,
 * rollback and prune are jobs, which take its lock. */
#pragma once

#include "cli.h"
#include "es_options.h"
#include "job_options.h"

typedef enum { ALIAS_VERB_LOOKS, ALIAS_VERB_IS_A_JOB } AliasVerb;

typedef struct {
    gboolean json;
    gboolean quiet; /* of jobs, as the next */
    JobOptions job;
    EsOptions cluster;
} AliasCli;

void alias_cli_clear(AliasCli *cli);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AliasCli, alias_cli_clear)

/* Parses these options and the verb's `own` (nullable) and leaves its arguments in argv[1..]. */
gboolean alias_cli_parse(AliasCli *cli, AliasVerb verb, const GOptionEntry *own,
                         const CliCommand *command, int *argc, char ***argv,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
