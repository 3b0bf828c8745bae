#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "figures.h"
#include "progress.h"
#include "recsys_error.h"

#define EDGE 32.0
#define CURVE_WIDTH 560.0
#define CURVE_HEIGHT 520.0
#define MAP_WIDTH 900.0
#define MAP_HEIGHT 860.0

/* ---- options ---- */

typedef struct {
    char *kind, *genres;
    gint64 seed;
    gboolean dark;
    gboolean curve, map; /* what to draw */
    PictureFormat format;
} Options;

static void options_clear(Options *options)
{
    g_free(options->kind);
    g_free(options->genres);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean check(Options *options, gboolean seed_given, GError **error)
{
    options->curve = options->kind == NULL || strcmp(options->kind, "curve") == 0;
    options->map = options->kind == NULL || strcmp(options->kind, "map") == 0;
    const char *fault = NULL;
    if (!options->curve && !options->map)
        fault = "--kind must be curve or map";
    else if (!options->map && (options->genres != NULL || seed_given))
        fault = "--genres and --seed are for the map, which --kind curve leaves out";
    else if (options->seed < 0)
        fault = "--seed must not be negative";
    if (fault != NULL)
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, fault);
    return fault == NULL;
}

static gboolean parse(const CliCommand *command, int *argc, char ***argv, Options *options,
                      GError **error)
{
    gint64 seed = G_MININT64; /* none */
    const GOptionEntry entries[] = {
        {"kind", 0, 0, G_OPTION_ARG_STRING, &options->kind,
         "curve or map (both, as far as there are)", "curve|map"},
        {"genres", 0, 0, G_OPTION_ARG_STRING, &options->genres,
         "of the movies on the map (Children's,Horror,Documentary; if there are none, the largest)",
         "A,B,…"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &seed, "of the map: the same one, the same map (1)",
         "N"},
        {"dark", 0, 0, G_OPTION_ARG_NONE, &options->dark, "light on dark", NULL},
        {NULL},
    };
    if (!cli_parse(command, (const GOptionEntry *const[]){entries, NULL}, argc, argv, error))
        return FALSE;
    options->seed = seed != G_MININT64 ? seed : 1;
    return check(options, seed != G_MININT64, error) &&
           picture_format_of((*argv)[2], &options->format, error);
}

/* Fails as saving would, before the work is done. */
static gboolean check_target(const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "the picture cannot be written: %s is a directory", path);
    else if (!g_file_test(parent, G_FILE_TEST_IS_DIR) || g_access(parent, W_OK) != 0)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "the picture cannot be written: there is no directory %s to write to", parent);
    else
        return TRUE;
    return FALSE;
}

/* ---- what is drawn ---- */

static gboolean has_figures(const Curve *curve)
{
    for (guint i = 0; i < curve->epochs->len; i++) {
        const EpochFigures *figures = &g_array_index(curve->epochs, EpochFigures, i);
        if (!isnan(figures->train_rmse) || !isnan(figures->valid_rmse))
            return TRUE;
    }
    return FALSE;
}

static Curve *read_curve(const Bundle *bundle, GError **error)
{
    g_autoptr(Curve) curve = curve_read(bundle->training, error);
    if (curve == NULL) {
        g_prefix_error(error, "%s: ", bundle->path);
        return NULL;
    }
    if (!has_figures(curve)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s has no learning curve; --kind map draws the map alone", bundle->path);
        return NULL;
    }
    return g_steal_pointer(&curve);
}

static void on_iteration(guint iteration, guint iterations, gpointer data)
{
    Progress *progress = data;
    if (progress->label == NULL)
        progress_start(progress, "t-SNE", "iterations", iterations);
    progress_update(progress, iteration, NULL);
}

static MovieMap *make_map(const Bundle *bundle, const Options *options, GError **error)
{
    g_autoptr(MovieMap) map = movie_map_choose(bundle, options->genres, error);
    if (map == NULL)
        return NULL;
    Progress progress = {0};
    g_autoptr(Team) team = team_new(g_get_num_processors());
    gboolean done = movie_map_project(map, bundle, (guint64)options->seed, team, on_iteration,
                                      &progress, error);
    if (progress.label != NULL)
        progress_end(&progress);
    return done ? g_steal_pointer(&map) : NULL;
}

/* "model f079eb4a6975 of ml-1m, k = 120" */
static char *caption_of(const Bundle *bundle)
{
    const char *source = json_get_string(bundle->training, "dataset.source");
    return g_strdup_printf("model %s%s%s, k = %u", bundle->model_id, source != NULL ? " of " : "",
                           source != NULL ? source : "", bundle->model->k);
}

static Picture *draw(const Bundle *bundle, const Curve *curve, const MovieMap *map,
                     const Options *options)
{
    double width = 2 * EDGE + (curve != NULL ? CURVE_WIDTH : 0) + (map != NULL ? MAP_WIDTH : 0) +
                   (curve != NULL && map != NULL ? 1.5 * EDGE : 0);
    double height = 2 * EDGE + (map != NULL ? MAP_HEIGHT : CURVE_HEIGHT);
    const Theme *theme = options->dark ? &picture_dark : &picture_light;
    g_autofree char *caption = caption_of(bundle);
    Picture *picture = picture_new(options->format, width, height, theme, caption);
    if (curve != NULL) {
        Box box = {EDGE, EDGE, CURVE_WIDTH, height - 2 * EDGE};
        figure_curve(picture, &box, curve, caption);
    }
    if (map != NULL) {
        Box box = {width - EDGE - MAP_WIDTH, EDGE, MAP_WIDTH, MAP_HEIGHT};
        figure_map(picture, &box, map, bundle->features);
    }
    return picture;
}

gboolean cmd_plot(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Options) options = {0};
    if (!parse(command, &argc, &argv, &options, error))
        return FALSE;
    const char *target = argv[2];
    if (!check_target(target, error))
        return FALSE;
    g_autoptr(Bundle) bundle = bundle_open(argv[1], error);
    if (bundle == NULL)
        return FALSE;
    /* Learners without epochs have no curve: asked for both, the map is what there is. */
    g_autoptr(Curve) curve = options.curve ? read_curve(bundle, options.map ? NULL : error) : NULL;
    if (options.curve && !options.map && curve == NULL)
        return FALSE;
    g_autoptr(MovieMap) map = options.map ? make_map(bundle, &options, error) : NULL;
    if (options.map && map == NULL)
        return FALSE;
    g_autoptr(Picture) picture = draw(bundle, curve, map, &options);
    if (!picture_save(picture, target, error))
        return FALSE;
    printf("wrote %s: %s\n", target,
           map == NULL     ? "the learning curve"
           : curve == NULL ? "the map of movies"
                           : "the learning curve and the map of movies");
    return TRUE;
}
