#include "chart.h"

#include <math.h>

#define TEXT_SIZE 13.0
#define HEADING_SIZE 18.0
#define LEGEND_LINE 22.0
#define LINE_WIDTH 2.0

/* ---- scales ---- */

/* The least of 1, 2, 5 and 10 times a power of ten that is not below x. */
static double nice_step(double x)
{
    double power = pow(10.0, floor(log10(x)));
    const double factors[] = {1.0, 2.0, 5.0};
    for (gsize i = 0; i < G_N_ELEMENTS(factors); i++)
        if (factors[i] * power >= x * (1.0 - 1e-9))
            return factors[i] * power;
    return 10.0 * power;
}

Scale chart_scale(double low, double high, guint ticks, gboolean whole)
{
    if (!(high > low)) {
        double margin = whole ? 1.0 : MAX(fabs(low) * 0.05, 1e-3);
        low -= margin;
        high += margin;
    }
    Scale scale = {.step = nice_step((high - low) / MAX(ticks, 1))};
    if (whole)
        scale.step = MAX(scale.step, 1.0);
    scale.low = floor(low / scale.step + 1e-9) * scale.step;
    scale.high = ceil(high / scale.step - 1e-9) * scale.step;
    scale.decimals = MAX(0, (int)-floor(log10(scale.step) + 1e-9));
    return scale;
}

double chart_position(const Scale *scale, double value, double from, double to)
{
    return from + (value - scale->low) / (scale->high - scale->low) * (to - from);
}

static guint count_ticks(const Scale *scale)
{
    return (guint)lround((scale->high - scale->low) / scale->step) + 1;
}

/* ---- axes ---- */

static char *tick_text(const Scale *scale, guint i)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE], format[16];
    g_snprintf(format, sizeof format, "%%.%df", scale->decimals);
    return g_strdup(g_ascii_formatd(text, sizeof text, format, scale->low + i * scale->step));
}

static void line(Picture *picture, double x1, double y1, double x2, double y2)
{
    cairo_move_to(picture->cr, x1, y1);
    cairo_line_to(picture->cr, x2, y2);
    cairo_stroke(picture->cr);
}

static void x_ticks(Picture *picture, const Box *plot, const Scale *x)
{
    const TextStyle style = {.size = TEXT_SIZE, .align = 0.5, .colour = &picture->theme->quiet};
    double bottom = plot->y + plot->height;
    for (guint i = 0; i < count_ticks(x); i++) {
        double at = chart_position(x, x->low + i * x->step, plot->x, plot->x + plot->width);
        g_autofree char *text = tick_text(x, i);
        picture_set_colour(picture, &picture->theme->frame, 1.0);
        line(picture, at, bottom, at, bottom + 5.0);
        picture_text(picture, at, bottom + 20.0, &style, text);
    }
}

static void y_ticks(Picture *picture, const Box *plot, const Scale *y)
{
    const TextStyle style = {.size = TEXT_SIZE, .align = 1.0, .colour = &picture->theme->quiet};
    for (guint i = 0; i < count_ticks(y); i++) {
        double at = chart_position(y, y->low + i * y->step, plot->y + plot->height, plot->y);
        g_autofree char *text = tick_text(y, i);
        picture_set_colour(picture, &picture->theme->grid, 1.0);
        line(picture, plot->x, at, plot->x + plot->width, at);
        picture_text(picture, plot->x - 10.0, at + 4.5, &style, text);
    }
}

void chart_axes(Picture *picture, const Box *plot, const Scale *x, const Scale *y,
                const char *x_label, const char *y_label)
{
    double bottom = plot->y + plot->height;
    TextStyle style = {.size = TEXT_SIZE + 1.0, .align = 0.5};
    cairo_set_line_width(picture->cr, 1.0);
    y_ticks(picture, plot, y);
    x_ticks(picture, plot, x);
    picture_set_colour(picture, &picture->theme->frame, 1.0);
    line(picture, plot->x, bottom, plot->x + plot->width, bottom);
    picture_text(picture, plot->x + plot->width / 2.0, bottom + 44.0, &style, x_label);
    style.upward = TRUE;
    picture_text(picture, plot->x - CHART_LEFT + 16.0, plot->y + plot->height / 2.0, &style,
                 y_label);
}

/* ---- markers ---- */

/* A closed line through `corners` points of a regular polygon, or of a star with them. */
static void polygon(cairo_t *cr, double x, double y, double radius, double inner, guint corners,
                    double turn)
{
    guint points = inner < 1.0 ? 2 * corners : corners;
    cairo_new_sub_path(cr);
    for (guint i = 0; i < points; i++) {
        double angle = turn + 2.0 * G_PI * i / points - G_PI / 2.0;
        double reach = radius * (i % 2 == 1 && inner < 1.0 ? inner : 1.0);
        cairo_line_to(cr, x + reach * cos(angle), y + reach * sin(angle));
    }
    cairo_close_path(cr);
}

void chart_marker(Picture *picture, guint series, double x, double y, double radius)
{
    /* Polygons are made a little larger, to weigh as much as the circle. */
    static const struct {
        guint corners;
        double scale, inner, turn;
    } forms[PICTURE_SERIES] = {
        {0, 1.0, 1.0, 0.0},  {3, 1.3, 1.0, 0.0}, {4, 1.2, 1.0, G_PI / 4.0}, {4, 1.25, 1.0, 0.0},
        {3, 1.3, 1.0, G_PI}, {5, 1.4, 0.5, 0.0}, {4, 1.4, 0.4, G_PI / 4.0}, {6, 1.15, 1.0, 0.0},
    };
    guint form = series % PICTURE_SERIES;
    cairo_t *cr = picture->cr;
    if (forms[form].corners == 0) {
        cairo_new_sub_path(cr);
        cairo_arc(cr, x, y, radius, 0.0, 2.0 * G_PI);
        cairo_close_path(cr);
    } else {
        polygon(cr, x, y, radius * forms[form].scale, forms[form].inner, forms[form].corners,
                forms[form].turn);
    }
    picture_set_colour(picture, &picture->theme->series[form], 0.85);
    cairo_fill_preserve(cr);
    picture_set_colour(picture, &picture->theme->background, 1.0);
    cairo_set_line_width(cr, 0.8);
    cairo_stroke(cr);
}

/* ---- texts around ---- */

double chart_legend(Picture *picture, double x, double y, double width, const LegendEntry *entries,
                    guint count)
{
    const TextStyle style = {.size = TEXT_SIZE};
    double left = x, top = y;
    for (guint i = 0; i < count; i++) {
        double sign = entries[i].line ? 28.0 : 12.0;
        double needed = sign + 7.0 + picture_text_width(picture, &style, entries[i].text);
        if (left > x && left + needed > x + width) {
            left = x;
            top += LEGEND_LINE;
        }
        double middle = top + LEGEND_LINE / 2.0;
        if (entries[i].line) {
            picture_set_colour(picture, &picture->theme->series[entries[i].series % PICTURE_SERIES],
                               1.0);
            cairo_set_line_width(picture->cr, LINE_WIDTH);
            line(picture, left, middle, left + sign, middle);
        }
        chart_marker(picture, entries[i].series, left + sign / 2.0, middle, 5.0);
        picture_text(picture, left + sign + 7.0, middle + 4.5, &style, entries[i].text);
        left += needed + 22.0;
    }
    return count > 0 ? top + LEGEND_LINE - y : 0.0;
}

double chart_heading(Picture *picture, double x, double y, const char *heading, const char *below)
{
    const TextStyle bold = {.size = HEADING_SIZE, .bold = TRUE};
    const TextStyle quiet = {.size = TEXT_SIZE, .colour = &picture->theme->quiet};
    picture_text(picture, x, y + HEADING_SIZE, &bold, heading);
    picture_text(picture, x, y + HEADING_SIZE + 22.0, &quiet, below);
    return HEADING_SIZE + 30.0;
}
