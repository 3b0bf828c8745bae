#include "history.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"
#include "text_file.h"

static History *parse(const char *text, GError **error)
{
    return history_parse(text, strlen(text), "seen.txt", error);
}

typedef struct {
    const char *movie;
    double rating;
    guint line;
} Expected;

static void check(const char *text, const Expected *expected, guint count)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(History) history = parse(text, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_PTR_NOT_NULL(history);
    if (history == NULL) {
        printf("# %s\n", error != NULL ? error->message : "no error");
        return;
    }
    CU_ASSERT_EQUAL(history->ratings->len, count);
    for (guint i = 0; i < MIN(count, history->ratings->len); i++) {
        const HistoryRating *rating = history_get(history, i);
        CU_ASSERT_STRING_EQUAL(rating->movie, expected[i].movie);
        CU_ASSERT(rating->rating == expected[i].rating ||
                  (isnan(rating->rating) && isnan(expected[i].rating)));
        CU_ASSERT_EQUAL(rating->line, expected[i].line);
    }
}

static void check_refused(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(History) history = parse(text, &error);
    CU_ASSERT_PTR_NULL(history);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static void test_separators(void)
{
    const Expected two[] = {{"318", 5, 1}, {"1", 3.5, 2}};
    check("318 5\n1 3.5\n", two, 2);
    check("318::5\n1::3.5\n", two, 2);
    check("318,5\n1,3.5\n", two, 2);
    check("318\t5\n1\t3.5\n", two, 2);
    check("  318    5 \n1   3.5", two, 2);
    check("318 , 5\r\n1 :: 3.5\r\n", two, 2);
    check("\357\273\277318,5\n1 3.5\n", two, 2);
}

static void test_what_is_left_out(void)
{
    const Expected last[] = {{"318", 4, 4}};
    check("# my ratings\n\n   \n318 4\n# 1 5\n", last, 1);
    const Expected after_header[] = {{"318", 4, 2}};
    check("movie,rating\n318,4\n", after_header, 1);
    check("movieId rating\n318 4\n", after_header, 1);
    check_refused("318 4\nmovie,rating\n", "seen.txt:2: expected a movie and a rating");
}

static void test_names_of_movies(void)
{
    const Expected names[] = {{"SKU-17", 4, 1},
                              {"Lamp, green", 2, 2},
                              {"a \"b\"", 1, 3},
                              {"two words", 3, 4},
                              {"caf\303\251", 3, 5}};
    check("SKU-17,4\n\"Lamp, green\",2\n\"a \"\"b\"\"\", 1\ntwo words,3\ncaf\303\251::3\n", names,
          5);
}

static void test_lines_that_are_none(void)
{
    const char *const lines[] = {"318 ::",       "318 five", "318,",        ",5",
                                 "1::318::5::0", "1,318,5",  "1 318 5",     "\"318,5",
                                 "\"318\"5",     "318 5 x",  "318 nan",     "318 inf",
                                 "\"\",5",       "\"\"",     "\"318\"\",5", "::5"};
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = g_strdup_printf("7 3\n%s\n", lines[i]);
        check_refused(text, "seen.txt:2: expected a movie and a rating");
    }
}

/* Seen, but not rated. */
static void test_movies_alone(void)
{
    const Expected movies[] = {
        {"318", NAN, 1}, {"Lamp, green", NAN, 2}, {"1", 4, 3}, {"7", NAN, 5}};
    check("318\n \"Lamp, green\"\r\n1 4\n\n  7  ", movies, 4);
    const Expected behind[] = {{"318", NAN, 2}, {"movieId", NAN, 3}};
    check("movieId\n318\nmovieId\n", behind, 2);
    check("movie\n318\nmovieId\n", behind, 2);
    check_refused("318\n1\n\n318 2\n", "seen.txt:4: movie 318 is rated in line 1 already");
}

/* Nobody can tell whether a comma is the point of a rating or the end of a movie's id. */
static void test_decimal_comma(void)
{
    static const char *const lines[] = {"318 4,5", "318\t4,5", "318::4,5",
                                        "318;4,5", "Lamp 2,4", "  318   4,5 \r"};
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = g_strdup_printf("7 3\n%s\n", lines[i]);
        g_autofree char *point = g_strdup(strstr(lines[i], "4,5") != NULL ? "4.5" : "2.4");
        g_autofree char *message = g_strdup_printf("the rating? Write %s; or", point);
        check_refused(text, message);
        check_refused(text, "seen.txt:2: is ");
    }
    const Expected names[] = {{"Lamp 2", 4, 1}, {"318", 5, 2}, {"two words", 3, 3}, {"1", 4, 4}};
    check("\"Lamp 2\",4\n318, 5\ntwo words,3\n1,4\n", names, 4);
}

#define LINE(text)                                                                                 \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }

/* No id, however it is written, can have these in it. */
static void test_movies_that_are_none(void)
{
    static const Text lines[] = {
        LINE("\"\377\",4"),  LINE("\377,4"),         LINE("\"318\0junk\",4"),
        LINE("318\0junk,4"), LINE("\"\033[31m\",4"), LINE("\033[31m 4"),
        LINE("\"a\tb\",4"),  LINE("\"a\177\" ,4"),   LINE("\"\"\377\"\",4"),
    };
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(History) history =
            history_parse(lines[i].text, lines[i].length, "seen.txt", &error);
        CU_ASSERT_PTR_NULL(history);
        CU_ASSERT(error != NULL && strpbrk(error->message, "\033\177\377") == NULL);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "seen.txt:1: expected a movie");
    }
    g_autofree char *id = g_strnfill(507, 'x'), *line = g_strdup_printf("318 5\n%s 4\n", id);
    check_refused(line, "seen.txt:2: a movie's id of 507 bytes");
    g_autofree char *longest = g_strdup_printf("%s 4\n", id + 1);
    const Expected one[] = {{id + 1, 4, 1}};
    check(longest, one, 1);
}

static void test_repeated_movie(void)
{
    check_refused("318 5\n1 3\n\n318 2\n", "seen.txt:4: movie 318 is rated in line 1 already");
}

static void test_other_names(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(History) history = parse("1 3\n\nmovie_318 5\n318 2\n", &error);
    g_autoptr(GPtrArray) movies = g_ptr_array_new();
    const char *const names[] = {"1", "318", "2"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_ptr_array_add(movies, (gpointer)names[i]);
    CU_ASSERT(history_rename(history, movies, &error));
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        CU_ASSERT_STRING_EQUAL(history_get(history, i)->movie, names[i]);
    g_ptr_array_index(movies, 2) = (gpointer) "318";
    CU_ASSERT_FALSE(history_rename(history, movies, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                     "seen.txt:4: movie 318 is rated in line 3 already");
}

static void test_nothing(void)
{
    check_refused("", "seen.txt has no ratings");
    check_refused("# nothing yet\n\n", "seen.txt has no ratings");
    check_refused("movie,rating\n", "seen.txt has no ratings");
}

static void test_too_many(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < HISTORY_MOST; i++)
        g_string_append_printf(text, "%u 3\n", i);
    g_autoptr(GError) error = NULL;
    g_autoptr(History) history = parse(text->str, &error);
    CU_ASSERT_PTR_NOT_NULL(history);
    g_string_append(text, "x 3\n");
    check_refused(text->str, "seen.txt:10001: more than 10000 ratings");
}

static void check_scale(const char *text, HistoryScale scale, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(History) history = parse(text, &error);
    CU_ASSERT_PTR_NOT_NULL(history);
    if (history == NULL)
        return;
    CU_ASSERT_EQUAL(history_check_scale(history, &scale, &error), message == NULL);
    if (message != NULL)
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static void test_scale(void)
{
    const HistoryScale open = {0, 5.5, .is_open = TRUE, .by_ratings = TRUE}, closed = {1, 5},
                       binary = {1, 1};
    check_scale("318 0\n1 5.4\n", open, NULL);
    check_scale("318 4\n1 5.5\n", open,
                "seen.txt:2: movie 1 is rated 5.5; ratings of this release "
                "go from 0 to below 5.5");
    check_scale("318 4\n1 -0.5\n", open, "seen.txt:2: movie 1 is rated");
    check_scale("318 4\n1 100\n", open, "seen.txt:2: movie 1 is rated");
    check_scale("318 4\n1\n", open, "seen.txt:2: movie 1 has no rating");
    check_scale("318 5\n1\n2 1\n", closed, NULL);
    check_scale("318 5\n1 5.5\n", closed,
                "seen.txt:2: movie 1 is rated 5.5; ratings of this release "
                "go from 1 to 5");
    check_scale("318 5\n1 0.5\n", closed, "seen.txt:2: movie 1 is rated");
    check_scale("318\n1 1\n", binary, NULL);
    check_scale("318\n1 4\n", binary, "of this release are all 1: leave them out");
}

static void test_files(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "seen.txt", NULL);
    g_autoptr(History) none = history_read(path, &error);
    CU_ASSERT_PTR_NULL(none);
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, path);
    fixture_put(directory, "seen.txt", "318 5\nx y z\n", -1);
    g_autoptr(History) bad = history_read(path, &error);
    CU_ASSERT_PTR_NULL(bad);
    g_autofree char *where = g_strdup_printf("%s:2: ", path);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, where);
    fixture_put(directory, "seen.txt", "318 5\n", -1);
    g_autoptr(History) good = history_read(path, &error);
    CU_ASSERT(good != NULL && good->ratings->len == 1);
}

static const UnitTest tests[] = {
    {"separators", test_separators},
    {"what is left out", test_what_is_left_out},
    {"names of movies", test_names_of_movies},
    {"lines that are none", test_lines_that_are_none},
    {"movies alone", test_movies_alone},
    {"a comma for a point", test_decimal_comma},
    {"movies that are none", test_movies_that_are_none},
    {"a movie twice", test_repeated_movie},
    {"other names of movies", test_other_names},
    {"nothing", test_nothing},
    {"too many", test_too_many},
    {"ratings beyond the scale", test_scale},
    {"files", test_files},
    {NULL, NULL},
};

TAP_MAIN("history", tests)
