#include "report_figures.h"

#include <math.h>

#include "chart.h"
#include "exact_score.h"
#include "markup.h"

#define WIDTH 560
#define HEIGHT 430
#define LEAST_ULPS 1e-3 /* smaller errors are drawn there */

static const Box plot = {CHART_LEFT, 12, WIDTH - CHART_LEFT - 16, HEIGHT - 12 - CHART_BELOW};

typedef struct {
    Scale x, y; /* of values, or of their decimal logarithms */
    gboolean logarithmic;
} Axes;

typedef struct {
    double x, y; /* as the figure has them */
} Spot;

typedef Spot (*SpotOf)(const ScorePoint *point);

/* ---- places ---- */

static double place(const Axes *axes, const Scale *scale, double value, double from, double to)
{
    return chart_position(scale, axes->logarithmic ? log10(value) : value, from, to);
}

static double place_x(const Axes *axes, double value)
{
    return place(axes, &axes->x, value, plot.x, plot.x + plot.width);
}

static double place_y(const Axes *axes, double value)
{
    return place(axes, &axes->y, value, plot.y + plot.height, plot.y);
}

/* A number with a point, whatever the locale, between two texts. */
static void append_number(GString *svg, const char *before, double number, const char *after)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(text, sizeof text, "%.1f", number);
    g_string_append_printf(svg, "%s%s%s", before, text, after);
}

static void append_line(GString *svg, const char *kind, double x1, double y1, double x2, double y2)
{
    g_string_append_printf(svg, "<line class=\"%s\"", kind);
    append_number(svg, " x1=\"", x1, "\"");
    append_number(svg, " y1=\"", y1, "\"");
    append_number(svg, " x2=\"", x2, "\"");
    append_number(svg, " y2=\"", y2, "\"/>\n");
}

static void append_text(GString *svg, const char *attributes, double x, double y, const char *text)
{
    g_string_append_printf(svg, "<text %s", attributes);
    append_number(svg, " x=\"", x, "\"");
    append_number(svg, " y=\"", y, "\">");
    markup_append(svg, text);
    g_string_append(svg, "</text>\n");
}

/* ---- axes ---- */

static char *tick_text(const Axes *axes, const Scale *scale, double at)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE], format[16];
    if (axes->logarithmic)
        return g_strdup(g_ascii_formatd(text, sizeof text, "%g", pow(10.0, at)));
    g_snprintf(format, sizeof format, "%%.%df", scale->decimals);
    return g_strdup(g_ascii_formatd(text, sizeof text, format, at));
}

static guint ticks_of(const Scale *scale)
{
    return (guint)lround((scale->high - scale->low) / scale->step) + 1;
}

static void append_ticks(GString *svg, const Axes *axes)
{
    const double bottom = plot.y + plot.height, right = plot.x + plot.width;
    for (guint i = 0; i < ticks_of(&axes->y); i++) {
        const double at = axes->y.low + i * axes->y.step;
        const double y = chart_position(&axes->y, at, bottom, plot.y);
        g_autofree char *text = tick_text(axes, &axes->y, at);
        append_line(svg, "grid", plot.x, y, right, y);
        append_text(svg, "class=\"tick\" text-anchor=\"end\"", plot.x - 9, y + 4, text);
    }
    for (guint i = 0; i < ticks_of(&axes->x); i++) {
        const double at = axes->x.low + i * axes->x.step;
        const double x = chart_position(&axes->x, at, plot.x, right);
        g_autofree char *text = tick_text(axes, &axes->x, at);
        append_line(svg, "grid", x, plot.y, x, bottom);
        append_text(svg, "class=\"tick\" text-anchor=\"middle\"", x, bottom + 19, text);
    }
    append_line(svg, "frame", plot.x, bottom, right, bottom);
    append_line(svg, "frame", plot.x, plot.y, plot.x, bottom);
}

static void append_axes(GString *svg, const Axes *axes, const char *x_label, const char *y_label)
{
    append_ticks(svg, axes);
    append_text(svg, "class=\"label\" text-anchor=\"middle\"", plot.x + plot.width / 2,
                plot.y + plot.height + 43, x_label);
    g_string_append(svg, "<g transform=\"rotate(-90)\">");
    append_text(svg, "class=\"label\" text-anchor=\"middle\"", -(plot.y + plot.height / 2), 16,
                y_label);
    g_string_append(svg, "</g>\n");
}

/* The line y = x, and what is above it; both are cut at the frame. */
static void append_diagonal(GString *svg, const Axes *axes, gboolean with_beyond)
{
    double low = MIN(axes->x.low, axes->y.low), high = MAX(axes->x.high, axes->y.high);
    if (axes->logarithmic) {
        low = pow(10.0, low);
        high = pow(10.0, high);
    }
    const double left = place_x(axes, low), right = place_x(axes, high);
    const double bottom = place_y(axes, low), top = place_y(axes, high);
    append_number(svg, "<svg x=\"", plot.x, "\"");
    append_number(svg, " y=\"", plot.y, "\"");
    append_number(svg, " width=\"", plot.width, "\"");
    append_number(svg, " height=\"", plot.height, "\">\n");
    append_number(svg, "<g transform=\"translate(", -plot.x, "");
    append_number(svg, " ", -plot.y, ")\">\n");
    if (with_beyond) {
        append_number(svg, "<path class=\"beyond\" d=\"M", left, "");
        append_number(svg, " ", bottom, "");
        append_number(svg, "L", right, "");
        append_number(svg, " ", top, "");
        append_number(svg, "H", left, "z\"/>\n");
    }
    append_line(svg, "rule", left, bottom, right, top);
    g_string_append(svg, "</g></svg>\n");
}

/* ---- points ---- */

static void append_dot(GString *svg, double x, double y, double radius, const char *title)
{
    append_number(svg, "<circle cx=\"", x, "\"");
    append_number(svg, " cy=\"", y, "\"");
    append_number(svg, " r=\"", radius, "\"");
    if (title == NULL) {
        g_string_append(svg, "/>\n");
        return;
    }
    g_string_append(svg, "><title>");
    markup_append(svg, title);
    g_string_append(svg, "</title></circle>\n");
}

static char *describe(const ScorePoint *point)
{
    return g_strdup_printf("%s for {%s}: cluster %.9g, model %.9g; off by %.3g, %.3g of its bound",
                           point->movie, point->profile, (double)point->answer, point->exact,
                           point->error, score_point_share(point));
}

static gboolean is_drawable(const ScorePoint *point)
{
    return isfinite(point->error) && isfinite(point->exact) && point->bound > 0;
}

static void append_worst(GString *svg, const Axes *axes, const ScoreSample *sample, SpotOf spot_of,
                         gboolean beyond)
{
    for (guint i = 0; i < sample->worst->len; i++) {
        const ScorePoint *point = g_ptr_array_index(sample->worst, i);
        if (!is_drawable(point) || (score_point_share(point) > 1) != beyond)
            continue;
        const Spot spot = spot_of(point);
        g_autofree char *title = describe(point);
        append_dot(svg, place_x(axes, spot.x), place_y(axes, spot.y), beyond ? 5 : 3.5, title);
    }
}

static void append_spread(GString *svg, const Axes *axes, const ScoreSample *sample, SpotOf spot_of,
                          gboolean beyond)
{
    for (guint i = 0; i < sample->spread->len; i++) {
        const ScorePoint *point = &g_array_index(sample->spread, ScorePoint, i);
        if (!is_drawable(point) || (score_point_share(point) > 1) != beyond)
            continue;
        const Spot spot = spot_of(point);
        append_dot(svg, place_x(axes, spot.x), place_y(axes, spot.y), beyond ? 4 : 2.4, NULL);
    }
}

static void append_points(GString *svg, const Axes *axes, const ScoreSample *sample, SpotOf spot_of)
{
    g_string_append(svg, "<g class=\"dots\">\n");
    append_spread(svg, axes, sample, spot_of, FALSE);
    g_string_append(svg, "</g>\n<g class=\"worst\">\n");
    append_worst(svg, axes, sample, spot_of, FALSE);
    g_string_append(svg, "</g>\n<g class=\"bad\">\n");
    append_spread(svg, axes, sample, spot_of, TRUE);
    append_worst(svg, axes, sample, spot_of, TRUE);
    g_string_append(svg, "</g>\n");
}

/* ---- ranges ---- */

typedef struct {
    double low, high;
} Range;

static void widen(Range *x, Range *y, const ScorePoint *point, SpotOf spot_of)
{
    if (!is_drawable(point))
        return;
    const Spot spot = spot_of(point);
    x->low = fmin(x->low, spot.x);
    x->high = fmax(x->high, spot.x);
    y->low = fmin(y->low, spot.y);
    y->high = fmax(y->high, spot.y);
}

/* FALSE if there is nothing to draw. */
static gboolean find_ranges(Range *x, Range *y, const ScoreSample *sample, SpotOf spot_of)
{
    *x = *y = (Range){INFINITY, -INFINITY};
    for (guint i = 0; i < sample->spread->len; i++)
        widen(x, y, &g_array_index(sample->spread, ScorePoint, i), spot_of);
    for (guint i = 0; i < sample->worst->len; i++)
        widen(x, y, g_ptr_array_index(sample->worst, i), spot_of);
    return x->low <= x->high;
}

static void open_figure(GString *svg, const char *title)
{
    g_string_append_printf(svg, "<svg viewBox=\"0 0 %d %d\" role=\"img\"><title>%s</title>\n",
                           WIDTH, HEIGHT, title);
}

/* ---- the two ---- */

static Spot spot_of_score(const ScorePoint *point)
{
    return (Spot){point->exact, (double)point->answer};
}

void figure_parity(GString *html, const ScoreSample *sample)
{
    Range x, y;
    if (!find_ranges(&x, &y, sample, spot_of_score))
        return;
    const Scale both = chart_scale(fmin(x.low, y.low), fmax(x.high, y.high), 6, FALSE);
    const Axes axes = {both, both, FALSE};
    open_figure(html, "Scores of the cluster against those of the model");
    append_axes(html, &axes, "exact score of the model", "score of the cluster");
    append_diagonal(html, &axes, FALSE);
    append_points(html, &axes, sample, spot_of_score);
    g_string_append(html, "</svg>\n");
}

static Spot spot_of_error(const ScorePoint *point)
{
    const double ulp = float_ulp(point->answer);
    return (Spot){fmax(point->bound / ulp, LEAST_ULPS), fmax(fabs(point->error) / ulp, LEAST_ULPS)};
}

void figure_errors(GString *html, const ScoreSample *sample)
{
    Range x, y;
    if (!find_ranges(&x, &y, sample, spot_of_error))
        return;
    const Axes axes = {
        chart_scale(log10(x.low), log10(x.high), 5, TRUE),
        chart_scale(log10(y.low), log10(fmax(x.high, y.high)), 6, TRUE),
        TRUE,
    };
    open_figure(html, "Errors of scores against their bounds");
    append_axes(html, &axes, "bound of the error, ulp", "error, ulp");
    append_diagonal(html, &axes, TRUE);
    append_points(html, &axes, sample, spot_of_error);
    append_text(html, "class=\"tick\"", plot.x + 12, plot.y + 22, "beyond the bound: violated");
    append_text(html, "class=\"tick\" text-anchor=\"end\"", plot.x + plot.width - 12,
                plot.y + plot.height - 12, "within the bound: right");
    g_string_append(html, "</svg>\n");
}
