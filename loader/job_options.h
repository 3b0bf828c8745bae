/* The options that every job with a lock has. */
#pragma once

#include "es_options.h"
#include "lock.h"

typedef struct {
    char *break_owner;
    gint lock_seconds;
} JobOptions;

#define JOB_OPTIONS_DEFAULT                                                                        \
    {                                                                                              \
        .lock_seconds = LOCK_SECONDS                                                               \
    }

void job_options_clear(JobOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JobOptions, job_options_clear)

/* The option table that fills `options`; free with g_free. */
GOptionEntry *job_options_entries(JobOptions *options);

/* RECSYS_ERROR_USAGE for an expiry that is none. */
gboolean job_options_check(const JobOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What they come to; both must outlive it. */
LockOptions job_options_lock(const JobOptions *options, EsOptions *cluster);
