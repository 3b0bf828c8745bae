#include "ranking.h"

#include <math.h>
#include <string.h>

#include "json.h"
#include "tap.h"

static const ModelForm fm = {.link = LINK_SIGMOID, .scale = 5.5};

static void add(Ranking *ranking, const char *value, const char *title, int year,
                const char *genres, double score, double rating)
{
    RankedMovie movie = {
        .id = g_strconcat("movie_", value, NULL),
        .value = g_strdup(value),
        .title = g_strdup(title),
        .genres = g_strsplit(genres, "|", -1),
        .year = year,
        .score = score,
        .rating = rating,
    };
    ranking_add(ranking, &movie);
}

static Ranking *example(void)
{
    Ranking *ranking = ranking_new("recsys-1", "0123456789ab", &fm, 7.25);
    add(ranking, "4", "L'\303\251t\303\251 (1999)", 1999, "Drama|War", 1.25, 4.5);
    add(ranking, "9", "\346\230\237\343\201\256\346\255\214", 0, "", -0.1,
        4.125); /* three wide ones */
    add(ranking, "1", "A Rather Long Title (1987)", 1999, "Comedy", -2, 1);
    add(ranking, "2", "e\314\201 \"x\" (2001)", 2001, "Horror", -3, 0.004); /* a combining accent */
    return ranking;
}

/* What `print` writes to its stream. */
static char *printed(const Ranking *ranking, gboolean json)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (json)
        ranking_print_json(ranking, "age \"18\"", out);
    else
        ranking_print(ranking, out);
    fclose(out);
    return text;
}

/* Columns line up as a terminal shows them, whatever the bytes are. A title loses its year only if
 * the year column has the same one. */
static void test_table(void)
{
    g_autoptr(Ranking) ranking = example();
    g_autofree char *text = printed(ranking, FALSE);
    CU_ASSERT_STRING_EQUAL(
        text, "rank  rating  title                       year  genres\n"
              "   1    4.50  L'\303\251t\303\251                       1999  Drama, War\n"
              "   2    4.12  \346\230\237\343\201\256\346\255\214                            \n"
              "   3    1.00  A Rather Long Title (1987)  1999  Comedy\n"
              "   4    0.00  e\314\201 \"x\"                       2001  Horror\n");
}

/* A title can send nothing to the terminal but text; ranks go on where the page before ended; a
 * score that is not the model's gives no rating. */
static void test_hostile_title(void)
{
    g_autoptr(Ranking) ranking = ranking_new(NULL, "m", &fm, 0);
    ranking->from = 99;
    add(ranking, "1", "a\033[31m\tb\302\233c", 0, "x\ny", 1, NAN);
    g_autofree char *text = printed(ranking, FALSE);
    CU_ASSERT_STRING_EQUAL(text, "rank  rating  title       year  genres\n"
                                 " 100       -  a [31m b c        x y\n");
}

static Ranking *explained(void)
{
    static const double shares[] = {-0.25, 1.5, -0.125};
    static const char *const terms[] = {"the movie itself", "age 18", "user 4", NULL};
    Ranking *ranking = ranking_new(NULL, "m", &fm, 0);
    add(ranking, "1", "A", 1999, "War", 1.125, 4);
    ranking->offset = -0.5;
    ranking->terms = g_strdupv((char **)terms);
    g_array_index(ranking->movies, RankedMovie, 0).shares = g_memdup2(shares, sizeof shares);
    return ranking;
}

static void test_shares(void)
{
    g_autoptr(Ranking) ranking = explained();
    g_autofree char *text = printed(ranking, FALSE);
    CU_ASSERT_STRING_EQUAL(
        text, "rank  rating  title  year  genres\n"
              "   1    4.00  A      1999  War\n"
              "              1.125 = -0.250 (the movie itself) + 1.500 (age 18) - 0.125 (user 4)\n"
              "rating = 5.5 / (1 + e^-(score - 0.5000)), the latter being the same for all\n");
    g_autofree char *json = printed(ranking, TRUE);
    g_auto(yajl_val) tree = json_parse(json, "x", NULL);
    yajl_val movie = json_array_get(json_get(tree, "movies"), 0);
    double share = 0, offset = 0;
    CU_ASSERT(json_get_double(movie, "shares.age 18", &share) && share == 1.5);
    CU_ASSERT(json_get_double(tree, "offset", &offset) && offset == -0.5);
}

static void test_empty_table(void)
{
    g_autoptr(Ranking) ranking = ranking_new(NULL, "m", &fm, 0);
    g_autofree char *text = printed(ranking, FALSE);
    CU_ASSERT_STRING_EQUAL(text, "rank  rating  title  year  genres\n");
}

static void test_json(void)
{
    g_autoptr(Ranking) ranking = example();
    g_autofree char *text = printed(ranking, TRUE);
    CU_ASSERT_STRING_EQUAL(strchr(text, '\n'), "\n");
    g_auto(yajl_val) tree = json_parse(text, "x", NULL);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "profile"), "age \"18\""), 0);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "index"), "recsys-1"), 0);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "model_id"), "0123456789ab"), 0);
    yajl_val movies = json_get(tree, "movies");
    CU_ASSERT_EQUAL(json_array_length(movies), 4);
    for (guint i = 0; i < json_array_length(movies); i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        yajl_val found = json_array_get(movies, i);
        gint64 rank = 0;
        double score = 99, rating = 99;
        CU_ASSERT(json_get_int(found, "rank", &rank) && rank == i + 1);
        CU_ASSERT_EQUAL(g_strcmp0(json_get_string(found, "id"), movie->id), 0);
        CU_ASSERT_EQUAL(g_strcmp0(json_get_string(found, "movie"), movie->value), 0);
        CU_ASSERT_EQUAL(g_strcmp0(json_get_string(found, "title"), movie->title), 0);
        CU_ASSERT(json_get_double(found, "score", &score) && score == movie->score);
        CU_ASSERT(json_get_double(found, "rating", &rating) && rating == movie->rating);
        CU_ASSERT_EQUAL(json_get(found, "year") != NULL, movie->year != 0);
    }
    CU_ASSERT_EQUAL(json_array_length(json_get(json_array_get(movies, 0), "genres")), 2);
    CU_ASSERT(YAJL_IS_ARRAY(json_get(json_array_get(movies, 1), "genres")));
}

static void test_json_without_an_index(void)
{
    g_autoptr(Ranking) ranking = ranking_new(NULL, "m", &fm, 0);
    g_autofree char *text = printed(ranking, TRUE);
    g_auto(yajl_val) tree = json_parse(text, "x", NULL);
    CU_ASSERT_PTR_NULL(json_get(tree, "index"));
    CU_ASSERT(YAJL_IS_ARRAY(json_get(tree, "movies")));
    CU_ASSERT_EQUAL(json_array_length(json_get(tree, "movies")), 0);
}

static const UnitTest tests[] = {
    {"table", test_table},
    {"empty table", test_empty_table},
    {"a hostile title", test_hostile_title},
    {"shares of the score", test_shares},
    {"JSON", test_json},
    {"JSON without an index", test_json_without_an_index},
    {NULL, NULL},
};

TAP_MAIN("ranking", tests)
