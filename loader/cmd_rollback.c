#include <stdio.h>

#include "alias_cli.h"
#include "commands.h"
#include "rollback.h"

static void print(const RollbackResult *result, const AliasCli *cli, const char *alias)
{
    const char *from = result->from != NULL ? result->from : "nothing";
    if (!cli->json) {
        if (!cli->quiet)
            printf("%s moved from %s to %s\n", alias, from, result->index);
        return;
    }
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "alias", alias);
    json_put_member_string(json, "index", result->index);
    if (result->from != NULL)
        json_put_member_string(json, "previous", result->from);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

gboolean cmd_rollback(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_autofree char *path = NULL;
    g_auto(AliasCli) cli = {0};
    const GOptionEntry own[] = {
        {"bundle", 0, 0, G_OPTION_ARG_FILENAME, &path,
         "compare the release's documents with this bundle first", "BUNDLE"},
        {NULL},
    };
    if (!alias_cli_parse(&cli, ALIAS_VERB_IS_A_JOB, own, command, &argc, &argv, error))
        return FALSE;
    g_autoptr(Bundle) bundle = path != NULL ? bundle_open(path, error) : NULL;
    if (path != NULL && bundle == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cli.cluster, error);
    if (client == NULL)
        return FALSE;
    const RollbackOptions options = {
        .alias = es_options_alias(&cli.cluster),
        .target = argc > 1 ? argv[1] : NULL,
        .bundle = bundle,
        .lock = job_options_lock(&cli.job, &cli.cluster),
    };
    g_auto(RollbackResult) result = {0};
    if (!rollback(&result, client, &options, error))
        return FALSE;
    print(&result, &cli, options.alias);
    return TRUE;
}
