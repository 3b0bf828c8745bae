/* A picture that ends up as an SVG or PNG file, drawn with cairo.
 *
 * Lengths are in pixels of the picture; a PNG has PICTURE_PNG_SCALE times as many each way. In an
 * SVG, cairo draws text as outlines, which look the same everywhere but cannot be read by programs;
 * so all text drawn is repeated in its <desc>, and what picture_tip() gives is shown by browsers
 * when the pointer rests there. */
#pragma once

#include <cairo.h>
#include <glib.h>

#define PICTURE_PNG_SCALE 2

typedef enum { PICTURE_SVG, PICTURE_PNG } PictureFormat;

typedef struct {
    double red, green, blue;
} Colour;

#define PICTURE_SERIES 8

typedef struct {
    Colour background;
    Colour text;
    Colour quiet; /* secondary text */
    Colour frame; /* axes */
    Colour grid;
    Colour series[PICTURE_SERIES]; /* told apart by colour-blind people too */
} Theme;

/* The series are Okabe & Ito's palette (https://jfly.uni-koeln.de/color/), with what would be
 * faint on the background replaced. */
extern const Theme picture_light, picture_dark;

typedef struct {
    double x, y, width, height;
} Box;

typedef struct {
    cairo_t *cr;
    double width, height;
    const Theme *theme;

    PictureFormat format;
    cairo_surface_t *surface;
    GByteArray *content; /* of the SVG */
    char *title;
    GString *texts; /* escaped, a line each */
    GString *tips;  /* SVG elements */
} Picture;

/* What the name's ending says; RECSYS_ERROR_USAGE for any other. */
gboolean picture_format_of(const char *path, PictureFormat *format,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An empty picture in the theme's background. */
Picture *picture_new(PictureFormat format, double width, double height, const Theme *theme,
                     const char *title);
void picture_free(Picture *picture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Picture, picture_free)

void picture_set_colour(Picture *picture, const Colour *colour, double alpha);

typedef struct {
    double size; /* font size */
    gboolean bold;
    double align;    /* where x is in the text: 0 left, 0.5 middle, 1 right */
    gboolean upward; /* turned by 90°; y is then where x would be */
    gboolean halo;   /* with a rim of background, to be read on top of other things */
    const Colour *colour;
} TextStyle;

/* UTF-8 text with (x, y) on its baseline. */
void picture_text(Picture *picture, double x, double y, const TextStyle *style, const char *text);

/* The width it would take. */
double picture_text_width(Picture *picture, const TextStyle *style, const char *text);

/* A text for the place around (x, y). */
void picture_tip(Picture *picture, double x, double y, double radius, const char *text);

/* The file's content; the picture is finished by it. RECSYS_ERROR_DATA saying what cairo says. */
GBytes *picture_encode(Picture *picture, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Encodes into a temporary file that is then renamed, so that `path` is whole or as it was. */
gboolean picture_save(Picture *picture, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
