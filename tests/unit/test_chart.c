#include "chart.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "label_layout.h"
#include "recsys_error.h"
#include "rng.h"
#include "tap.h"

static char *text_of(GBytes *bytes)
{
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    return g_strndup(data, size);
}

/* ---- scales ---- */

static void check_scale(double low, double high, guint ticks, gboolean whole, Scale expected)
{
    Scale scale = chart_scale(low, high, ticks, whole);
    CU_ASSERT_DOUBLE_EQUAL(scale.low, expected.low, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(scale.high, expected.high, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(scale.step, expected.step, 1e-12);
    CU_ASSERT_EQUAL(scale.decimals, expected.decimals);
}

static void test_scales(void)
{
    check_scale(0.7168, 0.9412, 6, FALSE, (Scale){0.7, 0.95, 0.05, 2});
    check_scale(1, 10, 11, TRUE, (Scale){1, 10, 1, 0});
    check_scale(0, 60, 11, TRUE, (Scale){0, 60, 10, 0});
    check_scale(0, 2, 11, TRUE, (Scale){0, 2, 1, 0});
    check_scale(0.9, 0.9, 4, FALSE, (Scale){0.85, 0.95, 0.05, 2});
    check_scale(5, 5, 4, TRUE, (Scale){4, 6, 1, 0});
    check_scale(-3, 1000, 5, FALSE, (Scale){-500, 1000, 500, 0});
}

static void test_scales_cover_their_range(void)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 0);
    for (guint round = 0; round < 5000; round++) {
        double low = rng_normal(random) * pow(10.0, g_rand_int_range(random, -6, 6));
        double high = low + fabs(rng_normal(random)) * pow(10.0, g_rand_int_range(random, -6, 6));
        if (high - low < 1e-9 * fabs(low))
            continue;
        Scale scale = chart_scale(low, high, 6, FALSE);
        double room = 1e-6 * scale.step;
        CU_ASSERT(scale.low <= low + room && scale.high >= high - room);
        CU_ASSERT(scale.low > low - scale.step - room && scale.high < high + scale.step + room);
        CU_ASSERT((scale.high - scale.low) / scale.step < 8.5);
        CU_ASSERT_EQUAL(chart_position(&scale, scale.low, 10.0, 90.0), 10.0);
        CU_ASSERT_DOUBLE_EQUAL(chart_position(&scale, scale.high, 90.0, 10.0), 10.0, 1e-9);
    }
}

/* ---- labels ---- */

static void test_labels_do_not_overlap(void)
{
    enum { COUNT = 300, MOST = 40 };
    const Box bounds = {0, 0, 400, 300};
    g_autoptr(GRand) random = rng_new(tap_seed(), 1);
    Label labels[COUNT];
    double points[2 * COUNT];
    for (guint i = 0; i < COUNT; i++) {
        points[2 * i] = g_rand_double_range(random, 0, 400);
        points[2 * i + 1] = g_rand_double_range(random, 0, 300);
        labels[i] = (Label){.x = points[2 * i],
                            .y = points[2 * i + 1],
                            .radius = 3,
                            .width = g_rand_double_range(random, 20, 90),
                            .height = 12};
    }
    label_layout(labels, COUNT, MOST, points, COUNT, 2, &bounds);
    guint placed = 0;
    for (guint i = 0; i < COUNT; i++) {
        if (!labels[i].placed)
            continue;
        placed++;
        const Box *box = &labels[i].box;
        CU_ASSERT(box->x >= 0 && box->y >= 0 && box->x + box->width <= 400 &&
                  box->y + box->height <= 300);
        for (guint j = 0; j < i; j++) {
            const Box marker = {labels[j].x - 3, labels[j].y - 3, 6, 6};
            CU_ASSERT_FALSE(labels[j].placed && box_overlaps(box, &labels[j].box));
            CU_ASSERT_FALSE(labels[j].placed && box_overlaps(box, &marker));
        }
        guint covered = 0;
        for (guint p = 0; p < COUNT; p++)
            covered += points[2 * p] > box->x && points[2 * p] < box->x + box->width &&
                       points[2 * p + 1] > box->y && points[2 * p + 1] < box->y + box->height;
        CU_ASSERT(covered <= 2);
    }
    CU_ASSERT(placed > 5 && placed <= MOST);
}

/* In a corner only one side is left; where there is no room at all, no label. */
static void test_label_near_the_edge(void)
{
    const double point[] = {99, 50};
    Label label = {.x = 99, .y = 50, .radius = 2, .width = 40, .height = 10};
    label_layout(&label, 1, 1, point, 1, 0, &(Box){0, 0, 100, 100});
    CU_ASSERT(label.placed && label.box.x + label.box.width < 97);
    label_layout(&label, 1, 1, point, 1, 0, &(Box){80, 0, 20, 100});
    CU_ASSERT_FALSE(label.placed);
    label_layout(&label, 1, 0, point, 1, 0, &(Box){0, 0, 100, 100});
    CU_ASSERT_FALSE(label.placed);
}

/* ---- pictures ---- */

static Picture *draw(PictureFormat format)
{
    const Box plot = {80, 60, 300, 120};
    const Scale x = chart_scale(1, 10, 10, TRUE), y = chart_scale(0.7, 0.95, 5, FALSE);
    const LegendEntry entries[] = {{0, TRUE, "first & <best>"}, {5, FALSE, "other"}};
    Picture *picture = picture_new(format, 400, 250, &picture_light, "\"A\" & <B>");
    chart_heading(picture, 10, 0, "Heading", "below\x01it");
    chart_legend(picture, 10, 40, 380, entries, 2);
    chart_axes(picture, &plot, &x, &y, "x label", "y label");
    for (guint i = 0; i < 2 * PICTURE_SERIES; i++)
        chart_marker(picture, i, 90 + 10 * i, 100, 5);
    picture_tip(picture, 1.25, 2.5, 3, "Tom & <Jerry>");
    return picture;
}

static void on_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
                    GError **error)
{
    (void)context;
    (void)error;
    g_string_append_len(data, text, (gssize)length);
    g_string_append_c(data, '\n');
}

/* All text of an SVG; a failed assertion if it is not well-formed. */
static char *svg_texts(const char *svg)
{
    const GMarkupParser parser = {.text = on_text};
    GString *texts = g_string_new(NULL);
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, texts, NULL);
    g_autoptr(GError) error = NULL;
    CU_ASSERT(g_markup_parse_context_parse(context, svg, -1, &error));
    CU_ASSERT(error != NULL || g_markup_parse_context_end_parse(context, &error));
    if (error != NULL)
        g_printerr("# %s\n", error->message);
    g_markup_parse_context_free(context);
    return g_string_free(texts, FALSE);
}

static void test_svg(void)
{
    g_autoptr(Picture) picture = draw(PICTURE_SVG);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = picture_encode(picture, &error);
    CU_ASSERT_PTR_NOT_NULL(content);
    if (content == NULL)
        return;
    g_autofree char *svg = text_of(content);
    g_autofree char *texts = svg_texts(svg);
    CU_ASSERT(g_str_has_prefix(svg, "<?xml"));
    CU_ASSERT_PTR_NOT_NULL(strstr(svg, "width=\"400px\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(svg, "<title>&quot;A&quot; &amp; &lt;B&gt;</title>"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(svg, "<circle cx=\"1.2\" cy=\"2.5\" r=\"3.0\"><title>Tom &amp; &lt;Jerry&gt;"));
    const char *const expected[] = {"Heading", "below it", "first & <best>", "other",
                                    "x label", "y label",  "\n0.75\n0.80\n", "\n9\n10\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(texts, expected[i]));
    CU_ASSERT_PTR_NULL(strchr(svg, 1));
}

static guint32 big_endian(const guint8 *at)
{
    return (guint32)at[0] << 24 | (guint32)at[1] << 16 | (guint32)at[2] << 8 | at[3];
}

static void test_png(void)
{
    g_autoptr(Picture) picture = draw(PICTURE_PNG);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = picture_encode(picture, &error);
    gsize size = 0;
    const guint8 *data = content != NULL ? g_bytes_get_data(content, &size) : NULL;
    CU_ASSERT(size > 100 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0);
    if (size <= 100)
        return;
    CU_ASSERT_EQUAL(big_endian(data + 16), 400 * PICTURE_PNG_SCALE);
    CU_ASSERT_EQUAL(big_endian(data + 20), 250 * PICTURE_PNG_SCALE);
    CU_ASSERT(memcmp(data + size - 8, "IEND", 4) == 0);
}

static void test_endings(void)
{
    PictureFormat format;
    g_autoptr(GError) error = NULL;
    CU_ASSERT(picture_format_of("a.svg", &format, &error) && format == PICTURE_SVG);
    CU_ASSERT(picture_format_of("dir.svg/a.PNG", &format, &error) && format == PICTURE_PNG);
    const char *const others[] = {"a.pdf", "a", "svg", "a.svg.gz", "", "a.png/"};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        CU_ASSERT_FALSE(picture_format_of(others[i], &format, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, ".svg or .png");
    }
}

/* Where writing fails, what was there stays and nothing is left beside it. */
static void test_saving(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "a.svg", NULL);
    g_autofree char *nowhere = g_build_filename(directory, "none", "a.svg", NULL);
    g_autofree char *taken = g_build_filename(directory, "taken.svg", NULL);
    g_autofree char *precious = g_build_filename(taken, "precious", NULL);
    g_autoptr(Picture) picture = draw(PICTURE_SVG);
    g_autoptr(Picture) second = draw(PICTURE_SVG);
    g_autoptr(Picture) third = draw(PICTURE_SVG);
    g_autoptr(GError) error = NULL;
    CU_ASSERT(g_file_set_contents(path, "old", 3, NULL));
    CU_ASSERT(picture_save(picture, path, &error));
    g_autofree char *content = NULL;
    CU_ASSERT(g_file_get_contents(path, &content, NULL, NULL));
    CU_ASSERT(g_str_has_suffix(content, "</svg>\n"));

    CU_ASSERT_FALSE(picture_save(second, nowhere, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "cannot be written");
    g_mkdir(taken, 0755);
    CU_ASSERT(g_file_set_contents(precious, "x", 1, NULL));
    CU_ASSERT_FALSE(picture_save(third, taken, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "cannot be written");
    g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);
    guint count = 0;
    while (g_dir_read_name(entries) != NULL)
        count++;
    CU_ASSERT_EQUAL(count, 2);
}

static const UnitTest tests[] = {
    {"scales", test_scales},
    {"scales cover their range", test_scales_cover_their_range},
    {"labels do not overlap", test_labels_do_not_overlap},
    {"a label near the edge", test_label_near_the_edge},
    {"SVG", test_svg},
    {"PNG", test_png},
    {"endings of names", test_endings},
    {"saving", test_saving},
    {NULL, NULL},
};

TAP_MAIN("chart", tests)
