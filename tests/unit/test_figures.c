#include "figures.h"

#include <math.h>

#include "recsys_error.h"
#include "small_bundle.h"

static MovieMap *make_map(const Bundle *bundle, const char *genres)
{
    g_autoptr(Team) team = team_new(1);
    g_autoptr(GError) error = NULL;
    MovieMap *map = movie_map_choose(bundle, genres, &error);
    if (map == NULL || !movie_map_project(map, bundle, 1, team, NULL, NULL, &error))
        g_error("%s", error->message);
    return map;
}

/* The SVG of a figure. */
static char *svg_of(Picture *picture)
{
    g_autoptr(GBytes) content = picture_encode(picture, NULL);
    gsize size = 0;
    const char *data = g_bytes_get_data(content, &size);
    return g_strndup(data, size);
}

static char *map_svg(const char *genres)
{
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    g_autoptr(MovieMap) map = make_map(bundle, genres);
    g_autoptr(Picture) picture = picture_new(PICTURE_SVG, 700, 600, &picture_dark, "t");
    figure_map(picture, &(Box){20, 20, 660, 560}, map, bundle->features);
    return svg_of(picture);
}

static char *curve_svg(const char *training)
{
    g_auto(yajl_val) json = json_parse(training, "it", NULL);
    g_autoptr(Curve) curve = curve_read(json, NULL);
    g_autoptr(Picture) picture = picture_new(PICTURE_SVG, 500, 400, &picture_light, "t");
    figure_curve(picture, &(Box){20, 20, 460, 360}, curve, "caption");
    return svg_of(picture);
}

#define HAS(svg, text) CU_ASSERT_PTR_NOT_NULL(strstr(svg, text))
#define HAS_NOT(svg, text) CU_ASSERT_PTR_NULL(strstr(svg, text))

/* The movie of both genres counts as the first one chosen. */
static void test_choice(void)
{
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    g_autoptr(MovieMap) map = make_map(bundle, " children's , HORROR");
    CU_ASSERT_STRING_EQUAL(map->genres[0], "Children's");
    CU_ASSERT_STRING_EQUAL(map->genres[1], "Horror");
    CU_ASSERT(map->counts[0] == 2 && map->counts[1] == 2);
    CU_ASSERT_EQUAL(map->shared, 1);
    CU_ASSERT_EQUAL(map->points->len, 4);
    for (guint i = 0; i < map->points->len; i++)
        CU_ASSERT(isfinite(g_array_index(map->points, MapPoint, i).x));
    g_autoptr(MovieMap) turned = make_map(bundle, "Horror,Children's");
    CU_ASSERT(turned->counts[0] == 3 && turned->counts[1] == 1);
}

/* The features of movies with these genres, "A|B" each. */
static FeatureTable *movies_with(const char *const *genres)
{
    FeatureTable *table = feature_table_new();
    for (guint i = 0; genres[i] != NULL; i++) {
        g_autofree char *id = g_strdup_printf("%u", i);
        g_auto(GStrv) split = g_strsplit(genres[i], "|", -1);
        const Feature movie = {"movie", id, "A", (const char **)split, 0, 1};
        CU_ASSERT(feature_table_add(table, &movie, NULL, NULL));
    }
    return table;
}

static void test_default_genres(void)
{
    const struct {
        const char *movies[8];
        const char *chosen;
    } cases[] = {
        {{"Drama", "Documentary", "Drama|Horror|Children's"}, "Children's,Horror,Documentary"},
        {{"Drama", "Children", "Horror"}, "Children,Horror"},
        {{"Home", "Home|Light", "Garden|Light|Home", "Office"}, "Home,Light,Garden"},
        {{"Home", ""}, "Home"},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        feature_table_free(bundle->features);
        bundle->features = movies_with(cases[i].movies);
        g_autoptr(MovieMap) map = movie_map_choose(bundle, NULL, &error);
        CU_ASSERT_PTR_NULL(error);
        g_autofree char *chosen = g_strjoinv(",", map->genres);
        CU_ASSERT_STRING_EQUAL(chosen, cases[i].chosen);
    }
    feature_table_free(bundle->features);
    bundle->features = movies_with((const char *const[]){"", NULL});
    CU_ASSERT_PTR_NULL(movie_map_choose(bundle, NULL, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "no movie has a genre");
}

static void test_refused_genres(void)
{
    const char *const genres[][2] = {
        {"Horror,Western", "no movie has the genre Western"},
        {"", "1 to 8 genres"},
        {"Horror,", "no movie has the genre"},
        {"Horror,horror", "twice: Horror"},
        {"\xff", "no movie has the genre"},
    };
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    for (gsize i = 0; i < G_N_ELEMENTS(genres); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(movie_map_choose(bundle, genres[i][0], &error));
        CU_ASSERT(error != NULL && strstr(error->message, "Children's, Comedy, Horror") != NULL);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, genres[i][1]);
    }
}

static void test_map(void)
{
    g_autofree char *svg = map_svg("Children's,Horror");
    HAS(svg, "\nChildren&apos;s (2)\nHorror (2)\n");
    HAS(svg, "1 movie of more than one of these genres is shown as the first of them");
    HAS(svg, "\nChildren&apos;s &amp; &lt;Horror&gt;\n"); /* a label, without its year */
    HAS(svg, "\nDark, The\n");
    HAS(svg, "<title>Children&apos;s &amp; &lt;Horror&gt; (1995) (Children&apos;s, Comedy; 300 "
             "ratings)</title>");
    g_autofree char *one = map_svg("Comedy"); /* a single point */
    HAS(one, "\nComedy (1)\n");
    HAS_NOT(one, "more than one");
    HAS_NOT(one, "nan");
}

static void test_curve(void)
{
    g_autofree char *svg = curve_svg(SMALL_TRAINING);
    HAS(svg, "\nepoch\n");
    HAS(svg, "\nRMSE\n");
    HAS(svg, "\nvalidation\ntrain (mean over the epoch)\n");
    HAS(svg, "\nbest: epoch 2, 0.9375\n");
    HAS(svg, "<title>epoch 3: train RMSE 0.7500</title>");
    HAS_NOT(svg, "nan");
}

static void test_one_epoch_without_validation(void)
{
    g_autofree char *svg = curve_svg("{\"curve\":[{\"epoch\":1,\"train_rmse\":1.25}]}");
    HAS(svg, "\ntrain (mean over the epoch)\n");
    HAS(svg, "there was no validation set");
    HAS_NOT(svg, "best");
    HAS_NOT(svg, "\nvalidation\n");
    HAS_NOT(svg, "nan");
}

/* Epochs whose validation is missing leave a gap. */
static void test_gaps(void)
{
    g_autofree char *svg =
        curve_svg("{\"curve\":[{\"epoch\":5,\"valid_rmse\":1},{\"epoch\":9,\"train_rmse\":2},"
                  "{\"epoch\":200,\"valid_rmse\":0.5}]}");
    HAS(svg, "\nbest: epoch 200, 0.5000\n");
    HAS_NOT(svg, "nan");
}

static const UnitTest tests[] = {
    {"choice of movies", test_choice},
    {"genres by default", test_default_genres},
    {"refused genres", test_refused_genres},
    {"map", test_map},
    {"learning curve", test_curve},
    {"one epoch without validation", test_one_epoch_without_validation},
    {"gaps", test_gaps},
    {NULL, NULL},
};

TAP_MAIN("figures", tests)
