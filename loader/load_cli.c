#include "load_cli.h"

#include <string.h>

#include "recsys_error.h"

void load_cli_clear(LoadCli *cli)
{
    g_free(cli->replicas_text);
    g_free(cli->gzip);
}

GOptionEntry *load_cli_entries(LoadCli *cli)
{
    const GOptionEntry entries[] = {
        {"shards", 0, 0, G_OPTION_ARG_INT, &cli->shards, "shards of the new index (1)", "N"},
        {"replicas", 0, 0, G_OPTION_ARG_INT, &cli->replicas,
         "copies of each shard, made once all documents are there (one, if there is a second node)",
         "N"},
        {"in-flight", 0, 0, G_OPTION_ARG_INT, &cli->in_flight,
         "bulk requests under way at a time, up to 16 (3)", "N"},
        {"retries", 0, 0, G_OPTION_ARG_INT, &cli->retries,
         "how often a document is sent again after 429, 503 or a lost connection (as often as "
         "--patience allows)",
         "N"},
        {"patience", 0, 0, G_OPTION_ARG_DOUBLE, &cli->patience,
         "seconds to go on trying without any document getting through (300)", "S"},
        {"request-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &cli->request_timeout,
         "seconds for one bulk request as a whole (300)", "S"},
        {"gzip", 0, 0, G_OPTION_ARG_STRING, &cli->gzip,
         "compress bulk requests; auto, the default: if the first ones show that it pays",
         "auto|always|never"},
        {"knn", 0, 0, G_OPTION_ARG_NONE, &cli->knn,
         "store the movies' vectors a second time, indexed for `recommend --knn`", NULL},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

static gboolean check_range(const char *name, double given, double least, double most,
                            GError **error)
{
    if (given == LOAD_CLI_NONE || given == LOAD_CLI_NO_SECONDS || (given >= least && given <= most))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--%s must be from %g to %g, not %g", name,
                least, most, given);
    return FALSE;
}

static gboolean take_gzip(LoadCli *cli, GError **error)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (cli->gzip == NULL || strcmp(cli->gzip, names[i]) == 0) {
            cli->bulk.gzip = (GzipMode)i;
            return TRUE;
        }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--gzip must be auto, always or never, not \"%s\"", cli->gzip);
    return FALSE;
}

gboolean load_cli_take(LoadCli *cli, LoadOptions *load, GError **error)
{
    if (!check_range("shards", cli->shards, 1, 1024, error) ||
        !check_range("replicas", cli->replicas, 0, 100, error) ||
        !check_range("in-flight", cli->in_flight, 1, 16, error) ||
        !check_range("retries", cli->retries, 0, 1000, error) ||
        !check_range("patience", cli->patience, 0, 1e6, error) ||
        !check_range("request-timeout", cli->request_timeout, 0.001, 1e6, error) ||
        !take_gzip(cli, error))
        return FALSE;
    if (cli->shards != LOAD_CLI_NONE)
        load->shards = (guint)cli->shards;
    if (cli->replicas != LOAD_CLI_NONE)
        load->replicas = cli->replicas_text = g_strdup_printf("%d", cli->replicas);
    if (cli->in_flight != LOAD_CLI_NONE)
        cli->bulk.in_flight = (guint)cli->in_flight;
    if (cli->retries != LOAD_CLI_NONE)
        cli->bulk.retries = (guint)cli->retries;
    if (cli->patience != LOAD_CLI_NO_SECONDS)
        cli->bulk.patience = cli->patience;
    if (cli->request_timeout != LOAD_CLI_NO_SECONDS)
        cli->bulk.request_seconds = cli->request_timeout;
    load->knn = cli->knn;
    load->bulk = &cli->bulk;
    return TRUE;
}
