#include <stdio.h>
#include <string.h>

#include "dataset_read.h"
#include "datasets.h"
#include "fixtures.h"
#include "tap.h"

static char *write_csv(const char *text)
{
    const char *const files[] = {"own.csv", text, NULL};
    g_autofree char *directory = datasets_directory(files);
    return g_build_filename(directory, "own.csv", NULL);
}

static void check(const char *text, const char *expected)
{
    g_autofree char *path = write_csv(text);
    datasets_check(path, expected);
}

static double scale_of(const char *text)
{
    g_autofree char *path = write_csv(text);
    g_autoptr(Dataset) dataset = dataset_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    return dataset != NULL ? dataset->scale : 0;
}

/* ---- what is read ---- */

static void test_least(void)
{
    const char *expected = "user anna\nuser bo\n"
                           "movie 9 [9||0] × 1\nmovie 10 [10||0] × 1\nmovie x [x||0] × 1\n"
                           "1 3: 4\n0 2: 2.5\n1 4: 0\n";
    check("user,item,rating\nbo,10,4\nanna,9,2.5\nbo,x,0\n", expected);
    check("item,rating,user\n10,4,bo\n9,2.5,anna\nx,0,bo\n", expected);
    check("\357\273\277user,item,rating\r\nbo,10,4\r\nanna,9,2.5\r\nbo,x,0\r\n", expected);
    check("\"user\",\"item\",\"rating\"\n\"bo\",\"10\",\"4\"\nanna,9,2.5\nbo,x,0\n", expected);
    check("user,item,rating,timestamp\nbo,10,4,\nanna,9,2.5,never\nbo,x,0,1\n", expected);
}

static void test_other_names(void)
{
    const char *const headers[] = {"user,item,rating",        "userId,movieId,rating",
                                   "user_id,item_id,rating",  "user,movie,rating",
                                   "user_id,movie_id,rating", "userId,itemId,rating"};
    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *text = g_strconcat(headers[i], "\n1,2,3\n", NULL);
        check(text, "user 1\nmovie 2 [2||0] × 1\n0 1: 3\n");
    }
}

/* Types are in alphabetical order; a user's features may differ from row to row. */
static void test_user_features(void)
{
    check("user,zone,item,device,rating\n"
          "1,north,5,phone,3\n"
          "1,south,6,tv,4\n"
          "2,10,5,phone,5\n"
          "2,9,6,phone,1\n",
          "user 1\nuser 2\n"
          "movie 5 [5||0] × 2\nmovie 6 [6||0] × 2\n"
          "device phone\ndevice tv\n"
          "zone 9\nzone 10\nzone north\nzone south\n"
          "0 2 4 8: 3\n0 3 5 9: 4\n1 2 4 7: 5\n1 3 4 6: 1\n");
}

/* An empty cell says nothing: what is known of a movie may be in any of its rows. */
static void test_movie_facts(void)
{
    check("user,item,rating,title,genres,year\n"
          "1,a,1,,,\n"
          "2,a,2,\"One, \"\"Two\"\"\",Drama|War,\n"
          "3,a,3,,Drama|War,1990\n"
          "1,b,4,Three (1980),|Comedy||,\n"
          "1,c,5,Four (1980),,1970\n",
          "user 1\nuser 2\nuser 3\n"
          "movie a [One, \"Two\"|Drama,War|1990] × 3\n"
          "movie b [Three (1980)|Comedy|1980] × 1\n"
          "movie c [Four (1980)||1970] × 1\n"
          "0 3: 1\n1 3: 2\n2 3: 3\n0 4: 4\n0 5: 5\n");
}

/* Ids are text, sorted as numbers where they consist of digits. */
static void test_ids(void)
{
    check("user,item,rating\n"
          "J\303\274rgen M.,-1,1\n"
          "007,-1,2\n"
          "7,-1,3\n"
          "4294967296,-1,4\n"
          "\"a, \"\"b\"\"\",-1,5\n",
          "user 007\nuser 7\nuser 4294967296\nuser J\303\274rgen M.\nuser a, \"b\"\n"
          "movie -1 [-1||0] × 5\n"
          "3 5: 1\n0 5: 2\n1 5: 3\n2 5: 4\n4 5: 5\n");
}

static void test_scale(void)
{
    CU_ASSERT_EQUAL(scale_of("user,item,rating\n1,1,5\n1,2,3\n"), 5.5);
    CU_ASSERT_EQUAL(scale_of("user,item,rating\n1,1,0\n1,2,10\n"), 11.0);
    CU_ASSERT_EQUAL(scale_of("user,item,rating\n1,1,1\n1,2,0\n"), 1.1);
    CU_ASSERT_DOUBLE_EQUAL(scale_of("user,item,rating\n1,1,0.25\n"), 0.275, 1e-15);
    CU_ASSERT_EQUAL(scale_of("user,item,rating\n1,1,1e6\n"), 1.1e6);
}

/* A timestamp may hold anything, line ends too; later lines are still counted right. */
static void test_lines_within_quotes(void)
{
    check("user,timestamp,item,rating\n1,\"a\n\n\",2,3\n4,\"\n\",2,5\n",
          "user 1\nuser 4\nmovie 2 [2||0] × 2\n0 2: 3\n1 2: 5\n");
}

static void test_sixty_two_features(void)
{
    g_autoptr(GString) text = g_string_new("user,item,rating");
    for (guint i = 0; i < 62; i++)
        g_string_append_printf(text, ",f%02u", i);
    g_string_append(text, "\n1,2,3");
    for (guint i = 0; i < 62; i++)
        g_string_append_printf(text, ",v%u", i);
    g_string_append(text, "\n");
    g_autofree char *path = write_csv(text->str);
    g_autoptr(Dataset) dataset = dataset_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    if (dataset == NULL)
        return;
    CU_ASSERT_EQUAL(dataset->fields, 64);
    for (guint i = 0; i < 64; i++)
        CU_ASSERT_EQUAL(dataset->features[i], i);
}

/* ---- errors ---- */

typedef struct {
    const char *text, *message;
} Wrong;

static void check_wrong(const Wrong *cases, guint count)
{
    for (guint i = 0; i < count; i++) {
        const char *const files[] = {"own.csv", cases[i].text, NULL};
        datasets_check_wrong(files, "own.csv", cases[i].message);
    }
}

/* Rows that only say who chose what; a column of another name is a feature like any. */
static void test_without_ratings(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "own.csv", NULL);
    fixture_put(directory, "own.csv", "user,item,stars\n1,2,3\n1,4,5\n", -1);
    g_autoptr(Dataset) dataset = dataset_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    if (dataset == NULL)
        return;
    CU_ASSERT(dataset->without_ratings);
    CU_ASSERT_EQUAL(dataset->rows, 2);
    CU_ASSERT_EQUAL(dataset->ratings[0], 1);
    CU_ASSERT_EQUAL(dataset->ratings[1], 1);
    CU_ASSERT_EQUAL(dataset->fields, 3);
    fixture_put(directory, "own.csv", "user,item,rating\n1,2,3\n", -1);
    g_autoptr(Dataset) rated = dataset_read(path, NULL);
    CU_ASSERT(rated != NULL && !rated->without_ratings);
}

static void test_wrong_headers(void)
{
    const Wrong cases[] = {
        {"customer,item,rating\n1,2,3\n",
         "%s/own.csv:1: the header needs the columns user and item; there is no user in"},
        {"user,product,rating\n1,2,3\n",
         "%s/own.csv:1: the header needs the columns user and item; there is no item in"},
        {"user;item;rating\n1;2;3\n", "%s/own.csv:1: the header needs the columns user and item; "
                                      "there is no user in \"user;item;rating\""},
        {"user,userId,item,rating\n1,1,2,3\n",
         "%s/own.csv:1: the columns user and userId mean the same: keep one"},
        {"user,item,movieId,rating\n1,1,2,3\n",
         "%s/own.csv:1: the columns item and movieId mean the same: keep one"},
        {"user,item,rating,rating\n1,2,3,3\n", "%s/own.csv:1: there are two columns \"rating\""},
        {"user,item,rating,Age\n1,2,3,4\n",
         "%s/own.csv:1: column \"Age\": the name of a user feature may have only a-z, 0-9 and _"},
        {"user,item,rating,post code\n1,2,3,4\n", "%s/own.csv:1: column \"post code\": the name"},
        {"user,item,rating,\n1,2,3,\n",
         "%s/own.csv:1: expected a header with a name in UTF-8 for each column"},
        {"user,item,rating,\"age\n1,2,3,4\n",
         "%s/own.csv:1: expected a closing quote before the end of the file"},
        {",user,item,rating\n0,1,2,3\n", "%s/own.csv:1: expected a header with a name"},
        {"user,item,rating,ag\351\n1,2,3,4\n", "%s/own.csv:1: expected a header with a name"},
        {"user,item,rating\n", "%s/own.csv has a header but no ratings"},
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

#define HEADER "user,item,rating,age\n1,5,3,young\n"

static void test_wrong_rows(void)
{
    const Wrong cases[] = {
        {HEADER "2,5,3\n", "%s/own.csv:3: expected 4 fields (user,item,rating,age), found 3"},
        {HEADER "2,5,3,old,\n", "%s/own.csv:3: expected 4 fields (user,item,rating,age), found at "
                                "least 5"},
        {HEADER "\n", "%s/own.csv:3: expected 4 fields"},
        {HEADER ",5,3,old\n", "%s/own.csv:3: there is no user"},
        {HEADER "2,,3,old\n", "%s/own.csv:3: there is no movie"},
        {HEADER "2,5,3,\n", "%s/own.csv:3: there is no age"},
        {HEADER "2,5,3,\"\"\n", "%s/own.csv:3: there is no age"},
        {HEADER "2,5,,old\n", "%s/own.csv:3: expected a number as the rating, found \"2,5,,old\""},
        {HEADER "2,5,good,old\n", "%s/own.csv:3: expected a number as the rating"},
        {HEADER "2,5,3 ,old\n", "%s/own.csv:3: expected a number as the rating"},
        {HEADER "2,5,nan,old\n", "%s/own.csv:3: expected a number as the rating"},
        {HEADER "2,5,1e999,old\n", "%s/own.csv:3: expected a number as the rating"},
        {HEADER "2,5,\"3,5\",old\n", "%s/own.csv:3: expected a number as the rating"},
        {HEADER "2,5,-0.5,old\n", "%s/own.csv:3: a rating of -0.5: the model predicts from 0 up"},
        {HEADER "2,5,1000001,old\n", "%s/own.csv:3: a rating of 1e+06 is above 1e+06"},
        {HEADER "user,item,rating,age\n", "%s/own.csv:3: the header is there for the second time"},
        {HEADER "2,5,3,\"old\n", "%s/own.csv:3: expected a closing quote before the end of the "
                                 "file, found \"\\\"old\""},
        {HEADER "2,\"5\"6,3,old\n", "%s/own.csv:3: expected a comma or line end behind a closing "
                                    "quote"},
        {HEADER "2,5\",3,old\n", "%s/own.csv:3: expected quotes only around a whole field"},
        {HEADER "2,\"5\n6\",3,old\n",
         "%s/own.csv:3: movie \"5\\0126\" is not UTF-8 or has a control character"},
        {HEADER "J\374rgen,5,3,old\n",
         "%s/own.csv:3: user \"J\\374rgen\" is not UTF-8 or has a control character"},
        {HEADER "2,5,3,\033[2J\n",
         "%s/own.csv:3: age \"\\033[2J\" is not UTF-8 or has a control character"},
        {HEADER "2,5,3,old", "%s/own.csv does not end with a line end"},
        {HEADER "1,5,4,old\n", "%s/own.csv:3: user 1 has rated movie 5 already, in line 2"},
        {HEADER "2,5,3,young\n1,6,3,young\n2,5,3,old\n",
         "%s/own.csv:5: user 2 has rated movie 5 already, in line 3"},
        {"user,item,rating\n1,5,0\n2,5,0\n",
         "%s/own.csv: all ratings are 0, so there is nothing to learn"},
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

static void test_wrong_movie_facts(void)
{
    const char *const header = "user,item,rating,title,genres,year\n1,5,3,Kite,Drama,1990\n";
    const Wrong cases[] = {
        {"2,5,3,Other,Drama,1990\n",
         "%s/own.csv:3: item 5 has the title \"Other\" here and \"Kite\" before"},
        {"2,5,3,Kite,War,1990\n",
         "%s/own.csv:3: item 5 has the genres \"War\" here and \"Drama\" before"},
        {"2,5,3,Kite,Drama,1991\n",
         "%s/own.csv:3: item 5 has the year \"1991\" here and \"1990\" before"},
        {"2,6,3,Caf\351,Drama,1990\n",
         "%s/own.csv:3: the title \"Caf\\351\" is not UTF-8 or has a control character"},
        {"2,6,3,Kite,a\tb,1990\n",
         "%s/own.csv:3: the genres \"a\\011b\" is not UTF-8 or has a control character"},
        {"2,6,3,Kite,Drama,soon\n", "%s/own.csv:3: expected a year from 1 to 9999, found \"soon\""},
        {"2,6,3,Kite,Drama,0\n", "%s/own.csv:3: expected a year from 1 to 9999, found \"0\""},
        {"2,6,3,Kite,Drama,10000\n", "%s/own.csv:3: expected a year from 1 to 9999"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(header, cases[i].text, NULL);
        const Wrong one = {text, cases[i].message};
        check_wrong(&one, 1);
    }
}

/* What becomes the id of a document must be one id of one document. */
static void test_document_ids(void)
{
    g_autofree char *longest = g_strnfill(507, 'x'); /* "user_" and it: 512 bytes */
    g_autofree char *fits = g_strdup_printf("user,item,rating\n%s,2,3\n", longest);
    g_autofree char *too_long = g_strdup_printf("user,item,rating\n%sx,2,3\n", longest);
    g_autofree char *described = g_strdup_printf("user %s\nmovie 2 [2||0] × 1\n0 1: 3\n", longest);
    const Wrong cases[] = {
        {too_long, "%s/own.csv:2: user of 508 bytes: \"user_…\" would be longer than the 512 bytes "
                   "that the id of a document can have"},
        {"user,item,rating,age,age_group\n1,2,3,old,b\n2,3,4,group_b,c\n",
         "%s/own.csv: age \"group_b\" and age_group \"b\" would be the same document, age_group_b"},
        {"user,item,rating,user_kind\n1,2,3,b\nkind_b,3,4,c\n",
         "%s/own.csv: user \"kind_b\" and user_kind \"b\" would be the same document, user_kind_b"},
    };
    check(fits, described);
    check_wrong(cases, G_N_ELEMENTS(cases));
    check("user,item,rating,age,age_group\n1,2,3,group_b,c\n",
          "user 1\nmovie 2 [2||0] × 1\nage group_b\nage_group c\n0 1 2 3: 3\n");
}

static void test_too_many_features(void)
{
    g_autoptr(GString) text = g_string_new("user,item,rating");
    for (guint i = 0; i < 63; i++)
        g_string_append_printf(text, ",f%u", i);
    g_string_append(text, "\n");
    const Wrong cases[] = {
        {text->str, "%s/own.csv:1: 63 columns of user features; there can be 62"}};
    check_wrong(cases, 1);
}

/* Also behind lines within quotes, the line named is the right one. */
static void test_lines_of_repeated_pairs(void)
{
    const Wrong cases[] = {
        {"timestamp,user,item,rating\n"
         "0,1,1,1\n"
         "\"a\nb\",1,2,3\n"
         "0,1,3,1\n"
         "\"\n\n\n\",2,2,1\n"
         "0,1,2,3\n",
         "%s/own.csv:10: user 1 has rated movie 2 already, in line 3"},
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

static void test_nul_bytes(void)
{
    const char text[] = "user,item,rating\n1,2,3\n4\0004,2,3\n";
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "own.csv", NULL);
    g_autoptr(GError) error = NULL;
    fixture_put(directory, "own.csv", text, sizeof text - 1);
    g_autoptr(Dataset) dataset = dataset_read(path, &error);
    CU_ASSERT_PTR_NULL(dataset);
    CU_ASSERT(error != NULL && strstr(error->message, "own.csv:3: user \"4\\0004\" is not UTF-8"));
}

/* A long line is shown shortened, whatever is in it. */
static void test_wrong_line_is_shown_safely(void)
{
    g_autofree char *filler = g_strnfill(100000, '\033');
    g_autofree char *text = g_strdup_printf("user,item,rating\n1,%s,x\n", filler);
    g_autofree char *path = write_csv(text);
    g_autoptr(GError) error = NULL;
    g_autoptr(Dataset) dataset = dataset_read(path, &error);
    CU_ASSERT_PTR_NULL(dataset);
    if (error == NULL)
        return;
    CU_ASSERT(strlen(error->message) < strlen(path) + 500);
    for (const char *at = error->message; *at != '\0'; at++)
        CU_ASSERT((guchar)*at >= 32 && (guchar)*at < 127);
}

/* Cut or changed anywhere: an error or a data set, never a crash; run with sanitizers. */
static void test_damaged_anywhere(void)
{
    static const char text[] = "user,item,rating,title,age\n1,5,3.5,\"A \"\"b\"\"\n\",x\n"
                               "\"2\",5,1e0,\"\",y\n3,6,2,C (1990),\"z\"\n";
    static const char bytes[] = {'"', ',', '\n', '\r', '\0', '\377', '9', '-'};
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "own.csv", NULL);
    for (gsize i = 0; i < sizeof text - 1; i++)
        for (guint b = 0; b <= G_N_ELEMENTS(bytes); b++) {
            char damaged[sizeof text];
            memcpy(damaged, text, sizeof text);
            const gboolean is_cut = b == G_N_ELEMENTS(bytes);
            if (!is_cut)
                damaged[i] = bytes[b];
            fixture_put(directory, "own.csv", damaged,
                        is_cut ? (gssize)i : (gssize)sizeof text - 1);
            g_autoptr(GError) error = NULL;
            g_autoptr(Dataset) dataset = dataset_read(path, &error);
            CU_ASSERT_NOT_EQUAL(dataset == NULL, error == NULL);
            CU_ASSERT(error == NULL || strstr(error->message, path) != NULL);
        }
}

/* -0 is the rating 0: two zeros would be two ratings to whoever counts them by their bits. */
static void test_negative_zero(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "own.csv", NULL);
    fixture_put(directory, "own.csv", "user,item,rating\n1,2,-0\n1,3,0\n2,2,4\n", -1);
    g_autoptr(Dataset) dataset = dataset_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    if (dataset == NULL)
        return;
    const float zero = 0;
    CU_ASSERT_EQUAL(memcmp(&dataset->ratings[0], &zero, sizeof zero), 0);
    CU_ASSERT_EQUAL(memcmp(&dataset->ratings[1], &zero, sizeof zero), 0);
}

static const UnitTest tests[] = {
    {"negative zero", test_negative_zero},
    {"without ratings", test_without_ratings},
    {"the least there can be", test_least},
    {"other names of columns", test_other_names},
    {"user features", test_user_features},
    {"movie facts", test_movie_facts},
    {"ids", test_ids},
    {"scale", test_scale},
    {"lines within quotes", test_lines_within_quotes},
    {"sixty-two user features", test_sixty_two_features},
    {"wrong headers", test_wrong_headers},
    {"wrong rows", test_wrong_rows},
    {"wrong movie facts", test_wrong_movie_facts},
    {"document ids", test_document_ids},
    {"too many features", test_too_many_features},
    {"lines of repeated pairs", test_lines_of_repeated_pairs},
    {"NUL bytes", test_nul_bytes},
    {"wrong line is shown safely", test_wrong_line_is_shown_safely},
    {"damaged anywhere", test_damaged_anywhere},
    {NULL, NULL},
};

TAP_MAIN("format_csv", tests)
