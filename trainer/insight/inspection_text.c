#include "inspection_text.h"

#include <math.h>
#include <string.h>

#include "title.h"

static const Feature *feature_of(const Inspection *found, guint index)
{
    return feature_table_get(found->bundle->features, index);
}

/* ---- what it is ---- */

/* "key value, key value, …" of the scalars of an object, whatever keys it has. */
static char *describe_object(yajl_val object)
{
    GString *text = g_string_new(NULL);
    for (gsize i = 0; YAJL_IS_OBJECT(object) && i < object->u.object.len; i++) {
        const char *value = inspection_scalar(object->u.object.values[i]);
        if (value == NULL)
            continue;
        g_autofree char *key = g_strdup(object->u.object.keys[i]);
        g_strdelimit(key, "_", ' ');
        g_string_append_printf(text, "%s%s %s", text->len > 0 ? ", " : "", key, value);
    }
    return g_string_free(text, FALSE);
}

static void print_identity(const Inspection *found, FILE *out)
{
    const Bundle *bundle = found->bundle;
    fprintf(out, "bundle            %s\nmodel             %s\n", bundle->path, bundle->model_id);
    fprintf(out, "size              n = %u features × k = %u factors\n", bundle->model->n,
            bundle->model->k);
    fprintf(out, "objective         %s", objective_name(bundle->form.objective));
    if (bundle->form.rating_dims > 0)
        fprintf(out, ": %u dimensions for ratings, %u for lists", bundle->form.rating_dims,
                bundle->model->k - bundle->form.rating_dims);
    fputc('\n', out);
    g_autofree char *formula = model_form_formula(&bundle->form, "z");
    if (formula != NULL)
        fprintf(out, "prediction        %s, w0 = %.4f\n", formula, (double)bundle->model->w0);
    else
        fprintf(out, "prediction        none: scores order movies, they are no ratings\n");
    static const char *const sections[][2] = {
        {"dataset", "data set"}, {"split", "split"}, {"hyper_parameters", "hyper-parameters"}};
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
        g_autofree char *text = describe_object(json_get(bundle->training, sections[i][0]));
        if (text[0] != '\0')
            fprintf(out, "%-17s %s\n", sections[i][1], text);
    }
    double seconds;
    if (json_get_double(bundle->training, "wall_seconds", &seconds))
        fprintf(out, "trained in        %.1f s\n", seconds);
}

/* ---- tables ---- */

static void print_figure(double value, int width, int decimals, FILE *out)
{
    if (isnan(value))
        fprintf(out, "  %*s", width, "-");
    else
        fprintf(out, "  %*.*f", width, decimals, value);
}

static void print_curve(const Curve *curve, FILE *out)
{
    if (curve->epochs->len == 0) {
        fprintf(out, "\nno learning curve is recorded\n");
        return;
    }
    fprintf(out, "\n%5s  %10s  %15s  %13s  %7s\n", "epoch", "train RMSE", "validation RMSE",
            "learning rate", "seconds");
    for (guint i = 0; i < curve->epochs->len; i++) {
        const EpochFigures *figures = &g_array_index(curve->epochs, EpochFigures, i);
        fprintf(out, "%5u", figures->epoch);
        print_figure(figures->train_rmse, 10, 4, out);
        print_figure(figures->valid_rmse, 15, 4, out);
        fprintf(out, "  %13g", figures->learning_rate);
        print_figure(figures->seconds, 7, 1, out);
        fprintf(out, "%s\n", curve->validated && i == curve->best ? "  best" : "");
    }
}

static void print_spread(const Spread *spread, FILE *out)
{
    fprintf(out, "  %8.4f %8.4f %8.4f", spread->min, spread->median, spread->max);
}

static void print_types(const GArray *types, FILE *out)
{
    int widest = (int)strlen("type");
    for (guint i = 0; i < types->len; i++)
        widest = MAX(widest, title_width(g_array_index(types, TypeSummary, i).type));
    fprintf(out, "\n%*s  %8s  %26s  %26s\n", widest, "", "", "norm of the embedding   ",
            "bias            ");
    fprintf(out, "%-*s  %8s  %8s %8s %8s  %8s %8s %8s\n", widest, "type", "features", "min",
            "median", "max", "min", "median", "max");
    for (guint i = 0; i < types->len; i++) {
        const TypeSummary *summary = &g_array_index(types, TypeSummary, i);
        fprintf(out, "%s%*s  %8u", summary->type, widest - title_width(summary->type), "",
                summary->count);
        print_spread(&summary->norm, out);
        print_spread(&summary->bias, out);
        fprintf(out, "\n");
    }
}

/* The title's column, as wide as `widest`, then year and genres. */
static void print_movie(const Feature *feature, int widest, FILE *out)
{
    static const char *none[] = {NULL};
    g_autofree char *title = title_of_movie(feature);
    g_autofree char *genres =
        g_strjoinv(", ", (char **)(feature->genres != NULL ? feature->genres : none));
    g_autofree char *year =
        feature->year != 0 ? g_strdup_printf("%d", feature->year) : g_strdup("");
    fprintf(out, "  %s%*s  %4s  %s\n", title, widest - title_width(title), "", year, genres);
}

static int width_of(const Feature *feature)
{
    g_autofree char *title = title_of_movie(feature);
    return title_width(title);
}

static void print_extremes(const Inspection *found, FILE *out)
{
    if (found->by_bias->len == 0) {
        fprintf(out, "\nno movie has %d ratings or more, so none is shown by bias\n",
                INSPECTION_LEAST_RATINGS);
        return;
    }
    int widest = (int)strlen("title");
    for (guint i = 0; i < inspection_extremes(found); i++) {
        guint best = inspection_highest(found, i);
        widest = MAX(widest, width_of(feature_of(found, best)));
        widest = MAX(widest, width_of(feature_of(found, inspection_lowest(found, i))));
    }
    for (guint end = 0; end < 2; end++) {
        fprintf(out,
                "\n%s bias of %u movies with %d ratings or more\n%7s  %7s  %6s  %-*s  %4s  %s\n",
                end == 0 ? "highest" : "lowest", found->by_bias->len, INSPECTION_LEAST_RATINGS,
                "bias", "ratings", "id", widest, "title", "year", "genres");
        for (guint i = 0; i < inspection_extremes(found); i++) {
            guint movie = end == 0 ? inspection_highest(found, i) : inspection_lowest(found, i);
            const Feature *feature = feature_of(found, movie);
            fprintf(out, "%7.4f  %7u  %6s", (double)found->bundle->model->bias[movie],
                    feature->ratings, feature->value);
            print_movie(feature, widest, out);
        }
    }
}

static void print_neighbours(const Inspection *found, FILE *out)
{
    const GArray *neighbours = found->neighbours;
    const Feature *movie = feature_of(found, found->movie);
    int widest = (int)strlen("title");
    for (guint i = 0; i < neighbours->len; i++)
        widest = MAX(widest,
                     width_of(feature_of(found, g_array_index(neighbours, Neighbour, i).feature)));
    fprintf(out, "\nnearest to movie %s, %s (%u ratings)\n%4s  %6s  %6s  %-*s  %4s  %s\n",
            movie->value, movie->title, movie->ratings, "rank", "cosine", "id", widest, "title",
            "year", "genres");
    for (guint i = 0; i < neighbours->len; i++) {
        const Neighbour *neighbour = &g_array_index(neighbours, Neighbour, i);
        const Feature *feature = feature_of(found, neighbour->feature);
        fprintf(out, "%4u  %6.3f  %6s", i + 1, neighbour->cosine, feature->value);
        print_movie(feature, widest, out);
    }
}

void inspection_print(const Inspection *found, FILE *out)
{
    print_identity(found, out);
    print_curve(found->curve, out);
    print_types(found->types, out);
    print_extremes(found, out);
    if (found->neighbours != NULL)
        print_neighbours(found, out);
}
