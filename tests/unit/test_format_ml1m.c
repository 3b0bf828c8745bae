#include "dataset_read.h"

#include <glib/gstdio.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

/* User 3 and movie 8 are not rated; ids are not in order and not without gaps; age 56 and
 * occupation 7 are only user 3's. */
#define USERS                                                                                      \
    "20::F::18::4::11111\n"                                                                        \
    "3::M::56::7::22222\n"                                                                         \
    "1::M::35::20::33333-44\n"                                                                     \
    "100::M::18::3::55555\n"
#define MOVIES                                                                                     \
    "9::Green Lamp, The (1975)::Drama\n"                                                           \
    "8::Nobody Saw It (1980)::Comedy\n"                                                            \
    "70::Plain Title::Comedy|Sci-Fi|Children's\n"                                                  \
    "2::(500) Nights (19999)::War\n"
#define RATINGS                                                                                    \
    "20::9::5::978300000\n"                                                                        \
    "1::70::1::978300001\n"                                                                        \
    "100::2::3::978300002\n"                                                                       \
    "1::9::4::978300003\n"

/* users 1 20 100, movies 2 9 70, ages 18 35, genders F M, occupations 3 4 20 */
static const struct {
    const char *type, *value;
} expected_features[] = {
    {"user", "1"},        {"user", "20"},  {"user", "100"},     {"movie", "2"},
    {"movie", "9"},       {"movie", "70"}, {"age", "18"},       {"age", "35"},
    {"gender", "F"},      {"gender", "M"}, {"occupation", "3"}, {"occupation", "4"},
    {"occupation", "20"},
};

static const struct {
    guint32 features[5];
    float rating;
} expected_rows[] = {
    {{1, 4, 6, 8, 11}, 5},
    {{0, 5, 7, 9, 12}, 1},
    {{2, 3, 6, 9, 10}, 3},
    {{0, 4, 7, 9, 12}, 4},
};

static char *data_set(const char *users, const char *movies, const char *ratings)
{
    char *directory = tap_directory();
    if (users != NULL)
        fixture_put(directory, "users.dat", users, -1);
    if (movies != NULL)
        fixture_put(directory, "movies.dat", movies, -1);
    if (ratings != NULL)
        fixture_put(directory, "ratings.dat", ratings, -1);
    return directory;
}

static Dataset *read_well(const char *users, const char *movies, const char *ratings)
{
    g_autofree char *directory = data_set(users, movies, ratings);
    g_autoptr(GError) error = NULL;
    Dataset *dataset = dataset_read(directory, &error);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    CU_ASSERT_PTR_NULL(error);
    if (error != NULL)
        printf("# %s\n", error->message);
    return dataset;
}

static void check_expected(const Dataset *dataset)
{
    if (dataset == NULL)
        return;
    CU_ASSERT_EQUAL(feature_table_size(dataset->table), G_N_ELEMENTS(expected_features));
    for (guint i = 0; i < G_N_ELEMENTS(expected_features); i++) {
        if (i >= feature_table_size(dataset->table))
            break;
        const Feature *feature = feature_table_get(dataset->table, i);
        CU_ASSERT_STRING_EQUAL(feature->type, expected_features[i].type);
        CU_ASSERT_STRING_EQUAL(feature->value, expected_features[i].value);
    }
    CU_ASSERT_EQUAL(dataset->fields, 5);
    CU_ASSERT_EQUAL(dataset->rows, G_N_ELEMENTS(expected_rows));
    for (guint i = 0; i < MIN(dataset->rows, G_N_ELEMENTS(expected_rows)); i++) {
        CU_ASSERT_EQUAL(memcmp(dataset->features + 5 * i, expected_rows[i].features,
                               sizeof expected_rows[i].features),
                        0);
        CU_ASSERT_EQUAL(dataset->ratings[i], expected_rows[i].rating);
    }
}

static void test_features_and_rows(void)
{
    g_autoptr(Dataset) dataset = read_well(USERS, MOVIES, RATINGS);
    check_expected(dataset);
}

static void test_movies(void)
{
    g_autoptr(Dataset) dataset = read_well(USERS, MOVIES, RATINGS);
    if (dataset == NULL)
        return;
    const Feature *nights = feature_table_get(dataset->table, 3);
    const Feature *lamp = feature_table_get(dataset->table, 4);
    const Feature *plain = feature_table_get(dataset->table, 5);
    CU_ASSERT_STRING_EQUAL(lamp->title, "Green Lamp, The (1975)");
    CU_ASSERT_EQUAL(lamp->year, 1975);
    CU_ASSERT_EQUAL(lamp->ratings, 2);
    CU_ASSERT_EQUAL(plain->year, 0);
    CU_ASSERT_EQUAL(plain->ratings, 1);
    CU_ASSERT_EQUAL(nights->year, 0); /* not four digits */
    CU_ASSERT_EQUAL(g_strv_length((char **)lamp->genres), 1);
    CU_ASSERT_EQUAL(g_strv_length((char **)plain->genres), 3);
    CU_ASSERT_STRING_EQUAL(plain->genres[1], "Sci-Fi");
    CU_ASSERT_STRING_EQUAL(plain->genres[2], "Children's");
    CU_ASSERT_PTR_NULL(feature_table_get(dataset->table, 0)->title);
}

static void test_years(void)
{
    const struct {
        const char *title;
        int year;
    } cases[] = {
        {"A (1999)", 1999}, {"A (1999) ", 0},          {"(2000)", 2000}, {"A 1999", 0},
        {"A (199x)", 0},    {"A (1990) (2001)", 2001}, {"A [1999)", 0},  {"1999)", 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *movies = g_strdup_printf("9::%s::Drama\n", cases[i].title);
        g_autoptr(Dataset) dataset = read_well("1::F::1::0::0\n", movies, "1::9::5::0\n");
        if (dataset == NULL)
            continue;
        const Feature *movie = feature_table_get(dataset->table, 1);
        CU_ASSERT_STRING_EQUAL(movie->title, cases[i].title);
        CU_ASSERT_EQUAL(movie->year, cases[i].year);
    }
}

static char *with_crlf(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return g_strjoinv("\r\n", lines);
}

static void test_crlf(void)
{
    g_autofree char *users = with_crlf(USERS), *movies = with_crlf(MOVIES),
                    *ratings = with_crlf(RATINGS);
    g_autoptr(Dataset) dataset = read_well(users, movies, ratings);
    check_expected(dataset);
    if (dataset != NULL)
        CU_ASSERT_STRING_EQUAL(feature_table_get(dataset->table, 4)->genres[0], "Drama");
}

static void test_encodings(void)
{
    const char *const movies[] = {"9::Caf\351 (1990)::Drama\n", "9::Caf\303\251 (1990)::Drama\n"};
    for (guint i = 0; i < G_N_ELEMENTS(movies); i++) {
        g_autoptr(Dataset) dataset = read_well("1::F::1::0::0\n", movies[i], "1::9::5::0\n");
        if (dataset != NULL)
            CU_ASSERT_STRING_EQUAL(feature_table_get(dataset->table, 1)->title,
                                   "Caf\303\251 (1990)");
    }
}

/* Ids are numbers: written with zeros in front they are the same. The largest is 2^32 − 1. */
static void test_ids_are_numbers(void)
{
    g_autoptr(Dataset) dataset =
        read_well("4294967295::F::1::0::0\n0::M::1::0::0\n", "0009::A::Drama\n",
                  "4294967295::9::5::0\n000::09::1::0\n");
    if (dataset == NULL)
        return;
    CU_ASSERT_STRING_EQUAL(feature_table_get(dataset->table, 0)->value, "0");
    CU_ASSERT_STRING_EQUAL(feature_table_get(dataset->table, 1)->value, "4294967295");
    CU_ASSERT_STRING_EQUAL(feature_table_get(dataset->table, 2)->value, "9");
    CU_ASSERT_EQUAL(dataset->features[0], 1);
    CU_ASSERT_EQUAL(dataset->features[5], 0);
}

static void test_source(void)
{
    g_autofree char *directory = data_set(USERS, MOVIES, RATINGS);
    g_autoptr(Dataset) dataset = dataset_read(directory, NULL);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    if (dataset != NULL)
        CU_ASSERT_STRING_EQUAL(dataset->source, directory);
}

/* ---- errors ---- */

static void test_missing_files(void)
{
    const char *const files[][3] = {
        {NULL, MOVIES, RATINGS}, {USERS, NULL, RATINGS}, {USERS, MOVIES, NULL}};
    const char *const names[] = {"/users.dat", "/movies.dat", "/ratings.dat"};
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *directory = data_set(files[i][0], files[i][1], files[i][2]);
        g_autofree char *path = g_strconcat(directory, names[i], NULL);
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(dataset_read(directory, &error));
        CU_ASSERT_EQUAL(recsys_error_exit_code(error), RECSYS_ERROR_DATA);
        TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, path);
    }
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(dataset_read("/nonexistent", &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "/nonexistent");
}

static void test_a_directory_for_a_file(void)
{
    g_autofree char *directory = data_set(NULL, MOVIES, RATINGS);
    g_autofree char *path = g_build_filename(directory, "users.dat", NULL);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_EQUAL(g_mkdir(path, 0755), 0);
    CU_ASSERT_PTR_NULL(dataset_read(directory, &error));
    CU_ASSERT(error != NULL && strstr(error->message, path) != NULL);
}

typedef struct {
    const char *users, *movies, *ratings;
    const char *message;
} Wrong;

static void check_wrong(const Wrong *cases, guint count)
{
    for (guint i = 0; i < count; i++) {
        g_autofree char *directory = data_set(cases[i].users, cases[i].movies, cases[i].ratings);
        g_autofree char *message = g_strconcat(directory, "/", cases[i].message, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Dataset) dataset = dataset_read(directory, &error);
        CU_ASSERT_PTR_NULL(dataset);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
    }
}

static void test_empty_files(void)
{
    const Wrong cases[] = {
        {"", MOVIES, RATINGS, "users.dat is empty"},
        {USERS, "", RATINGS, "movies.dat is empty"},
        {USERS, MOVIES, "", "ratings.dat is empty"},
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

static void test_cut_files(void)
{
    const Wrong cases[] = {
        {"1::F::1::0::0", MOVIES, RATINGS, "users.dat does not end with a line end"},
        {USERS, MOVIES "11::X::Y", RATINGS, "movies.dat does not end with a line end"},
        {USERS, MOVIES, RATINGS "1::9::4::9783", "ratings.dat does not end with a line end"},
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

static void test_wrong_users(void)
{
    const Wrong cases[] = {
        {USERS "9::M::1::0\n", MOVIES, RATINGS, "users.dat:5: expected UserID::"},
        {USERS "9::M::1::0::1::2\n", MOVIES, RATINGS, "users.dat:5: "},
        {"\n" USERS, MOVIES, RATINGS, "users.dat:1: "},
        {USERS "\n", MOVIES, RATINGS, "users.dat:5: "},
        {"x::M::1::0::1\n", MOVIES, RATINGS, "users.dat:1: "},
        {"-1::M::1::0::1\n", MOVIES, RATINGS, "users.dat:1: "},
        {"::M::1::0::1\n", MOVIES, RATINGS, "users.dat:1: "},
        {"4294967296::M::1::0::1\n", MOVIES, RATINGS, "users.dat:1: "},
        {"99999999999::M::1::0::1\n", MOVIES, RATINGS, "users.dat:1: "},
        {"18446744073709551617::M::1::0::1\n", MOVIES, RATINGS, "users.dat:1: "},
        {USERS "9::X::1::0::1\n", MOVIES, RATINGS, "users.dat:5: "},
        {USERS "9::m::1::0::1\n", MOVIES, RATINGS, "users.dat:5: "},
        {USERS "9::::1::0::1\n", MOVIES, RATINGS, "users.dat:5: "},
        {USERS "9::MF::1::0::1\n", MOVIES, RATINGS, "users.dat:5: "},
        {USERS "9::M::old::0::1\n", MOVIES, RATINGS, "users.dat:5: "},
        {USERS "9::M::1:: 3::1\n", MOVIES, RATINGS, "users.dat:5: "},
        {USERS "9::M::1.5::3::1\n", MOVIES, RATINGS, "users.dat:5: "},
        {USERS "3::M::1::3::1\n", MOVIES, RATINGS,
         "users.dat:5: id 3 is there for the second time, first in line 2"},
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

static void test_wrong_movies(void)
{
    const Wrong cases[] = {
        {USERS, MOVIES "11::Title\n", RATINGS, "movies.dat:5: expected MovieID::Title::Genre"},
        {USERS, MOVIES "11::One::Two::Drama\n", RATINGS, "movies.dat:5: "},
        {USERS, MOVIES "11::::Drama\n", RATINGS, "movies.dat:5: "},
        {USERS, MOVIES "tt11::One::Drama\n", RATINGS, "movies.dat:5: "},
        {USERS, MOVIES "9::One::Drama\n", RATINGS,
         "movies.dat:5: id 9 is there for the second time, first in line 1"},
        {USERS, MOVIES "09::One::Drama\n", RATINGS, "movies.dat:5: id 9 is there"},
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

static void test_wrong_ratings(void)
{
    const Wrong cases[] = {
        {USERS, MOVIES, RATINGS "1::9::5\n", "ratings.dat:5: expected UserID::MovieID::Rating::"},
        {USERS, MOVIES, RATINGS "1::9::5::1::1\n", "ratings.dat:5: "},
        {USERS, MOVIES, RATINGS "1::9::0::1\n", "ratings.dat:5: "},
        {USERS, MOVIES, RATINGS "1::9::6::1\n", "ratings.dat:5: "},
        {USERS, MOVIES, RATINGS "1::9::4.5::1\n", "ratings.dat:5: "},
        {USERS, MOVIES, RATINGS "1::9::five::1\n", "ratings.dat:5: "},
        {USERS, MOVIES, RATINGS "1::9::::1\n", "ratings.dat:5: "},
        {USERS, MOVIES, RATINGS "1::9::5::yesterday\n", "ratings.dat:5: "},
        {USERS, MOVIES, RATINGS "1,9,5,1\n", "ratings.dat:5: "},
        {USERS, MOVIES, RATINGS "4::9::5::1\n", "ratings.dat:5: user 4 is not in users.dat"},
        {USERS, MOVIES, RATINGS "1::11::5::1\n", "ratings.dat:5: movie 11 is not in movies.dat"},
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

/* What the message shows of a line is printable and short, whatever the line is. */
static void test_wrong_line_is_shown_safely(void)
{
    g_autofree char *users = g_strdup_printf("9::\033[2J\351%0500d\n", 0);
    g_autofree char *directory = data_set(users, MOVIES, RATINGS);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(dataset_read(directory, &error));
    if (error == NULL)
        return;
    CU_ASSERT(strlen(error->message) < strlen(directory) + 400);
    for (const char *at = error->message; *at != '\0'; at++)
        CU_ASSERT((guchar)*at >= 32 && (guchar)*at < 127);
}

/* A NUL is no gender and no digit, and ends no line. */
static void test_nul_bytes(void)
{
    const char *const users[] = {"1::\0::18::0::0\n", "1::F::1\0::0::0\n", "\0::F::18::0::0\n"};
    const gsize length = 15;
    for (guint i = 0; i < G_N_ELEMENTS(users); i++) {
        g_autofree char *directory = data_set(NULL, MOVIES, "1::9::5::0\n");
        fixture_put(directory, "users.dat", users[i], (gssize)length);
        g_autoptr(GError) error = NULL;
        g_autoptr(Dataset) dataset = dataset_read(directory, &error);
        CU_ASSERT_PTR_NULL(dataset);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "users.dat:1: ");
    }
}

/* Cut anywhere, a file is an error or, at a line end, whole lines; never a crash. */
static void test_cut_anywhere(void)
{
    for (gsize length = 0; length < strlen(RATINGS); length++) {
        g_autofree char *directory = data_set(USERS, MOVIES, NULL);
        fixture_put(directory, "ratings.dat", RATINGS, (gssize)length);
        g_autoptr(GError) error = NULL;
        g_autoptr(Dataset) dataset = dataset_read(directory, &error);
        gboolean whole = length > 0 && RATINGS[length - 1] == '\n';
        CU_ASSERT_EQUAL(dataset != NULL, whole);
        CU_ASSERT_EQUAL(error == NULL, whole);
    }
}

static const UnitTest tests[] = {
    {"features and rows", test_features_and_rows},
    {"movies", test_movies},
    {"years", test_years},
    {"CRLF", test_crlf},
    {"encodings", test_encodings},
    {"ids are numbers", test_ids_are_numbers},
    {"source", test_source},
    {"missing files", test_missing_files},
    {"a directory for a file", test_a_directory_for_a_file},
    {"empty files", test_empty_files},
    {"cut files", test_cut_files},
    {"wrong users", test_wrong_users},
    {"wrong movies", test_wrong_movies},
    {"wrong ratings", test_wrong_ratings},
    {"wrong line is shown safely", test_wrong_line_is_shown_safely},
    {"NUL bytes", test_nul_bytes},
    {"cut anywhere", test_cut_anywhere},
    {NULL, NULL},
};

TAP_MAIN("format_ml1m", tests)
