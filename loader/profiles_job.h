/* `recommend --profiles`: a file of profiles (profile_line.h) in, a ranking for each of them out,
 * one JSON object a line:
 *
 *     {"line":1,"id":"a-17","asked":{…},"profile":"user 42, age 18","index":…,…,"movies":[…]}
 *     {"line":2,"asked":{…},"index":…,"model_id":…,"profile":"user 4711","error":"there is no …"}
 *
 * Line n of the output is of line n of the profiles; `asked` (asked.h) is what an output is gone on
 * with by. */
#pragma once

#include "recommend.h"
#include "seen.h"

#define PROFILES_JOB_MOST_IN_FLIGHT 16
#define PROFILES_JOB_NOT_GIVEN G_MININT /* what an option can hardly be given as */

typedef struct {
    char *profiles; /* a file, or "-"; NULL: this is no such job */
    char *output;   /* a file; NULL: standard output */
    gboolean resume;
    int in_flight; /* PROFILES_JOB_NOT_GIVEN, or 1 to PROFILES_JOB_MOST_IN_FLIGHT */
} ProfilesJobOptions;

void profiles_job_options_clear(ProfilesJobOptions *options);

/* The option table that fills `options`, whose in_flight is not given from now on; free with
 * g_free. */
GOptionEntry *profiles_job_options_entries(ProfilesJobOptions *options);

/* RECSYS_ERROR_USAGE for options that do not go together, and for what is out of range. */
gboolean profiles_job_options_check(const ProfilesJobOptions *options,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Runs it against a `release`, in its concrete index. Of `request` it takes cold_start, size,
 * candidates (if `usual_candidates`: as recommend_usual_candidates() for each line's size) and
 * filter; beside that, what the user of a line has seen, if there is one, is excluded.
 *
 * RECSYS_ERROR_DATA: lines with errors, all others being done; or a file to go on with that is of
 * another release, or answers another question. RECSYS_ERROR_LOCKED: another job is writing it.
 * Otherwise as recommend_batch_run(); then, with an output file, the job can be resumed. */
gboolean profiles_job_run(const ProfilesJobOptions *options, EsClient *client,
                          const ReleaseMeta *release, const RecommendRequest *request,
                          gboolean usual_candidates, const Seen *seen,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
