#include <stdio.h>

#include "commands.h"
#include "es_options.h"
#include "job_options.h"
#include "rollback.h"

typedef struct {
    char *bundle;
    gboolean json, quiet;
} Options;

static void options_clear(Options *options)
{
    g_free(options->bundle);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean parse(const CliCommand *command, int *argc, char ***argv, Options *options,
                      JobOptions *job, EsOptions *cluster, GError **error)
{
    const GOptionEntry entries[] = {
        {"bundle", 0, 0, G_OPTION_ARG_FILENAME, &options->bundle,
         "compare the release's documents with this bundle first", "BUNDLE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &options->quiet, "say nothing if all went well", NULL},
        {NULL},
    };
    g_autofree GOptionEntry *jobs = job_options_entries(job);
    g_autofree GOptionEntry *cluster_entries = es_options_entries(cluster);
    const GOptionEntry *const all[] = {entries, jobs, cluster_entries, NULL};
    return cli_parse(command, all, argc, argv, error) && job_options_check(job, error);
}

static void print(const RollbackResult *result, const Options *options, const char *alias)
{
    const char *from = result->from != NULL ? result->from : "nothing";
    if (!options->json) {
        if (!options->quiet)
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
    g_auto(Options) options = {0};
    g_auto(JobOptions) job = JOB_OPTIONS_DEFAULT;
    g_auto(EsOptions) cluster = {0};
    if (!parse(command, &argc, &argv, &options, &job, &cluster, error))
        return FALSE;
    g_autoptr(Bundle) bundle = NULL;
    if (options.bundle != NULL) {
        bundle = bundle_open(options.bundle, error);
        if (bundle == NULL)
            return FALSE;
    }
    g_autoptr(EsClient) client = es_options_connect(&cluster, error);
    if (client == NULL)
        return FALSE;
    const RollbackOptions rollback_options = {
        .alias = es_options_alias(&cluster),
        .target = argc > 1 ? argv[1] : NULL,
        .bundle = bundle,
        .break_owner = job.break_owner,
        .lock_seconds = (guint)job.lock_seconds,
        .connect = job_options_connect,
        .connect_data = &cluster,
    };
    g_auto(RollbackResult) result = {0};
    if (!rollback(&result, client, &rollback_options, error))
        return FALSE;
    print(&result, &options, rollback_options.alias);
    return TRUE;
}
