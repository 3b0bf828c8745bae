#include <stdio.h>

#include "alias_cli.h"
#include "catalogue.h"
#include "commands.h"
#include "json_failure.h"
#include "recsys_error.h"

/* Surplus releases and what dead jobs left, with the lock held. */
static gboolean prune(GPtrArray *deleted, AliasCli *cli, guint keep, GError **error)
{
    const char *alias = es_options_alias(&cli->cluster);
    const LockOptions lock_options = job_options_lock(&cli->job, &cli->cluster);
    g_autoptr(EsClient) client = es_options_connect(&cli->cluster, error);
    if (client == NULL)
        return FALSE;
    g_autoptr(Lock) lock = lock_acquire(client, alias, "prune", &lock_options, error);
    g_autoptr(Catalogue) catalogue = lock != NULL ? catalogue_fetch(client, alias, error) : NULL;
    if (catalogue == NULL)
        return FALSE;
    g_autoptr(GPtrArray) left_behind = catalogue_left_behind(catalogue);
    g_autoptr(GPtrArray) surplus = catalogue_to_prune(catalogue, keep);
    return catalogue_delete(client, left_behind, deleted, error) &&
           catalogue_delete(client, surplus, deleted, error);
}

static void print_json(const GPtrArray *deleted, const char *alias, const GError *failure)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "alias", alias);
    json_put_member_strings(json, "deleted", deleted);
    json_failure_put(json, failure);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

static void print_text(const GPtrArray *deleted, gboolean pruned)
{
    for (guint i = 0; i < deleted->len; i++)
        printf("deleted %s\n", (const char *)g_ptr_array_index(deleted, i));
    if (pruned && deleted->len == 0)
        printf("nothing to delete\n");
}

static gboolean parse(AliasCli *cli, gint *keep, const CliCommand *command, int argc, char **argv,
                      GError **error)
{
    const GOptionEntry own[] = {
        {"keep", 0, 0, G_OPTION_ARG_INT, keep,
         "how many complete releases to keep, the newest ones (to be given; at least 1)", "N"},
        {NULL},
    };
    if (!alias_cli_parse(cli, ALIAS_VERB_IS_A_JOB, own, command, &argc, &argv, error))
        return FALSE;
    if (*keep >= 1)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--keep N is needed, N at least 1");
    return FALSE;
}

gboolean cmd_prune(const CliCommand *command, int argc, char **argv, GError **error)
{
    gint keep = 0;
    g_auto(AliasCli) cli = {0};
    g_autoptr(GError) failure = NULL;
    if (!parse(&cli, &keep, command, argc, argv, error))
        return FALSE;
    g_autoptr(GPtrArray) deleted = g_ptr_array_new_with_free_func(g_free);
    const gboolean pruned = prune(deleted, &cli, (guint)keep, &failure);
    if (cli.json)
        print_json(deleted, es_options_alias(&cli.cluster), failure);
    else if (!cli.quiet)
        print_text(deleted, pruned);
    if (!pruned)
        g_propagate_error(error, g_steal_pointer(&failure));
    return pruned;
}
