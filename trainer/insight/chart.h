/* Axes, markers and legends. */
#pragma once

#include "picture.h"

/* ---- scales ---- */

typedef struct {
    double low, high; /* whole multiples of `step` */
    double step;      /* 1, 2 or 5 times a power of ten */
    int decimals;     /* that a multiple of `step` needs */
} Scale;

/* A scale that covers low..high with about `ticks` ticks (Heckbert, "Nice numbers for graph
 * labels", Graphics Gems, 1990). With `whole`, steps are 1 or more. A range of no length is
 * widened. */
Scale chart_scale(double low, double high, guint ticks, gboolean whole);

/* Where a value is, from `from` (at scale->low) to `to` (at scale->high). */
double chart_position(const Scale *scale, double value, double from, double to);

/* ---- parts ---- */

/* Frame, grid, ticks, their values, and labels around `plot`, which needs CHART_LEFT pixels to its
 * left and CHART_BELOW below. */
#define CHART_LEFT 70.0
#define CHART_BELOW 52.0
void chart_axes(Picture *picture, const Box *plot, const Scale *x, const Scale *y,
                const char *x_label, const char *y_label);

/* One of PICTURE_SERIES forms, each in the theme's colour for it, so that series differ in both. */
void chart_marker(Picture *picture, guint series, double x, double y, double radius);

typedef struct {
    guint series;
    gboolean line; /* a line through the marker */
    const char *text;
} LegendEntry;

/* Entries side by side from (x, y) on, in as many lines as `width` demands; returns the height. */
double chart_legend(Picture *picture, double x, double y, double width, const LegendEntry *entries,
                    guint count);

/* A heading and, below it, a quieter line; returns the height of both. */
double chart_heading(Picture *picture, double x, double y, const char *heading, const char *below);
