#include <stdio.h>

#include "catalogue.h"
#include "commands.h"
#include "es_options.h"
#include "job_options.h"
#include "recsys_error.h"

typedef struct {
    gint keep;
    gboolean json, quiet;
} Options;

static gboolean parse(const CliCommand *command, int *argc, char ***argv, Options *options,
                      JobOptions *job, EsOptions *cluster, GError **error)
{
    const GOptionEntry entries[] = {
        {"keep", 0, 0, G_OPTION_ARG_INT, &options->keep,
         "how many complete releases to keep, the newest ones (to be given; at least 1)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &options->quiet, "say nothing if all went well", NULL},
        {NULL},
    };
    g_autofree GOptionEntry *jobs = job_options_entries(job);
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    const GOptionEntry *const all[] = {entries, jobs, cluster_entries, NULL};
    if (!cli_parse(command, all, argc, argv, error) || !job_options_check(job, error))
        return FALSE;
    if (options->keep >= 1)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--keep N is needed, N at least 1");
    return FALSE;
}

/* Surplus releases and what dead jobs left, with the lock held. */
static gboolean prune(GPtrArray *deleted, EsClient *client, const char *alias, guint keep,
                      GError **error)
{
    g_autoptr(Catalogue) catalogue = catalogue_fetch(client, alias, error);
    if (catalogue == NULL)
        return FALSE;
    g_autoptr(GPtrArray) unfinished = catalogue_unfinished(catalogue);
    g_autoptr(GPtrArray) surplus = catalogue_to_prune(catalogue, keep);
    return catalogue_delete(client, unfinished, deleted, error) &&
           catalogue_delete(client, surplus, deleted, error);
}

static void print_json(const GPtrArray *deleted, const char *alias)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "alias", alias);
    json_put_member_strings(json, "deleted", deleted);
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

gboolean cmd_prune(const CliCommand *command, int argc, char **argv, GError **error)
{
    Options options = {0};
    g_auto(JobOptions) job = JOB_OPTIONS_DEFAULT;
    g_auto(EsOptions) cluster = {0};
    if (!parse(command, &argc, &argv, &options, &job, &cluster, error))
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cluster, error);
    if (client == NULL)
        return FALSE;
    const LockOptions lock_options = {
        .alias = es_options_alias(&cluster),
        .job = "prune",
        .break_owner = job.break_owner,
        .seconds = (guint)job.lock_seconds,
    };
    g_autoptr(Lock) lock =
        lock_acquire(client, &lock_options, job_options_connect, &cluster, error);
    if (lock == NULL)
        return FALSE;
    g_autoptr(GPtrArray) deleted = g_ptr_array_new_with_free_func(g_free);
    gboolean pruned = prune(deleted, client, lock_options.alias, (guint)options.keep, error);
    if (options.json)
        print_json(deleted, lock_options.alias);
    else if (!options.quiet)
        print_text(deleted, pruned);
    return pruned;
}
