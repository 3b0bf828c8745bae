#include "picture.h"

#include <cairo-svg.h>
#include <string.h>

#include "markup.h"
#include "recsys_error.h"
#include "whole_file.h"

#define RGB(hex)                                                                                   \
    {                                                                                              \
        ((hex) >> 16) / 255.0, ((hex) >> 8 & 0xff) / 255.0, ((hex)&0xff) / 255.0                   \
    }

const Theme picture_light = {
    .background = RGB(0xffffff),
    .text = RGB(0x1b1f24),
    .quiet = RGB(0x57606a),
    .frame = RGB(0x8c959f),
    .grid = RGB(0xe6e9ed),
    .series = {RGB(0x0072b2), RGB(0xd55e00), RGB(0x009e73), RGB(0xcc79a7), RGB(0xe69f00),
               RGB(0x56b4e9), RGB(0x4d4d4d), RGB(0x882255)},
};

const Theme picture_dark = {
    .background = RGB(0x14181d),
    .text = RGB(0xf0f3f6),
    .quiet = RGB(0xa8b1bb),
    .frame = RGB(0x6e7781),
    .grid = RGB(0x2b323a),
    .series = {RGB(0x56b4e9), RGB(0xff8c42), RGB(0x1fd0a0), RGB(0xe79ac6), RGB(0xe6b800),
               RGB(0x3d8bd9), RGB(0xc9d1d9), RGB(0xd9f0a3)},
};

/* ---- making ---- */

gboolean picture_format_of(const char *path, PictureFormat *format, GError **error)
{
    g_autofree char *lower = g_ascii_strdown(path, -1);
    if (g_str_has_suffix(lower, ".svg"))
        *format = PICTURE_SVG;
    else if (g_str_has_suffix(lower, ".png"))
        *format = PICTURE_PNG;
    else {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "%s: a picture's name must end with .svg or .png", path);
        return FALSE;
    }
    return TRUE;
}

static cairo_status_t append(void *closure, const unsigned char *data, unsigned int length)
{
    g_byte_array_append(closure, data, length);
    return CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *new_surface(Picture *picture)
{
    if (picture->format == PICTURE_PNG)
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                          (int)(picture->width * PICTURE_PNG_SCALE),
                                          (int)(picture->height * PICTURE_PNG_SCALE));
    cairo_surface_t *surface = cairo_svg_surface_create_for_stream(append, picture->content,
                                                                   picture->width, picture->height);
    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    return surface;
}

Picture *picture_new(PictureFormat format, double width, double height, const Theme *theme,
                     const char *title)
{
    Picture *picture = g_new0(Picture, 1);
    picture->width = width;
    picture->height = height;
    picture->theme = theme;
    picture->format = format;
    picture->content = g_byte_array_new();
    picture->title = g_strdup(title);
    picture->texts = g_string_new(NULL);
    picture->tips = g_string_new(NULL);
    picture->surface = new_surface(picture);
    picture->cr = cairo_create(picture->surface);
    if (format == PICTURE_PNG)
        cairo_scale(picture->cr, PICTURE_PNG_SCALE, PICTURE_PNG_SCALE);
    picture_set_colour(picture, &theme->background, 1.0);
    cairo_paint(picture->cr);
    return picture;
}

void picture_free(Picture *picture)
{
    if (picture == NULL)
        return;
    cairo_destroy(picture->cr);
    cairo_surface_destroy(picture->surface); /* may still write to content */
    g_byte_array_unref(picture->content);
    g_free(picture->title);
    g_string_free(picture->texts, TRUE);
    g_string_free(picture->tips, TRUE);
    g_free(picture);
}

/* ---- drawing ---- */

void picture_set_colour(Picture *picture, const Colour *colour, double alpha)
{
    cairo_set_source_rgba(picture->cr, colour->red, colour->green, colour->blue, alpha);
}

static void set_font(Picture *picture, const TextStyle *style)
{
    cairo_select_font_face(picture->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           style->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(picture->cr, style->size);
}

double picture_text_width(Picture *picture, const TextStyle *style, const char *text)
{
    cairo_text_extents_t extents;
    set_font(picture, style);
    cairo_text_extents(picture->cr, text, &extents);
    return extents.x_advance;
}

void picture_text(Picture *picture, double x, double y, const TextStyle *style, const char *text)
{
    double shift = -style->align * picture_text_width(picture, style, text);
    cairo_t *cr = picture->cr;
    cairo_save(cr);
    cairo_translate(cr, x, y);
    if (style->upward)
        cairo_rotate(cr, -G_PI / 2.0);
    if (style->halo) {
        cairo_move_to(cr, shift, 0.0);
        cairo_text_path(cr, text);
        picture_set_colour(picture, &picture->theme->background, 0.85);
        cairo_set_line_width(cr, 3.0);
        cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
        cairo_stroke(cr);
    }
    picture_set_colour(picture, style->colour != NULL ? style->colour : &picture->theme->text, 1.0);
    cairo_move_to(cr, shift, 0.0);
    cairo_show_text(cr, text);
    cairo_restore(cr);
    g_autofree char *escaped = markup_escape(text);
    g_string_append_printf(picture->texts, "%s\n", escaped);
}

void picture_tip(Picture *picture, double x, double y, double radius, const char *text)
{
    char cx[G_ASCII_DTOSTR_BUF_SIZE], cy[G_ASCII_DTOSTR_BUF_SIZE], r[G_ASCII_DTOSTR_BUF_SIZE];
    g_autofree char *escaped = markup_escape(text);
    g_string_append_printf(
        picture->tips, "<circle cx=\"%s\" cy=\"%s\" r=\"%s\"><title>%s</title></circle>\n",
        g_ascii_formatd(cx, sizeof cx, "%.1f", x), g_ascii_formatd(cy, sizeof cy, "%.1f", y),
        g_ascii_formatd(r, sizeof r, "%.1f", radius), escaped);
}

/* ---- encoding ---- */

static void insert(GByteArray *content, gsize at, const char *text)
{
    gsize length = strlen(text), rest = content->len - at;
    g_byte_array_set_size(content, (guint)(content->len + length));
    memmove(content->data + at + length, content->data + at, rest);
    memcpy(content->data + at, text, length);
}

/* Where `needle` is in the content, or -1. */
static gssize find(const GByteArray *content, const char *needle, gsize from)
{
    const guint8 *found = memmem(content->data + from, content->len - from, needle, strlen(needle));
    return found != NULL ? found - content->data : -1;
}

/* Title and description after the opening tag, tips before the closing one. */
static gboolean add_texts(Picture *picture)
{
    gssize end = find(picture->content, "</svg>", 0), open = find(picture->content, "<svg", 0);
    gssize opened = open >= 0 ? find(picture->content, ">", (gsize)open) : -1;
    if (end < 0 || opened < 0)
        return FALSE;
    g_autofree char *title = markup_escape(picture->title);
    g_autofree char *head =
        g_strdup_printf("\n<title>%s</title>\n<desc>%s</desc>", title, picture->texts->str);
    g_autofree char *tail = g_strdup_printf("<g fill-opacity=\"0\">\n%s</g>\n", picture->tips->str);
    insert(picture->content, (gsize)end, tail);
    insert(picture->content, (gsize)opened + 1, head);
    return TRUE;
}

GBytes *picture_encode(Picture *picture, GError **error)
{
    cairo_status_t status = cairo_status(picture->cr);
    if (status == CAIRO_STATUS_SUCCESS && picture->format == PICTURE_PNG)
        status = cairo_surface_write_to_png_stream(picture->surface, append, picture->content);
    cairo_surface_finish(picture->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(picture->surface);
    if (status == CAIRO_STATUS_SUCCESS && picture->format == PICTURE_SVG && !add_texts(picture))
        status = CAIRO_STATUS_WRITE_ERROR;
    if (status != CAIRO_STATUS_SUCCESS) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "the picture cannot be drawn: %s",
                    cairo_status_to_string(status));
        return NULL;
    }
    return g_bytes_new(picture->content->data, picture->content->len);
}

gboolean picture_save(Picture *picture, const char *path, GError **error)
{
    g_autoptr(GBytes) content = picture_encode(picture, error);
    if (content == NULL)
        return FALSE;
    gsize size;
    const char *data = g_bytes_get_data(content, &size);
    if (whole_file_save(path, data, (gssize)size, error))
        return TRUE;
    g_prefix_error(error, "the picture cannot be written: ");
    return FALSE;
}
