#include <stdio.h>
#include <string.h>

#include "datasets.h"
#include "tap.h"

#define USERS                                                                                      \
    "7|17|F|writer|11111\n"                                                                        \
    "2|55|M|other|V3N4P\n"                                                                         \
    "10|56|M|artist|33333\n"                                                                       \
    "3|30|F|none|44444\n"
#define NO_FLAGS "0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0"
#define DRAMA_WAR "0|0|0|0|0|0|0|0|1|0|0|0|0|0|0|0|0|1|0"
#define ITEMS                                                                                      \
    "11|Caf\351 Blue (1994)|01-Jan-1994||http://example.org/|" DRAMA_WAR "\n"                      \
    "4|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n"                                         \
    "30|Never Rated (1990)|01-Jan-1990||x|" NO_FLAGS "\n"
#define RATINGS                                                                                    \
    "2\t11\t5\t880000000\n"                                                                        \
    "7\t11\t3\t880000001\n"                                                                        \
    "10\t4\t1\t880000002\n"                                                                        \
    "2\t4\t4\t880000003\n"

static const char one_item[] = "2|A||||" NO_FLAGS "\n";

static const char expected[] = "user 2\nuser 7\nuser 10\n"
                               "movie 4 [unknown||0] × 2\n"
                               "movie 11 [Caf\303\251 Blue (1994)|Drama,War|1994] × 2\n"
                               "age 1\nage 50\nage 56\n"
                               "gender F\ngender M\n"
                               "occupation artist\noccupation other\noccupation writer\n"
                               "0 4 6 9 11: 5\n"
                               "1 4 5 8 12: 3\n"
                               "2 3 7 9 10: 1\n"
                               "0 3 6 9 11: 4\n";

static void test_features_and_rows(void)
{
    const char *const files[] = {"u.user", USERS, "u.item", ITEMS, "u.data", RATINGS, NULL};
    g_autofree char *directory = datasets_directory(files);
    datasets_check(directory, expected);
}

static char *with_crlf(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return g_strjoinv("\r\n", lines);
}

static void test_crlf(void)
{
    g_autofree char *users = with_crlf(USERS), *items = with_crlf(ITEMS),
                    *ratings = with_crlf(RATINGS);
    const char *const files[] = {"u.user", users, "u.item", items, "u.data", ratings, NULL};
    g_autofree char *directory = datasets_directory(files);
    datasets_check(directory, expected);
}

/* The brackets of MovieLens 1M. */
static void test_ages(void)
{
    const struct {
        guint years, code;
    } cases[] = {{0, 1},   {1, 1},   {17, 1},  {18, 18}, {24, 18}, {25, 25}, {34, 25}, {35, 35},
                 {44, 35}, {45, 45}, {49, 45}, {50, 50}, {55, 50}, {56, 56}, {99, 56}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *users = g_strdup_printf("1|%u|F|none|0\n", cases[i].years);
        g_autofree char *described = g_strdup_printf("user 1\nmovie 2 [A||0] × 1\nage %u\n"
                                                     "gender F\noccupation none\n0 1 2 3 4: 5\n",
                                                     cases[i].code);
        const char *const files[] = {"u.user", users,          "u.item", one_item,
                                     "u.data", "1\t2\t5\t0\n", NULL};
        g_autofree char *directory = datasets_directory(files);
        datasets_check(directory, described);
    }
}

/* The 19 genres, each from its flag; the first is none. */
static void test_genres(void)
{
    static const char *const genres[] = {"",           "Action",  "Adventure", "Animation",
                                         "Children's", "Comedy",  "Crime",     "Documentary",
                                         "Drama",      "Fantasy", "Film-Noir", "Horror",
                                         "Musical",    "Mystery", "Romance",   "Sci-Fi",
                                         "Thriller",   "War",     "Western"};
    for (guint i = 0; i < 19; i++) {
        g_autofree char *flags = g_strdup(NO_FLAGS);
        flags[2 * i] = '1';
        g_autofree char *items = g_strdup_printf("2|A||||%s\n", flags);
        g_autofree char *described = g_strdup_printf("user 1\nmovie 2 [A|%s|0] × 1\nage 18\n"
                                                     "gender F\noccupation none\n0 1 2 3 4: 5\n",
                                                     genres[i]);
        const char *const files[] = {"u.user", "1|20|F|none|0\n", "u.item", items,
                                     "u.data", "1\t2\t5\t0\n",    NULL};
        g_autofree char *directory = datasets_directory(files);
        datasets_check(directory, described);
    }
}

static void test_wrong(void)
{
    const struct {
        const char *users, *items, *ratings, *message;
    } cases[] = {
        {USERS "8|30|F|none\n", ITEMS, RATINGS,
         "%s/u.user:5: expected id|age|gender|occupation|zip code with gender M or F, found "
         "\"8|30|F|none\""},
        {USERS "8|old|F|none|1\n", ITEMS, RATINGS, "%s/u.user:5: expected id|age"},
        {USERS "8|30|f|none|1\n", ITEMS, RATINGS, "%s/u.user:5: expected id|age"},
        {USERS "x|30|F|none|1\n", ITEMS, RATINGS, "%s/u.user:5: expected id|age"},
        {USERS "8|30|F||1\n", ITEMS, RATINGS, "%s/u.user:5: there is no occupation"},
        {USERS "8|30|F|a\033|1\n", ITEMS, RATINGS,
         "%s/u.user:5: occupation \"a\\033\" is not UTF-8 or has a control character"},
        {USERS "2|30|F|none|1\n", ITEMS, RATINGS,
         "%s/u.user:5: id 2 is there for the second time, first in line 2"},
        {USERS, ITEMS "5|A||||0|0\n", RATINGS, "%s/u.item:4: expected id|title|"},
        {USERS, ITEMS "5|A||||" NO_FLAGS "|0\n", RATINGS, "%s/u.item:4: expected id|title|"},
        {USERS, ITEMS "5|A||||2" NO_FLAGS "\n", RATINGS, "%s/u.item:4: expected id|title|"},
        {USERS, ITEMS "5|||||" NO_FLAGS "\n", RATINGS, "%s/u.item:4: expected id|title|"},
        {USERS, ITEMS "4|A||||" NO_FLAGS "\n", RATINGS,
         "%s/u.item:4: id 4 is there for the second time, first in line 2"},
        {USERS, ITEMS, RATINGS "2 11 5 88\n",
         "%s/u.data:5: expected user, item, rating and timestamp with tabs between and a rating of "
         "1 to 5, found \"2 11 5 88\""},
        {USERS, ITEMS, RATINGS "3\t11\t6\t88\n", "%s/u.data:5: expected user, item, rating"},
        {USERS, ITEMS, RATINGS "3\t11\t0\t88\n", "%s/u.data:5: expected user, item, rating"},
        {USERS, ITEMS, RATINGS "3\t11\t5\n", "%s/u.data:5: expected user, item, rating"},
        {USERS, ITEMS, RATINGS "3\t11\t5\t1\t1\n", "%s/u.data:5: expected user, item, rating"},
        {USERS, ITEMS, RATINGS "99\t11\t5\t1\n",
         "%s/u.data:5: user 99 is not in u.user: was that file cut?"},
        {USERS, ITEMS, RATINGS "3\t99\t5\t1\n",
         "%s/u.data:5: movie 99 is not in u.item: was that file cut?"},
        {USERS, ITEMS, RATINGS "7\t11\t4\t1\n",
         "%s/u.data:5: user 7 has rated movie 11 already, in line 2"},
        {"", ITEMS, RATINGS, "%s/u.user is empty"},
        {USERS, "", RATINGS, "%s/u.item is empty"},
        {USERS, ITEMS, "", "%s/u.data is empty"},
        {USERS, ITEMS, RATINGS "3\t11\t5\t1", "%s/u.data does not end with a line end"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const files[] = {"u.user", cases[i].users,   "u.item", cases[i].items,
                                     "u.data", cases[i].ratings, NULL};
        datasets_check_wrong(files, NULL, cases[i].message);
    }
}

static const UnitTest tests[] = {
    {"features and rows", test_features_and_rows},
    {"CRLF", test_crlf},
    {"ages", test_ages},
    {"genres", test_genres},
    {"wrong files", test_wrong},
    {NULL, NULL},
};

TAP_MAIN("format_ml100k", tests)
