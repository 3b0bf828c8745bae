#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "dataset_read.h"
#include "evaluation.h"
#include "progress.h"
#include "recsys_error.h"

/* ---- options ---- */

typedef struct {
    char *seen;
    gint threads;
    gboolean json;
} Options;

static void options_clear(Options *options)
{
    g_free(options->seen);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean parse(const CliCommand *command, int *argc, char ***argv, Options *options,
                      GError **error)
{
    options->threads = (gint)MIN(g_get_num_processors(), 1024);
    const GOptionEntry entries[] = {
        {"seen", 0, 0, G_OPTION_ARG_FILENAME, &options->seen,
         "movies that a user rated in DATA2 are not recommended to them", "DATA2"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &options->threads,
         "the result does not depend on it (one a processor)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of text", NULL},
        {NULL},
    };
    if (!cli_parse(command, (const GOptionEntry *const[]){entries, NULL}, argc, argv, error))
        return FALSE;
    if (options->threads < 1 || options->threads > 1024) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--threads must be 1 to 1024");
        return FALSE;
    }
    return TRUE;
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

/* ---- output ---- */

/* Whether the model was trained on data of this name and size. */
static gboolean looks_like_training_data(const Bundle *bundle, const Dataset *data)
{
    gint64 ratings = -1;
    g_autofree char *name = g_path_get_basename(data->source);
    return g_strcmp0(json_get_string(bundle->training, "dataset.source"), name) == 0 &&
           json_get_int(bundle->training, "dataset.ratings", &ratings) && ratings == data->rows;
}

static void print_match(const Evaluation *result)
{
    for (guint i = 0; i < result->unused->len; i++)
        printf("note: the data has no %s, so these figures are of the model without it\n",
               (const char *)g_ptr_array_index(result->unused, i));
    if (result->scored == result->rows)
        return;
    printf("skipped   %u of %u rows:", result->rows - result->scored, result->rows);
    for (guint i = 0; i < result->gaps->len; i++) {
        const EvaluationGap *gap = &g_array_index(result->gaps, EvaluationGap, i);
        printf("%s %u with a %s the bundle does not have", i > 0 ? "," : "", gap->rows, gap->type);
    }
    printf("\n");
}

static void print_ranking(const Evaluation *result, const char *seen)
{
    if (seen != NULL)
        printf(
            "seen      %u of %u rows of %s; the bundle does not have all features of the others\n",
            result->seen_matched, result->seen_rows, seen);
    if (result->ranked_users == 0) {
        printf("ranking   no user has a rating of %g or more%s, so there is nothing to find\n",
               (double)EVALUATION_RELEVANT, seen != NULL ? " of a movie not seen before" : "");
        return;
    }
    printf("ranking   %u movies for %u users, of whose ratings %u are %g or more", result->movies,
           result->ranked_users, result->relevant, (double)EVALUATION_RELEVANT);
    if (seen != NULL)
        printf(" (and %u more of movies in %s)", result->seen_relevant, seen);
    printf("\nNDCG@%d   %.4f\nrecall@%d %.4f\ncoverage  %.4f  (%u of %u movies are in somebody's "
           "top %d)\n",
           EVALUATION_TOP, result->ndcg, EVALUATION_TOP, result->recall,
           (double)result->covered / result->movies, result->covered, result->movies,
           EVALUATION_TOP);
    if (seen == NULL)
        printf("note: movies a user has already rated are recommended too; --seen DATA2 leaves out "
               "those rated in DATA2\n");
}

static void print_text(const Evaluation *result, const Bundle *bundle, const Dataset *data,
                       const char *seen)
{
    printf("model     %s, trained on %s\ndata      %s\n", bundle->model_id,
           json_get_string(bundle->training, "dataset.source") != NULL
               ? json_get_string(bundle->training, "dataset.source")
               : "data of no name",
           data->source);
    print_match(result);
    printf("ratings   %u by %u users\nRMSE      %.4f\nMAE       %.4f\n", result->scored,
           result->users, result->rmse, result->mae);
    print_ranking(result, seen);
    if (looks_like_training_data(bundle, data))
        printf("note: this looks like the data the model was trained on, so all of these figures "
               "are optimistic\n");
    else
        printf("note: on ratings the model was trained on, all of these figures are optimistic\n");
}

static void put_match(yajl_gen json, const Evaluation *result)
{
    json_put_member_int(json, "rows", result->rows);
    json_put_member_int(json, "scored_rows", result->scored);
    json_put_key(json, "skipped_rows_by_type");
    yajl_gen_map_open(json);
    for (guint i = 0; i < result->gaps->len; i++) {
        const EvaluationGap *gap = &g_array_index(result->gaps, EvaluationGap, i);
        json_put_member_int(json, gap->type, gap->rows);
    }
    yajl_gen_map_close(json);
    json_put_key(json, "types_without_data");
    yajl_gen_array_open(json);
    for (guint i = 0; i < result->unused->len; i++)
        json_put_string(json, g_ptr_array_index(result->unused, i));
    yajl_gen_array_close(json);
}

static void print_json(const Evaluation *result, const Bundle *bundle, const Dataset *data,
                       const char *seen)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    g_autofree char *source = g_filename_display_name(data->source);
    yajl_gen_map_open(json);
    json_put_member_string(json, "model_id", bundle->model_id);
    json_put_member_string(json, "data", source);
    json_put_member_bool(json, "looks_like_training_data", looks_like_training_data(bundle, data));
    put_match(json, result);
    json_put_member_int(json, "users", result->users);
    json_put_member_double(json, "rmse", result->rmse);
    json_put_member_double(json, "mae", result->mae);
    json_put_member_int(json, "ranked_users", result->ranked_users);
    json_put_member_int(json, "movies", result->movies);
    json_put_member_int(json, "relevant", result->relevant);
    if (seen != NULL) {
        json_put_member_int(json, "seen_rows", result->seen_rows);
        json_put_member_int(json, "seen_matched_rows", result->seen_matched);
        json_put_member_int(json, "seen_relevant", result->seen_relevant);
    }
    if (result->ranked_users > 0) {
        json_put_member_int(json, "top", EVALUATION_TOP);
        json_put_member_double(json, "ndcg", result->ndcg);
        json_put_member_double(json, "recall", result->recall);
        json_put_member_double(json, "coverage", (double)result->covered / result->movies);
    }
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

gboolean cmd_evaluate(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Options) options = {0};
    if (!parse(command, &argc, &argv, &options, error))
        return FALSE;
    g_autoptr(Bundle) bundle = bundle_open(argv[1], error);
    if (bundle == NULL)
        return FALSE;
    g_autoptr(Dataset) data = dataset_read(argv[2], error);
    if (data == NULL)
        return FALSE;
    g_autoptr(Dataset) seen = options.seen != NULL ? dataset_read(options.seen, error) : NULL;
    if (options.seen != NULL && seen == NULL)
        return FALSE;

    Progress progress = {0};
    EvaluationObserver observer = {on_progress, &progress};
    g_autoptr(Evaluation) result =
        evaluate(bundle, data, seen, (guint)options.threads, &observer, error);
    if (progress.label != NULL)
        progress_end(&progress);
    if (result == NULL)
        return FALSE;
    if (options.json)
        print_json(result, bundle, data, options.seen);
    else
        print_text(result, bundle, data, options.seen);
    return TRUE;
}
