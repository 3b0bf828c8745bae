#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "dataset_read.h"
#include "evaluation_print.h"
#include "progress.h"
#include "recsys_error.h"

/* ---- options ---- */

typedef struct {
    char *seen, *compare, *at, *relevant, *metadata;
    char **metadata_types;
    guint sizes[EVALUATION_MOST_SIZES], size_count;
    double least_relevant;
    gint threads;
    gboolean with_seen, by_metadata, json;
} Options;

static void options_clear(Options *options)
{
    g_free(options->seen);
    g_free(options->compare);
    g_free(options->at);
    g_free(options->relevant);
    g_free(options->metadata);
    g_strfreev(options->metadata_types);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean take_sizes(Options *options, GError **error)
{
    g_auto(GStrv) sizes = g_strsplit(options->at != NULL ? options->at : "10", ",", -1);
    for (guint i = 0; sizes[i] != NULL; i++) {
        guint64 size;
        if (i >= EVALUATION_MOST_SIZES ||
            !g_ascii_string_to_unsigned(sizes[i], 10, 1, EVALUATION_LONGEST, &size, NULL)) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                        "--at is up to %d numbers from 1 to %d with commas between, not \"%s\"",
                        EVALUATION_MOST_SIZES, EVALUATION_LONGEST, options->at);
            return FALSE;
        }
        options->sizes[options->size_count++] = (guint)size;
    }
    if (options->size_count > 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--at needs a number, such as 10");
    return FALSE;
}

static gboolean take_relevant(Options *options, GError **error)
{
    char *end;
    options->least_relevant = NAN;
    if (options->relevant == NULL)
        return TRUE;
    options->least_relevant = g_ascii_strtod(options->relevant, &end);
    if (end != options->relevant && *end == '\0' && isfinite(options->least_relevant))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--relevant must be a number, not \"%s\"",
                options->relevant);
    return FALSE;
}

static gboolean check(Options *options, GError **error)
{
    if (options->threads < 1 || options->threads > 1024) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--threads must be 1 to 1024");
        return FALSE;
    }
    if (options->metadata != NULL)
        options->metadata_types = g_strsplit(options->metadata, ",", -1);
    return take_sizes(options, error) && take_relevant(options, error);
}

static gboolean parse(const CliCommand *command, int *argc, char ***argv, Options *o,
                      GError **error)
{
    o->threads = (gint)MIN(g_get_num_processors(), 1024);
    const GOptionEntry entries[] = {
        {"at", 0, 0, G_OPTION_ARG_STRING, &o->at, "lengths of the lists (10)", "10,20"},
        {"relevant", 0, 0, G_OPTION_ARG_STRING, &o->relevant,
         "the least rating that makes a movie relevant (4 of 5 stars)", "X"},
        {"compare", 0, 0, G_OPTION_ARG_FILENAME, &o->compare,
         "another model on the same rows and users, with differences", "BUNDLE2"},
        {"seen", 0, 0, G_OPTION_ARG_FILENAME, &o->seen,
         "movies that a user rated in DATA2 are not recommended to them either", "DATA2"},
        {"with-seen", 0, 0, G_OPTION_ARG_NONE, &o->with_seen,
         "training rows are rows like any other: measured, and recommended again", NULL},
        {"by-metadata", 0, 0, G_OPTION_ARG_NONE, &o->by_metadata,
         "ask for everybody by their metadata alone, as for people the bundle does not know", NULL},
        {"metadata", 0, 0, G_OPTION_ARG_STRING, &o->metadata,
         "what stands for users the bundle does not know (all that DATA says)", "age,gender"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &o->threads,
         "the result does not depend on it (one a processor)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &o->json, "one JSON object instead of text", NULL},
        {NULL},
    };
    return cli_parse(command, (const GOptionEntry *const[]){entries, NULL}, argc, argv, error) &&
           check(o, error);
}

/* ---- progress ---- */

static void on_progress(const char *label, const char *unit, guint done, guint total, gpointer data)
{
    Progress *progress = data;
    if (progress->label == NULL || strcmp(progress->label, label) != 0)
        progress_start(progress, label, unit, total);
    progress_update(progress, done, NULL);
    if (done == total)
        progress_end(progress);
}

/* ---- the command ---- */

typedef struct {
    Bundle *bundle;
    TrainingRows *rows;
    EvaluatedModel model;
} Opened;

static void opened_clear(Opened *opened)
{
    bundle_free(opened->bundle);
    training_rows_free(opened->rows);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Opened, opened_clear)

static gboolean open_model(Opened *opened, const char *path, GError **error)
{
    opened->bundle = bundle_open(path, error);
    if (opened->bundle == NULL || !bundle_training_rows(opened->bundle, &opened->rows, error))
        return FALSE;
    opened->model = evaluated_bundle(opened->bundle, opened->rows);
    return TRUE;
}

static gboolean check_metadata(const Options *options, const Bundle *bundle, GError **error)
{
    for (guint i = 0; options->metadata_types != NULL && options->metadata_types[i] != NULL; i++) {
        const char *type = options->metadata_types[i];
        if (feature_table_of_type(bundle->features, type) != NULL &&
            strcmp(type, FEATURE_USER) != 0 && strcmp(type, FEATURE_MOVIE) != 0)
            continue;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--metadata: \"%s\" is no metadata that %s knows of", type, bundle->path);
        return FALSE;
    }
    return TRUE;
}

static Evaluation *run(const Options *options, const Opened *model, const Opened *other,
                       const Dataset *data, const Dataset *seen, GError **error)
{
    Progress progress = {0};
    const EvaluationObserver observer = {on_progress, &progress};
    EvaluationTask task = evaluation_task(model->model, data);
    task.other = other->bundle != NULL ? &other->model : NULL;
    task.seen = seen;
    task.with_seen = options->with_seen;
    task.by_metadata = options->by_metadata;
    task.metadata = (const char *const *)options->metadata_types;
    task.relevant = options->least_relevant;
    memcpy(task.sizes, options->sizes, sizeof task.sizes);
    task.size_count = options->size_count;
    task.threads = (guint)options->threads;
    Evaluation *result = evaluate(&task, &observer, error);
    if (progress.label != NULL)
        progress_end(&progress);
    return result;
}

gboolean cmd_evaluate(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Options) options = {0};
    g_auto(Opened) model = {0};
    g_auto(Opened) other = {0};
    if (!parse(command, &argc, &argv, &options, error) || !open_model(&model, argv[1], error) ||
        !check_metadata(&options, model.bundle, error) ||
        (options.compare != NULL && !open_model(&other, options.compare, error)))
        return FALSE;
    g_autoptr(Dataset) data = dataset_read(argv[2], error);
    if (data == NULL)
        return FALSE;
    g_autoptr(Dataset) seen = options.seen != NULL ? dataset_read(options.seen, error) : NULL;
    if (options.seen != NULL && seen == NULL)
        return FALSE;
    g_autoptr(Evaluation) result = run(&options, &model, &other, data, seen, error);
    if (result == NULL)
        return FALSE;
    const EvaluationNames names = {model.bundle, other.bundle, data->source, options.seen,
                                   options.with_seen};
    if (options.json)
        evaluation_print_json(result, &names, stdout);
    else
        evaluation_print_text(result, &names, stdout);
    return TRUE;
}
