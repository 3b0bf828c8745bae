#include "inspection.h"

#include <math.h>

#include "inspection_json.h"
#include "inspection_text.h"
#include "recsys_error.h"
#include "small_bundle.h"
#include "title.h"

static Inspection *inspect(const char *training, const char *movie)
{
    g_autofree char *path = small_bundle_write(training);
    g_autoptr(GError) error = NULL;
    Inspection *found = inspection_new(path, movie, 3, &error);
    if (found == NULL)
        g_error("%s", error->message);
    return found;
}

static char *printed(const Inspection *found, void (*print)(const Inspection *, FILE *))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    print(found, out);
    fclose(out);
    return text;
}

static void test_spread(void)
{
    double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2}, one[] = {5};
    Spread spread = spread_of(odd, 3);
    CU_ASSERT(spread.min == 1 && spread.median == 2 && spread.max == 3);
    spread = spread_of(even, 4);
    CU_ASSERT(spread.min == 1 && spread.median == 2.5 && spread.max == 4);
    spread = spread_of(one, 1);
    CU_ASSERT(spread.min == 5 && spread.median == 5 && spread.max == 5);
}

/* Norms of the movies: 2, √2, 3, √1.25, 0. */
static void test_types(void)
{
    g_autoptr(Inspection) found = inspect(SMALL_TRAINING, NULL);
    CU_ASSERT_EQUAL(found->types->len, 3);
    const TypeSummary *movies = &g_array_index(found->types, TypeSummary, 1);
    CU_ASSERT_STRING_EQUAL(movies->type, "movie");
    CU_ASSERT_EQUAL(movies->count, 5);
    CU_ASSERT_EQUAL(movies->norm.min, 0.0);
    CU_ASSERT_DOUBLE_EQUAL(movies->norm.median, sqrt(2.0), 1e-15);
    CU_ASSERT_EQUAL(movies->norm.max, 3.0);
    CU_ASSERT(movies->bias.min == -0.5 && movies->bias.median == 0.25 && movies->bias.max == 0.75);
}

/* Movie 50 has the highest bias, but one rating. */
static void test_extremes(void)
{
    g_autoptr(Inspection) found = inspect(SMALL_TRAINING, NULL);
    CU_ASSERT_EQUAL(found->by_bias->len, 4);
    CU_ASSERT_EQUAL(inspection_extremes(found), 2);
    CU_ASSERT_EQUAL(inspection_highest(found, 0), SMALL_MOVIE);
    CU_ASSERT_EQUAL(inspection_highest(found, 1), SMALL_MOVIE + 1);
    CU_ASSERT_EQUAL(inspection_lowest(found, 0), SMALL_MOVIE + 3);
    CU_ASSERT_EQUAL(inspection_lowest(found, 1), SMALL_MOVIE + 2);
}

static void test_curve(void)
{
    g_autoptr(Inspection) found = inspect(SMALL_TRAINING, NULL);
    CU_ASSERT_EQUAL(found->curve->epochs->len, 3);
    CU_ASSERT(found->curve->validated);
    CU_ASSERT_EQUAL(found->curve->best, 1);
    g_autoptr(Inspection) bare = inspect("{\"link\":{\"type\":\"sigmoid\",\"scale\":5.5}}", NULL);
    CU_ASSERT_EQUAL(bare->curve->epochs->len, 0);
    CU_ASSERT_FALSE(bare->curve->validated);
    g_autofree char *text = printed(bare, inspection_print);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "no learning curve"));
    g_autofree char *path =
        small_bundle_write("{\"curve\":[7],\"link\":{\"type\":\"sigmoid\",\"scale\":5.5}}");
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(inspection_new(path, NULL, 1, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "entry 1");
}

/* Columns line up though a title has characters of two bytes. */
static void test_text(void)
{
    g_autoptr(Inspection) found = inspect(SMALL_TRAINING, "10");
    g_autofree char *text = printed(found, inspection_print);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "n = 9 features × k = 2 factors"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "source small, ratings 7"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "trained in        2.5 s"));
    CU_ASSERT(g_regex_match_simple("^    2 +1.0000 +0.9375 .*best$", text, G_REGEX_MULTILINE, 0));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text, "   1   0.707      20  Caf\303\251 \"No\303\253l\"  1996  Horror, Children's\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "   2   0.000      30  Dark, The    1997  Horror\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "   3   0.000      50  Unseen             \n"));
}

static void test_json(void)
{
    g_autoptr(Inspection) found = inspect(SMALL_TRAINING, "10");
    g_autofree char *text = printed(found, inspection_print_json);
    g_auto(yajl_val) json = json_parse(text, "it", NULL);
    gint64 best = 0, ratings = 0;
    CU_ASSERT_STRING_EQUAL(json_get_string(json, "model_id"), found->bundle->model_id);
    CU_ASSERT(json_get_int(json, "best_epoch", &best) && best == 2);
    CU_ASSERT(json_get_int(json, "training.dataset.ratings", &ratings) && ratings == 7);
    yajl_val neighbours = json_get(json, "neighbours");
    CU_ASSERT_EQUAL(json_array_length(neighbours), 3);
    CU_ASSERT_STRING_EQUAL(json_get_string(json_array_get(neighbours, 0), "id"), "20");
    CU_ASSERT_STRING_EQUAL(json_get_string(json, "movie.title"), "Children's & <Horror> (1995)");
    CU_ASSERT_EQUAL(json_array_length(json_get(json, "lowest_bias")), 2);
}

static void check_unknown(const char *movie, const char *message)
{
    g_autofree char *path = small_bundle_write(SMALL_TRAINING);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(inspection_new(path, movie, 3, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, message);
}

static void test_unknown_movie(void)
{
    check_unknown("DARK", "30 (Dark, The (1997)), 40 (Darker (1998))");
    check_unknown("nowhere", "no movie \"nowhere\"");
    check_unknown("", "no movie \"\"");
    check_unknown("\xff", "no movie");
}

static void test_title(void)
{
    g_autofree char *with = title_without_year("Dark, The (1997)", 1997);
    g_autofree char *other = title_without_year("Dark, The (1997)", 1998);
    g_autofree char *unknown = title_without_year("Dark (0)", 0);
    g_autofree char *nameless = title_of_movie(&(Feature){.type = "movie", .value = "7"});
    CU_ASSERT_STRING_EQUAL(with, "Dark, The");
    CU_ASSERT_STRING_EQUAL(other, "Dark, The (1997)");
    CU_ASSERT_STRING_EQUAL(unknown, "Dark (0)");
    CU_ASSERT_STRING_EQUAL(nameless, "movie 7");
    CU_ASSERT_EQUAL(title_width("Caf\303\251"), 4);
    CU_ASSERT_EQUAL(title_width("Cafe\314\201"), 4);             /* a combining accent */
    CU_ASSERT_EQUAL(title_width("\344\270\203\344\276\215"), 4); /* two wide characters */
}

/* The objective is said, and movies are near one another by the half for lists. */
static void test_objective(void)
{
    static const char training[] =
        "{\"objective\":\"both\",\"rating_dimensions\":1,\"interactions\":\"movie\","
        "\"link\":{\"type\":\"identity\",\"lowest\":1,\"highest\":5}}";
    g_autoptr(Inspection) fm = inspect(SMALL_TRAINING, "20");
    g_autoptr(Inspection) both = inspect(training, "20");
    g_autofree char *of_fm = printed(fm, inspection_print), *text = printed(both, inspection_print);
    CU_ASSERT_PTR_NOT_NULL(strstr(of_fm, "objective         ratings\n"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "objective         both: 1 dimensions for ratings, 1 for lists\n"));
    CU_ASSERT_EQUAL(g_array_index(both->neighbours, Neighbour, 0).cosine, 1);
    CU_ASSERT_EQUAL(g_array_index(both->neighbours, Neighbour, 1).cosine, 1);
    CU_ASSERT(g_array_index(fm->neighbours, Neighbour, 0).cosine < 0.9);
}

static const UnitTest tests[] = {
    {"objective", test_objective},
    {"spread", test_spread},
    {"types", test_types},
    {"highest and lowest bias", test_extremes},
    {"learning curve", test_curve},
    {"text", test_text},
    {"JSON", test_json},
    {"unknown movie", test_unknown_movie},
    {"titles", test_title},
    {NULL, NULL},
};

TAP_MAIN("inspection", tests)
