#include <math.h>

#include "chart.h"
#include "figures.h"
#include "label_layout.h"
#include "title.h"

#define LABEL_SIZE 11.0
#define LABEL_CANDIDATES 60 /* for each genre */
#define MOST_LABELS 45
#define MOST_COVERED 1   /* points that a label may cover */
#define LONGEST_LABEL 30 /* characters */
#define MARGIN 14.0

static double radius_of(const Feature *movie, guint most_ratings)
{
    return 2.6 + 5.0 * sqrt((double)movie->ratings / MAX(most_ratings, 1));
}

static guint most_ratings(const MovieMap *map, const FeatureTable *features)
{
    guint most = 0;
    for (guint i = 0; i < map->points->len; i++)
        most = MAX(
            most,
            feature_table_get(features, g_array_index(map->points, MapPoint, i).feature)->ratings);
    return most;
}

/* ---- places ---- */

/* The places of the points in `plot`, [points, 2], to one scale both ways. */
static double *places_in(const MovieMap *map, const Box *plot)
{
    double *places = g_new(double, 2 * (gsize)map->points->len);
    double low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
    for (guint i = 0; i < map->points->len; i++) {
        const MapPoint *point = &g_array_index(map->points, MapPoint, i);
        low_x = MIN(low_x, point->x);
        high_x = MAX(high_x, point->x);
        low_y = MIN(low_y, point->y);
        high_y = MAX(high_y, point->y);
    }
    double width = plot->width - 2.0 * MARGIN, height = plot->height - 2.0 * MARGIN;
    double scale = MIN(width / MAX(high_x - low_x, 1e-9), height / MAX(high_y - low_y, 1e-9));
    for (gsize i = 0; i < map->points->len; i++) {
        const MapPoint *point = &g_array_index(map->points, MapPoint, i);
        places[2 * i] = plot->x + plot->width / 2.0 + (point->x - (low_x + high_x) / 2.0) * scale;
        places[2 * i + 1] =
            plot->y + plot->height / 2.0 - (point->y - (low_y + high_y) / 2.0) * scale;
    }
    return places;
}

/* ---- order ---- */

typedef struct {
    guint point;   /* position in map->points */
    guint ratings; /* of its movie */
    guint turn;    /* how many movies of its genre have more */
} Ranked;

static int by_ratings(gconstpointer a, gconstpointer b)
{
    const Ranked *one = a, *two = b;
    if (one->ratings != two->ratings)
        return one->ratings > two->ratings ? -1 : 1;
    return one->point < two->point ? -1 : one->point > two->point;
}

static int by_turn(gconstpointer a, gconstpointer b)
{
    const Ranked *one = a, *two = b;
    if (one->turn != two->turn)
        return one->turn < two->turn ? -1 : 1;
    return by_ratings(a, b);
}

/* The points by number of ratings, most first: overall, or genre by genre in turn. */
static GArray *ranked_points(const MovieMap *map, const FeatureTable *features, gboolean in_turn)
{
    GArray *ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));
    for (guint i = 0; i < map->points->len; i++) {
        const MapPoint *point = &g_array_index(map->points, MapPoint, i);
        Ranked entry = {i, feature_table_get(features, point->feature)->ratings, 0};
        g_array_append_val(ranked, entry);
    }
    g_array_sort(ranked, by_ratings);
    if (!in_turn)
        return ranked;
    g_autofree guint *turns = g_new0(guint, g_strv_length(map->genres));
    for (guint i = 0; i < ranked->len; i++) {
        Ranked *entry = &g_array_index(ranked, Ranked, i);
        entry->turn = turns[g_array_index(map->points, MapPoint, entry->point).genre]++;
    }
    g_array_sort(ranked, by_turn);
    return ranked;
}

/* ---- drawing ---- */

static void draw_points(Picture *picture, const MovieMap *map, const FeatureTable *features,
                        const double *places)
{
    guint most = most_ratings(map, features);
    g_autoptr(GArray) ranked = ranked_points(map, features, FALSE); /* small ones on top */
    for (guint r = 0; r < ranked->len; r++) {
        gsize i = g_array_index(ranked, Ranked, r).point;
        const MapPoint *point = &g_array_index(map->points, MapPoint, i);
        const Feature *movie = feature_table_get(features, point->feature);
        double radius = radius_of(movie, most);
        chart_marker(picture, point->genre, places[2 * i], places[2 * i + 1], radius);
        g_autofree char *genres = g_strjoinv(", ", (char **)movie->genres);
        g_autofree char *tip = g_strdup_printf(
            "%s (%s; %u rating%s)", movie->title != NULL ? movie->title : movie->value, genres,
            movie->ratings, movie->ratings == 1 ? "" : "s");
        picture_tip(picture, places[2 * i], places[2 * i + 1], radius, tip);
    }
}

/* A title short enough for a map: without its year, cut at a character. */
static char *label_text(const Feature *movie)
{
    g_autofree char *title = title_of_movie(movie);
    if (g_utf8_strlen(title, -1) <= LONGEST_LABEL)
        return g_steal_pointer(&title);
    g_autofree char *start = g_utf8_substring(title, 0, LONGEST_LABEL - 1);
    return g_strconcat(g_strchomp(start), "…", NULL);
}

static void draw_labels(Picture *picture, const Box *plot, const MovieMap *map,
                        const FeatureTable *features, const double *places)
{
    const TextStyle style = {.size = LABEL_SIZE, .halo = TRUE};
    guint most = most_ratings(map, features);
    g_autoptr(GArray) ranked = ranked_points(map, features, TRUE);
    guint count = MIN(ranked->len, LABEL_CANDIDATES * g_strv_length(map->genres));
    g_autofree Label *labels = g_new0(Label, count);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    for (guint r = 0; r < count; r++) {
        gsize i = g_array_index(ranked, Ranked, r).point;
        const Feature *movie =
            feature_table_get(features, g_array_index(map->points, MapPoint, i).feature);
        char *text = label_text(movie);
        g_ptr_array_add(texts, text);
        labels[r] = (Label){.x = places[2 * i],
                            .y = places[2 * i + 1],
                            .radius = radius_of(movie, most),
                            .width = picture_text_width(picture, &style, text) + 4.0,
                            .height = LABEL_SIZE + 3.0};
    }
    label_layout(labels, count, MOST_LABELS, places, map->points->len, MOST_COVERED, plot);
    for (guint r = 0; r < count; r++)
        if (labels[r].placed)
            picture_text(picture, labels[r].box.x + 2.0, labels[r].box.y + LABEL_SIZE, &style,
                         g_ptr_array_index(texts, r));
}

static double draw_legend(Picture *picture, const Box *box, double top, const MovieMap *map)
{
    const TextStyle style = {.size = 12.0, .colour = &picture->theme->quiet};
    guint count = g_strv_length(map->genres);
    g_autofree LegendEntry *entries = g_new0(LegendEntry, count);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    for (guint g = 0; g < count; g++) {
        char *text = g_strdup_printf("%s (%u)", map->genres[g], map->counts[g]);
        g_ptr_array_add(texts, text);
        entries[g] = (LegendEntry){g, FALSE, text};
    }
    double height = chart_legend(picture, box->x, top, box->width, entries, count);
    g_autofree char *note =
        map->shared > 0
            ? g_strdup_printf(
                  "size: number of ratings; %u movie%s of more than one of these genres "
                  "%s shown as the first of them",
                  map->shared, map->shared == 1 ? "" : "s", map->shared == 1 ? "is" : "are")
            : g_strdup("size: number of ratings");
    picture_text(picture, box->x, top + height + 14.0, &style, note);
    return height + 22.0;
}

void figure_map(Picture *picture, const Box *box, const MovieMap *map, const FeatureTable *features)
{
    g_autofree char *caption = g_strdup_printf(
        "t-SNE of the embeddings of %u movies, perplexity %g: near means alike; axes have no unit",
        map->points->len, map->perplexity);
    double top = box->y + chart_heading(picture, box->x, box->y, "Movies by genre", caption) + 6.0;
    top += draw_legend(picture, box, top, map) + 8.0;
    Box plot = {box->x, top, box->width, box->y + box->height - top};
    picture_set_colour(picture, &picture->theme->grid, 1.0);
    cairo_set_line_width(picture->cr, 1.0);
    cairo_rectangle(picture->cr, plot.x + 0.5, plot.y + 0.5, plot.width - 1.0, plot.height - 1.0);
    cairo_stroke(picture->cr);
    g_autofree double *places = places_in(map, &plot);
    draw_points(picture, map, features, places);
    draw_labels(picture, &plot, map, features, places);
}
