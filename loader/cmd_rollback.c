#include <stdio.h>

#include "alias_cli.h"
#include "commands.h"
#include "json_failure.h"
#include "rollback.h"

typedef struct {
    AliasCli alias;
    char *bundle; /* a path, or NULL */
    gboolean unverified;
} Options;

static void options_clear(Options *options)
{
    alias_cli_clear(&options->alias);
    g_free(options->bundle);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean parse(Options *options, const CliCommand *command, int *argc, char ***argv,
                      GError **error)
{
    const GOptionEntry own[] = {
        {"bundle", 0, 0, G_OPTION_ARG_FILENAME, &options->bundle,
         "compare the release's documents with this bundle first", "BUNDLE"},
        {"unverified", 0, 0, G_OPTION_ARG_NONE, &options->unverified,
         "do not read the release's documents first, only count them", NULL},
        {NULL},
    };
    return alias_cli_parse(&options->alias, ALIAS_VERB_IS_A_JOB, own, command, argc, argv, error);
}

static gboolean roll_back(RollbackResult *result, Options *options, const char *target,
                          GError **error)
{
    AliasCli *cli = &options->alias;
    g_autoptr(Bundle) bundle = options->bundle != NULL ? bundle_open(options->bundle, error) : NULL;
    if (options->bundle != NULL && bundle == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cli->cluster, error);
    const RollbackOptions rollback_options = {
        .alias = es_options_alias(&cli->cluster),
        .target = target,
        .bundle = bundle,
        .unverified = options->unverified,
        .lock = job_options_lock(&cli->job, &cli->cluster),
    };
    return client != NULL && rollback(result, client, &rollback_options, error);
}

static void print_json(const RollbackResult *result, const char *alias)
{
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
    g_auto(Options) options = {0};
    g_auto(RollbackResult) result = {0};
    g_autoptr(GError) failure = NULL;
    if (!parse(&options, command, &argc, &argv, error))
        return FALSE;
    const char *alias = es_options_alias(&options.alias.cluster);
    if (!roll_back(&result, &options, argc > 1 ? argv[1] : NULL, &failure)) {
        if (options.alias.json)
            json_failure_print(failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (options.alias.json)
        print_json(&result, alias);
    else if (!options.alias.quiet)
        printf("%s moved from %s to %s\n", alias, result.from != NULL ? result.from : "nothing",
               result.index);
    return TRUE;
}
