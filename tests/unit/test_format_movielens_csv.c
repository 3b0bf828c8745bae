#include <string.h>

#include "datasets.h"
#include "tap.h"

#define MOVIES                                                                                     \
    "movieId,title,genres\n"                                                                       \
    "12,\"Kite, The (2001) \",Drama|War\n"                                                         \
    "5,\"Say \"\"No\"\" (1999)\",(no genres listed)\n"                                             \
    "3,Caf\303\251,Comedy\n"                                                                       \
    "8,Never Rated (1990),Drama\n"
#define RATINGS                                                                                    \
    "userId,movieId,rating,timestamp\n"                                                            \
    "1,12,4.5,1500000000\n"                                                                        \
    "1,5,0.5,1500000001\n"                                                                         \
    "900,3,5.0,1500000002\n"                                                                       \
    "20,12,3,1500000003\n"

static const char expected[] = "user 1\nuser 20\nuser 900\n"
                               "movie 3 [Caf\303\251|Comedy|0] × 1\n"
                               "movie 5 [Say \"No\" (1999)||1999] × 1\n"
                               "movie 12 [Kite, The (2001)|Drama,War|2001] × 2\n"
                               "0 5: 4.5\n"
                               "0 4: 0.5\n"
                               "2 3: 5\n"
                               "1 5: 3\n";

static void check(const char *movies, const char *ratings)
{
    const char *const files[] = {"movies.csv", movies, "ratings.csv", ratings, NULL};
    g_autofree char *directory = datasets_directory(files);
    datasets_check(directory, expected);
}

static char *with_crlf(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return g_strjoinv("\r\n", lines);
}

static void test_features_and_rows(void)
{
    g_autofree char *movies = with_crlf(MOVIES), *ratings = with_crlf(RATINGS);
    check(MOVIES, RATINGS);
    check(movies, ratings);
    check("\357\273\277" MOVIES, "\357\273\277" RATINGS);
}

static const struct {
    const char *movies, *ratings, *message;
} wrong[] = {
    {"12,Kite,Drama\n", RATINGS,
     "%s/movies.csv:1: expected the header movieId,title,genres, found \"12,Kite,Drama\""},
    {MOVIES, "1,12,4.5,15\n",
     "%s/ratings.csv:1: expected the header userId,movieId,rating,timestamp, found "
     "\"1,12,4.5,15\""},
    {MOVIES, "userId,movieId,rating\n1,12,4\n",
     "%s/ratings.csv:1: expected the header userId,movieId,rating,timestamp"},
    {MOVIES, "userId,movieId,rating,timestamp\n", "%s/ratings.csv has a header but no ratings"},
    {MOVIES "9,Kite, The,Drama\n", RATINGS,
     "%s/movies.csv:6: expected 3 fields (movieId,title,genres), found at least 4"},
    {MOVIES "9,Kite\n", RATINGS, "%s/movies.csv:6: expected 3 fields"},
    {MOVIES "x,Kite,Drama\n", RATINGS,
     "%s/movies.csv:6: expected movieId,title,genres with a numeric id and a title, found "
     "\"x,Kite,Drama\""},
    {MOVIES "9,,Drama\n", RATINGS, "%s/movies.csv:6: expected movieId,title,genres with"},
    {MOVIES "9,\"a\nb\",Drama\n", RATINGS, "%s/movies.csv:6: expected movieId,title,genres"},
    {MOVIES "3,Kite,Drama\n", RATINGS,
     "%s/movies.csv:6: id 3 is there for the second time, first in line 4"},
    {MOVIES "9,\"Kite,Drama\n", RATINGS,
     "%s/movies.csv:6: expected a closing quote before the end of the file"},
    {MOVIES "movieId,title,genres\n", RATINGS,
     "%s/movies.csv:6: the header is there for the second time"},
    {MOVIES, RATINGS "userId,movieId,rating,timestamp\n",
     "%s/ratings.csv:6: the header is there for the second time"},
    {MOVIES, RATINGS "1,3,4.2,15\n",
     "%s/ratings.csv:6: expected userId,movieId,rating,timestamp with a rating of 0.5 to 5 in "
     "half steps, found \"1,3,4.2,15\""},
    {MOVIES, RATINGS "1,3,0,15\n", "%s/ratings.csv:6: expected userId,movieId,rating"},
    {MOVIES, RATINGS "1,3,5.5,15\n", "%s/ratings.csv:6: expected userId,movieId,rating"},
    {MOVIES, RATINGS "1,3,-1,15\n", "%s/ratings.csv:6: expected userId,movieId,rating"},
    {MOVIES, RATINGS "1,3,nan,15\n", "%s/ratings.csv:6: expected userId,movieId,rating"},
    {MOVIES, RATINGS "1,3,,15\n", "%s/ratings.csv:6: expected userId,movieId,rating"},
    {MOVIES, RATINGS "-1,3,4,15\n", "%s/ratings.csv:6: expected userId,movieId,rating"},
    {MOVIES, RATINGS "1,3,4,x\n", "%s/ratings.csv:6: expected userId,movieId,rating"},
    {MOVIES, RATINGS "1,3,4\n",
     "%s/ratings.csv:6: expected 4 fields (userId,movieId,rating,timestamp), found 3"},
    {MOVIES, RATINGS "\n", "%s/ratings.csv:6: expected 4 fields"},
    {MOVIES, RATINGS "1,77,4,15\n",
     "%s/ratings.csv:6: movie 77 is not in movies.csv: was that file cut?"},
    {MOVIES, RATINGS "1,12,2,15\n",
     "%s/ratings.csv:6: user 1 has rated movie 12 already, in line 2"},
    {"", RATINGS, "%s/movies.csv is empty"},
    {MOVIES, "", "%s/ratings.csv is empty"},
    {MOVIES, RATINGS "1,3,4,15", "%s/ratings.csv does not end with a line end"},
    {MOVIES "9,Kite,", RATINGS, "%s/movies.csv does not end with a line end"},
};

static void test_wrong(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        const char *const files[] = {"movies.csv", wrong[i].movies, "ratings.csv", wrong[i].ratings,
                                     NULL};
        datasets_check_wrong(files, NULL, wrong[i].message);
    }
}

static const UnitTest tests[] = {
    {"features and rows", test_features_and_rows},
    {"wrong files", test_wrong},
    {NULL, NULL},
};

TAP_MAIN("format_movielens_csv", tests)
