#include "alias_cli.h"

void alias_cli_clear(AliasCli *cli)
{
    job_options_clear(&cli->job);
    es_options_clear(&cli->cluster);
}

gboolean alias_cli_parse(AliasCli *cli, AliasVerb verb, const GOptionEntry *own,
                         const CliCommand *command, int *argc, char ***argv, GError **error)
{
    const GOptionEntry none = {NULL}, looking[] = {
                                          {"json", 0, 0, G_OPTION_ARG_NONE, &cli->json,
                                           "JSON instead of text", NULL},
                                          {NULL},
                                      };
    const GOptionEntry working[] = {
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &cli->quiet, "say nothing if all went well", NULL},
        {NULL},
    };
    cli->job = (JobOptions)JOB_OPTIONS_DEFAULT;
    g_autofree GOptionEntry *jobs = job_options_entries(&cli->job);
    g_autofree GOptionEntry *cluster = es_options_entries(&cli->cluster);
    const gboolean is_job = verb == ALIAS_VERB_IS_A_JOB;
    const GOptionEntry *const all[] = {
        own != NULL ? own : &none, looking, is_job ? working : &none,
        is_job ? jobs : &none,     cluster, NULL,
    };
    cli->cluster.patience = is_job ? ES_JOB_PATIENCE : 0;
    return cli_parse(command, all, argc, argv, error) && job_options_check(&cli->job, error);
}
