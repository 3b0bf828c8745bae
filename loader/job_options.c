#include "job_options.h"

#include "recsys_error.h"

#define LEAST_SECONDS 1
#define MOST_SECONDS 86400

void job_options_clear(JobOptions *options)
{
    g_free(options->break_owner);
    *options = (JobOptions){0};
}

GOptionEntry *job_options_entries(JobOptions *options)
{
    const GOptionEntry entries[] = {
        {"break-lock", 0, 0, G_OPTION_ARG_STRING, &options->break_owner,
         "take the lock from this owner, who is known to be dead, if it still has it",
         "USER@HOST:PID"},
        {"lock-expiry", 0, 0, G_OPTION_ARG_INT, &options->lock_seconds,
         "until the lock of a job that died expires (" G_STRINGIFY(LOCK_SECONDS) ")", "SECONDS"},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

gboolean job_options_check(const JobOptions *options, GError **error)
{
    if (options->break_owner != NULL && !lock_is_owner_name(options->break_owner)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--break-lock must be the owner that the message about the lock names, "
                    "USER@HOST:PID, not \"%s\"",
                    options->break_owner);
        return FALSE;
    }
    if (options->lock_seconds >= LEAST_SECONDS && options->lock_seconds <= MOST_SECONDS)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--lock-expiry must be %d to %d seconds",
                LEAST_SECONDS, MOST_SECONDS);
    return FALSE;
}

static EsClient *connect_again(gpointer cluster, GError **error)
{
    return es_options_connect(cluster, error);
}

LockOptions job_options_lock(const JobOptions *options, EsOptions *cluster)
{
    return (LockOptions){
        .break_owner = options->break_owner,
        .seconds = (guint)options->lock_seconds,
        .connect = connect_again,
        .connect_data = cluster,
    };
}
