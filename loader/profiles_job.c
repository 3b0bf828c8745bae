#include "profiles_job.h"

#include <string.h>
#include <unistd.h>

#include "asked.h"
#include "feature_table.h"
#include "line_output.h"
#include "line_reader.h"
#include "profile_line.h"
#include "progress.h"
#include "recommend_batch.h"
#include "recsys_error.h"
#include "text_file.h"

void profiles_job_options_clear(ProfilesJobOptions *options)
{
    g_free(options->profiles);
    g_free(options->output);
    *options = (ProfilesJobOptions){0};
}

GOptionEntry *profiles_job_options_entries(ProfilesJobOptions *options)
{
    options->in_flight = PROFILES_JOB_NOT_GIVEN;
    const GOptionEntry entries[] = {
        {"profiles", 0, 0, G_OPTION_ARG_FILENAME, &options->profiles,
         "many at once: a line of JSON for each, e.g. {\"user\": 42, \"age\": 18, \"size\": 20, "
         "\"id\": \"a\"}, also \"user_only\" and \"anyone\": true, and a line of JSON out for "
         "each; - is standard input",
         "FILE"},
        {"output", 0, 0, G_OPTION_ARG_FILENAME, &options->output,
         "with --profiles: write to a new file, whole lines only", "FILE"},
        {"resume", 0, 0, G_OPTION_ARG_NONE, &options->resume,
         "with --output: go on after the file's last whole line", NULL},
        {"in-flight", 0, 0, G_OPTION_ARG_INT, &options->in_flight,
         "with --profiles: requests under way at a time, up to " G_STRINGIFY(
             PROFILES_JOB_MOST_IN_FLIGHT) " (" G_STRINGIFY(RECOMMEND_BATCH_IN_FLIGHT) ")",
         "N"},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

gboolean profiles_job_options_check(const ProfilesJobOptions *options, GError **error)
{
    const char *why = NULL;
    const gboolean flight_given = options->in_flight != PROFILES_JOB_NOT_GIVEN;
    if (options->profiles == NULL && (options->output != NULL || options->resume || flight_given))
        why = "--output, --resume and --in-flight are of --profiles only";
    else if (options->resume && options->output == NULL)
        why = "--resume goes on with a file: --output names it";
    else if (flight_given &&
             (options->in_flight < 1 || options->in_flight > PROFILES_JOB_MOST_IN_FLIGHT))
        why = "--in-flight must be 1 to " G_STRINGIFY(PROFILES_JOB_MOST_IN_FLIGHT);
    if (why == NULL)
        return TRUE;
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, why);
    return FALSE;
}

typedef struct {
    const ReleaseMeta *release;
    LineReader *reader;
    LineOutput *output;
    GString *text; /* of the batch at hand */
    const RecommendRequest *request;
    const Seen *seen;
    guint64 without_rows; /* users of profiles of whom `seen` says nothing */
    char *asked;          /* options */
    AskedLines *lines;
    guint64 read, written, errors, empty; /* lines, those of earlier runs included */
    Progress progress;
} Job;

static void job_clear(Job *job)
{
    line_reader_free(job->reader);
    line_output_free(job->output);
    if (job->text != NULL)
        g_string_free(job->text, TRUE);
    g_free(job->asked);
    g_clear_pointer(&job->lines, g_checksum_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

/* ---- in ---- */

static void exclude_seen(Job *job, BatchItem *item)
{
    const char *user = profile_value(item->profile, FEATURE_USER);
    if (user == NULL || !seen_is_of_each(job->seen))
        return;
    item->filter = filter_copy(job->request->filter);
    job->without_rows += seen_exclude_of(job->seen, user, item->filter) == 0;
}

static gboolean read_item(BatchItem *item, gboolean *at_end, gpointer data, GError **error)
{
    Job *job = data;
    const char *line = NULL;
    gsize length = 0;
    switch (line_reader_next(job->reader, &line, &length, error)) {
    case LINE_FAILED:
        return FALSE;
    case LINE_NONE_LEFT:
        *at_end = TRUE;
        return TRUE;
    case LINE_TOO_LONG:
        g_set_error_literal(&item->error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                            "the line is longer than a megabyte");
        line = NULL;
        break;
    case LINE_READ: { /* what is wrong with a line becomes its answer */
        gboolean parsed = profile_line_parse(item, line, length, job->request->size, &item->error);
        g_assert(parsed == (item->error == NULL));
        if (parsed)
            exclude_seen(job, item);
        break;
    }
    }
    item->mark = asked_lines_add(job->lines, line, length);
    item->number = ++job->read;
    return TRUE;
}

/* ---- out ---- */

static void put_error(yajl_gen json, const BatchItem *item, const ReleaseMeta *release)
{
    g_autofree char *message = g_utf8_make_valid(item->error->message, -1);
    json_put_member_string(json, "index", release->index);
    json_put_member_string(json, "model_id", release->model_id);
    if (item->profile != NULL && (profile_size(item->profile) > 0 || item->profile->anyone)) {
        g_autofree char *whom = profile_describe(item->profile);
        json_put_member_string(json, "profile", whom);
    }
    json_put_member_string(json, "error", message);
}

static void put_item(yajl_gen json, const BatchItem *item, const Job *job)
{
    yajl_gen_map_open(json);
    json_put_member_int(json, "line", (gint64)item->number);
    if (item->id != NULL) {
        json_put_key(json, "id");
        yajl_gen_number(json, item->id, strlen(item->id)); /* any JSON, as it is */
    }
    asked_put(json, job->asked, item->mark);
    if (item->error != NULL) {
        put_error(json, item, job->release);
    } else {
        g_autofree char *whom = profile_describe(item->profile);
        ranking_put_members(json, item->ranking, whom);
    }
    yajl_gen_map_close(json);
}

static gboolean write_item(const BatchItem *item, gboolean last, gpointer data, GError **error)
{
    Job *job = data;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    put_item(json, item, job);
    json_take_into(json, job->text);
    g_string_append_c(job->text, '\n');
    job->errors += item->error != NULL;
    job->empty += item->ranking != NULL && item->ranking->movies->len == 0;
    job->written++;
    if (!last)
        return TRUE;
    const gboolean valid = line_output_write(job->output, job->text->str, job->text->len, error);
    g_string_truncate(job->text, 0);
    if (job->progress.total > 0)
        progress_update(&job->progress, MIN(job->written, job->progress.total), NULL);
    return valid;
}

/* ---- going on ---- */

static gboolean is_other(const char *output, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean is_other(const char *output, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s cannot be gone on with: %s", output,
                what);
    return FALSE;
}

/* Skips the lines that are done; *mark is that of the last of them. */
static gboolean skip_done(Job *job, guint64 lines, char **mark, const char *output, GError **error)
{
    while (job->read < lines) {
        const char *line = NULL;
        gsize length = 0;
        const LineResult result = line_reader_next(job->reader, &line, &length, error);
        if (result == LINE_FAILED)
            return FALSE;
        if (result == LINE_NONE_LEFT)
            return is_other(output, error,
                            "it has %" G_GUINT64_FORMAT " lines, and %s only %" G_GUINT64_FORMAT,
                            lines, line_reader_name(job->reader), job->read);
        g_free(*mark);
        *mark = asked_lines_add(job->lines, result == LINE_READ ? line : NULL, length);
        job->read++;
    }
    return TRUE;
}

/* A line of the output that is gone on with: of this release, and of this question? */
static gboolean check_last(const Job *job, const char *output, yajl_val line, const char *mark,
                           GError **error)
{
    const char *model = json_get_string(line, "model_id"), *index = json_get_string(line, "index");
    g_autofree char *difference = asked_difference(line, job->asked, mark);
    if (g_strcmp0(model, job->release->model_id) != 0)
        return is_other(output, error,
                        "it is of model %s, and the live release, %s, is of model %s: begin a new "
                        "file, or `recsys-loader rollback` to the other one",
                        model != NULL ? model : "(none)", job->release->index,
                        job->release->model_id);
    if (difference != NULL)
        return is_other(output, error, "%s", difference);
    if (g_strcmp0(index, job->release->index) != 0)
        return is_other(output, error,
                        "it is of release %s, and the live one is %s, which may have other movies "
                        "and genres: begin a new file, or `recsys-loader rollback` to the other "
                        "one",
                        index != NULL ? index : "(none)", job->release->index);
    return TRUE;
}

/* What a killed job left of its last line is taken off; somebody else's text is not. */
static gboolean check_rest(const ProfilesJobOptions *options, const LineOutputPast *past,
                           GError **error)
{
    if (line_output_rest_is_line(past))
        return TRUE;
    g_autofree char *shown = text_show((Text){past->rest, strlen(past->rest)});
    return is_other(options->output, error,
                    "\"%s\" after its %" G_GUINT64_FORMAT " whole lines is not the beginning of "
                    "a line of such a job; take it off, or begin a new file",
                    shown, past->lines);
}

static gboolean go_on_after(Job *job, const ProfilesJobOptions *options, const LineOutputPast *past,
                            GError **error)
{
    gint64 number = 0;
    g_autofree char *mark = NULL;
    if (past->last == NULL)
        return check_rest(options, past, error);
    g_auto(yajl_val) line = json_parse(past->last, options->output, NULL);
    if (!json_get_int(line, "line", &number) || number != (gint64)past->lines)
        return is_other(options->output, error,
                        "its last line is not line %" G_GUINT64_FORMAT " of such a job",
                        past->lines);
    if (!check_rest(options, past, error))
        return FALSE;
    job->written = past->lines;
    job->errors = past->errors;
    job->empty = past->empty;
    return skip_done(job, past->lines, &mark, options->output, error) &&
           check_last(job, options->output, line, mark, error);
}

/* A list that somebody forgot to fill is more likely than one of nobody. */
static gboolean check_input(LineReader *reader, GError **error)
{
    gboolean at_end = FALSE;
    if (!line_reader_at_end(reader, &at_end, error))
        return FALSE;
    if (at_end)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s is empty: there is nobody to recommend to", line_reader_name(reader));
    return !at_end;
}

/* Answers would be added to the very questions. */
static gboolean check_apart(const Job *job, GError **error)
{
    if (!line_output_is_file(job->output, line_reader_descriptor(job->reader)))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "%s is read, so it cannot be written too: name another file for the output",
                line_reader_name(job->reader));
    return FALSE;
}

static gboolean prepare(Job *job, const ProfilesJobOptions *options, GError **error)
{
    g_auto(LineOutputPast) past = {0};
    job->reader = line_reader_open(options->profiles, error);
    if (job->reader == NULL || !check_input(job->reader, error))
        return FALSE;
    job->output = line_output_open(options->output, options->resume, &past, error);
    return job->output != NULL && check_apart(job, error) &&
           go_on_after(job, options, &past, error) && line_output_trim(job->output, error);
}

/* ---- the whole ---- */

/* Not between lines that are printed, and only of what has an end that is known. */
static void begin_progress(Job *job, const ProfilesJobOptions *options)
{
    const gboolean shown =
        isatty(STDERR_FILENO) && (options->output != NULL || !isatty(STDOUT_FILENO));
    const guint64 total = shown ? line_reader_count(job->reader) : 0;
    progress_start(&job->progress, "recommending", "profiles", total);
    if (total == 0)
        job->progress.visible = FALSE;
}

static gboolean run(Job *job, const ProfilesJobOptions *options, EsClient *client,
                    const BatchOptions *batch, GError **error)
{
    begin_progress(job, options);
    const gboolean valid = recommend_batch_run(client, batch, read_item, write_item, job, error);
    progress_end(&job->progress);
    if (!line_output_finish(job->output, valid ? error : NULL) && valid)
        return FALSE;
    if (!valid && options->output != NULL)
        g_prefix_error(error,
                       "%s has %" G_GUINT64_FORMAT " lines so far, --resume goes on after them: ",
                       options->output, line_output_lines(job->output));
    return valid;
}

/* What is no error, but not what one expects. */
static void tell_of_nothing(const Job *job)
{
    if (job->empty > 0)
        g_printerr("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                   " profiles have no movies: none passes the filters.\n",
                   job->empty, job->written);
    if (job->without_rows > 0)
        g_printerr("%" G_GUINT64_FORMAT " of the users asked for now have no ratings in the files "
                   "of --exclude-seen: nothing is excluded for them.\n",
                   job->without_rows);
}

gboolean profiles_job_run(const ProfilesJobOptions *options, EsClient *client,
                          const ReleaseMeta *release, const RecommendRequest *request,
                          gboolean usual_candidates, const Seen *seen, GError **error)
{
    if (!recommend_check_knn(release, request->candidates, error))
        return FALSE;
    const BatchOptions batch = {
        .release = release,
        .user_only = request->user_only,
        .cold_start = request->cold_start,
        .approximate = request->candidates > 0,
        .candidates = usual_candidates ? 0 : request->candidates,
        .filter = request->filter,
        .in_flight = options->in_flight != PROFILES_JOB_NOT_GIVEN ? (guint)options->in_flight : 0,
    };
    g_auto(Job) job = {
        .release = release,
        .text = g_string_new(NULL),
        .request = request,
        .seen = seen,
        .asked = asked_options(request, usual_candidates, seen),
        .lines = asked_lines_new(),
    };
    if (!prepare(&job, options, error) || !run(&job, options, client, &batch, error))
        return FALSE;
    tell_of_nothing(&job);
    if (job.errors == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                " profiles have an error instead of movies: see the lines with \"error\"",
                job.errors, job.written);
    return FALSE;
}
