#include <math.h>

#include "chart.h"
#include "figures.h"

#define TRAIN 1
#define VALID 0
#define MOST_MARKERS 40 /* epochs, beyond which the line stands alone */

typedef struct {
    Picture *picture;
    Box plot;
    Scale x, y;
} Plot;

static double value_of(const Curve *curve, guint i, guint series)
{
    const EpochFigures *figures = &g_array_index(curve->epochs, EpochFigures, i);
    return series == TRAIN ? figures->train_rmse : figures->valid_rmse;
}

static guint number_of(const Curve *curve, guint i)
{
    return g_array_index(curve->epochs, EpochFigures, i).epoch;
}

static double x_of(const Plot *plot, double epoch)
{
    return chart_position(&plot->x, epoch, plot->plot.x, plot->plot.x + plot->plot.width);
}

static double y_of(const Plot *plot, double rmse)
{
    return chart_position(&plot->y, rmse, plot->plot.y + plot->plot.height, plot->plot.y);
}

static void choose_scales(Plot *plot, const Curve *curve)
{
    double low = INFINITY, high = -INFINITY;
    for (guint i = 0; i < curve->epochs->len; i++)
        for (guint series = 0; series < 2; series++) {
            double value = value_of(curve, i, series);
            if (isnan(value))
                continue;
            low = MIN(low, value);
            high = MAX(high, value);
        }
    guint last = number_of(curve, curve->epochs->len - 1);
    plot->y = chart_scale(low, high, 6, FALSE);
    plot->x = chart_scale(last > 1 && last <= 12 ? 1.0 : 0.0, MAX(last, 2), 11, TRUE);
}

static void draw_series(const Plot *plot, const Curve *curve, guint series)
{
    cairo_t *cr = plot->picture->cr;
    gboolean started = FALSE;
    picture_set_colour(plot->picture, &plot->picture->theme->series[series], 1.0);
    cairo_set_line_width(cr, 2.2);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (guint i = 0; i < curve->epochs->len; i++) {
        double rmse = value_of(curve, i, series);
        if (isnan(rmse)) {
            started = FALSE;
            continue;
        }
        double x = x_of(plot, number_of(curve, i)), y = y_of(plot, rmse);
        if (started)
            cairo_line_to(cr, x, y);
        else
            cairo_move_to(cr, x, y);
        started = TRUE;
    }
    cairo_stroke(cr);
}

static void draw_markers(const Plot *plot, const Curve *curve, guint series)
{
    for (guint i = 0; i < curve->epochs->len; i++) {
        double rmse = value_of(curve, i, series);
        if (isnan(rmse))
            continue;
        double x = x_of(plot, number_of(curve, i)), y = y_of(plot, rmse);
        if (curve->epochs->len <= MOST_MARKERS)
            chart_marker(plot->picture, series, x, y, 4.5);
        g_autofree char *tip = g_strdup_printf("epoch %u: %s RMSE %.4f", number_of(curve, i),
                                               series == TRAIN ? "train" : "validation", rmse);
        picture_tip(plot->picture, x, y, 8.0, tip);
    }
}

/* A line at the best epoch and what it reached. */
static void mark_best(const Plot *plot, const Curve *curve)
{
    const double dashes[] = {4.0, 4.0};
    Picture *picture = plot->picture;
    double x = x_of(plot, number_of(curve, curve->best));
    double y = y_of(plot, value_of(curve, curve->best, VALID));
    cairo_set_line_width(picture->cr, 1.2);
    cairo_set_dash(picture->cr, dashes, 2, 0.0);
    picture_set_colour(picture, &picture->theme->quiet, 1.0);
    cairo_move_to(picture->cr, x, plot->plot.y);
    cairo_line_to(picture->cr, x, plot->plot.y + plot->plot.height);
    cairo_stroke(picture->cr);
    cairo_set_dash(picture->cr, NULL, 0, 0.0);
    cairo_arc(picture->cr, x, y, 9.0, 0.0, 2.0 * G_PI);
    picture_set_colour(picture, &picture->theme->series[VALID], 1.0);
    cairo_set_line_width(picture->cr, 1.8);
    cairo_stroke(picture->cr);

    gboolean right = x < plot->plot.x + plot->plot.width / 2.0;
    TextStyle style = {.size = 13.0, .bold = TRUE, .halo = TRUE, .align = right ? 0.0 : 1.0};
    g_autofree char *text = g_strdup_printf("best: epoch %u, %.4f", number_of(curve, curve->best),
                                            value_of(curve, curve->best, VALID));
    picture_text(picture, x + (right ? 8.0 : -8.0), plot->plot.y + 14.0, &style, text);
}

void figure_curve(Picture *picture, const Box *box, const Curve *curve, const char *caption)
{
    const LegendEntry entries[] = {
        {VALID, TRUE, "validation"},
        {TRAIN, TRUE, "train (mean over the epoch)"},
    };
    guint first = curve->validated ? 0 : 1;
    g_autofree char *below =
        g_strconcat(caption, curve->validated ? "" : "; there was no validation set", NULL);
    double top = box->y + chart_heading(picture, box->x, box->y, "Learning curve", below) + 6.0;
    top += chart_legend(picture, box->x, top, box->width, entries + first, 2 - first) + 12.0;
    Plot plot = {.picture = picture,
                 .plot = {box->x + CHART_LEFT, top, box->width - CHART_LEFT - 10.0,
                          box->y + box->height - top - CHART_BELOW}};
    choose_scales(&plot, curve);
    chart_axes(picture, &plot.plot, &plot.x, &plot.y, "epoch", "RMSE");
    draw_series(&plot, curve, TRAIN);
    draw_series(&plot, curve, VALID);
    draw_markers(&plot, curve, TRAIN);
    draw_markers(&plot, curve, VALID);
    if (curve->validated)
        mark_best(&plot, curve);
}
