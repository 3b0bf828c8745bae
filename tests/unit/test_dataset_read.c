#include "dataset_read.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "datasets.h"
#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"
#include "train.h"

/* One small data set in each format: users 1, 2; movies 5, 6. */
static const char *const ml1m[] = {
    "users.dat",   "1::F::18::3::0\n2::M::56::0::0\n3::M::1::1::0\n",
    "movies.dat",  "5::A (1990)::Drama\n6::B::War\n7::C::War\n",
    "ratings.dat", "1::5::5::0\n1::6::3::0\n2::6::1::0\n",
    NULL,
};
#define NO_FLAGS "0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0"
static const char *const ml100k[] = {
    "u.user", "1|20|F|writer|0\n2|60|M|none|0\n",
    "u.item", "5|A (1990)||||" NO_FLAGS "\n6|B||||" NO_FLAGS "\n",
    "u.data", "1\t5\t5\t0\n1\t6\t3\t0\n2\t6\t1\t0\n",
    NULL,
};
static const char *const ml_csv[] = {
    "ratings.csv", "userId,movieId,rating,timestamp\n1,5,5,0\n1,6,3.5,0\n2,6,1,0\n",
    "movies.csv",  "movieId,title,genres\n5,A (1990),Drama\n6,B,War\n",
    NULL,
};
static const char *const own[] = {
    "own.csv", "user,item,rating,zone,age\n1,5,10,n,x\n1,6,3,s,x\n2,6,1,n,y\n", NULL};

static void check_format(const char *const *files, const char *name, const char *format,
                         guint fields, double scale)
{
    g_autofree char *directory = datasets_directory(files);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Dataset) dataset = dataset_read(path, &error);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    if (dataset == NULL)
        return;
    CU_ASSERT_STRING_EQUAL(dataset->format, format);
    CU_ASSERT_STRING_EQUAL(dataset->source, path);
    CU_ASSERT_EQUAL(dataset->fields, fields);
    CU_ASSERT_EQUAL(dataset->scale, scale);
    CU_ASSERT_EQUAL(dataset->rows, 3);
}

static void test_formats(void)
{
    check_format(ml1m, "", "MovieLens 1M", 5, 5.5);
    check_format(ml100k, "", "MovieLens 100k", 5, 5.5);
    check_format(ml_csv, "", "MovieLens CSV", 2, 5.5);
    check_format(own, "own.csv", "CSV", 4, 11.0);
    check_format(ml_csv, "ratings.csv", "CSV", 2, 5.5); /* without titles */
}

/* The same ratings, whatever the format, are the same rows. */
static void test_formats_agree(void)
{
    const char *const *const formats[] = {ml1m, ml100k};
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *directory = datasets_directory(formats[i]);
        g_autofree char *expected =
            g_strdup_printf("user 1\nuser 2\nmovie 5 [A (1990)|%s|1990] × 1\nmovie 6 [B|%s|0] × 2\n"
                            "age 18\nage 56\ngender F\ngender M\noccupation %s\noccupation %s\n"
                            "0 2 4 6 %s: 5\n0 3 4 6 %s: 3\n1 3 5 7 %s: 1\n",
                            i == 0 ? "Drama" : "", i == 0 ? "War" : "", i == 0 ? "0" : "none",
                            i == 0 ? "3" : "writer", "9", "9", "8");
        datasets_check(directory, expected);
    }
}

/* ---- what is not recognised ---- */

static void check_names_all_formats(const char *path)
{
    const char *const needs[] = {"a directory with users.dat, movies.dat and ratings.dat",
                                 "a directory with u.data, u.user and u.item",
                                 "a directory with ratings.csv and movies.csv",
                                 "a file with a header that names the columns user"};
    for (guint i = 0; i < G_N_ELEMENTS(needs); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Dataset) dataset = dataset_read(path, &error);
        CU_ASSERT_PTR_NULL(dataset);
        CU_ASSERT(error != NULL && g_str_has_prefix(error->message, path));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, needs[i]);
    }
}

static void test_unrecognised(void)
{
    const char *const files[] = {"README", "read me\n", "u.data", "1\t2\t3\t4\n", NULL};
    g_autofree char *directory = datasets_directory(files + 2);
    g_autofree char *empty = tap_directory();
    g_autofree char *data = g_build_filename(directory, "u.data", NULL);
    g_autofree char *other = datasets_directory((const char *const[]){"README", "read me\n", NULL});
    check_names_all_formats(empty);
    check_names_all_formats(other);
    check_names_all_formats(data);
}

static void test_nothing_there(void)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(dataset_read("/nonexistent/data", &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "/nonexistent/data");
    g_autofree char *directory = datasets_directory((const char *const[]){"own.csv", "", NULL});
    g_autofree char *path = g_build_filename(directory, "own.csv", NULL);
    CU_ASSERT_PTR_NULL(dataset_read(path, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "own.csv is empty");
}

/* With a file missing, the format that most of the files belong to is the one that is meant. */
static void test_missing_files(void)
{
    const struct {
        const char *const *files;
        const char *missing, *needs;
    } cases[] = {
        {ml1m, "users.dat", "(MovieLens 1M) needs users.dat, movies.dat and ratings.dat: "},
        {ml1m, "ratings.dat", "(MovieLens 1M) needs users.dat"},
        {ml100k, "u.user", "(MovieLens 100k) needs u.data, u.user and u.item: "},
        {ml100k, "u.item", "(MovieLens 100k) needs u.data"},
        {ml100k, "u.data", "(MovieLens 100k) needs u.data"},
        {ml_csv, "movies.csv", "(MovieLens CSV) needs ratings.csv and movies.csv: "},
        {ml_csv, "ratings.csv", "(MovieLens CSV) needs ratings.csv"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *directory = datasets_directory(cases[i].files);
        g_autofree char *path = g_build_filename(directory, cases[i].missing, NULL);
        CU_ASSERT_EQUAL(g_remove(path), 0);
        for (guint j = 0; j < 2; j++) {
            g_autoptr(GError) error = NULL;
            g_autoptr(Dataset) dataset = dataset_read(directory, &error);
            CU_ASSERT_PTR_NULL(dataset);
            TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                             j == 0 ? cases[i].needs : path);
        }
    }
}

static void test_two_formats(void)
{
    g_autofree char *directory = datasets_directory(ml1m);
    for (guint i = 0; ml_csv[i] != NULL; i += 2)
        fixture_put(directory, ml_csv[i], ml_csv[i + 1], -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(Dataset) dataset = dataset_read(directory, &error);
    CU_ASSERT_PTR_NULL(dataset);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                     "has both users.dat, movies.dat and ratings.dat (MovieLens 1M) and "
                     "ratings.csv and movies.csv (MovieLens CSV)");
}

/* A stray file of another format does not matter. */
static void test_stray_file(void)
{
    g_autofree char *directory = datasets_directory(ml_csv);
    fixture_put(directory, "ratings.dat", "x\n", -1);
    fixture_put(directory, "movies.dat", "x\n", -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(Dataset) dataset = dataset_read(directory, &error);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    CU_ASSERT(dataset != NULL && strcmp(dataset->format, "MovieLens CSV") == 0);
}

/* ---- reading like ---- */

/* Reads `base`, then a file `ratings` with this text like it. */
static Dataset *read_like(const char *const *files, const char *name, const char *ratings,
                          const char *text, GError **error)
{
    g_autofree char *directory = datasets_directory(files);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autoptr(Dataset) base = dataset_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(base);
    if (base == NULL)
        return NULL;
    g_autofree char *other = tap_directory();
    g_autofree char *like = g_build_filename(other, ratings, NULL);
    fixture_put(other, ratings, text, -1);
    Dataset *dataset = dataset_read_like(like, base, error);
    CU_ASSERT(dataset == NULL || dataset->table == base->table);
    CU_ASSERT(dataset == NULL || dataset->scale == base->scale);
    CU_ASSERT(dataset == NULL || strcmp(dataset->source, like) == 0);
    return dataset;
}

static void test_like(void)
{
    const struct {
        const char *const *files;
        const char *name, *ratings, *text, *rows;
    } cases[] = {
        {ml1m, "", "test.dat", "2::5::4::0\n1::6::2::0\n", "\n1 2 5 7 8: 4\n0 3 4 6 9: 2\n"},
        {ml100k, "", "u1.test", "2\t5\t4\t0\n1\t6\t2\t0\n", "\n1 2 5 7 8: 4\n0 3 4 6 9: 2\n"},
        {ml_csv, "", "test.csv", "userId,movieId,rating,timestamp\n2,5,4.5,0\n1,6,2,0\n",
         "\n1 2: 4.5\n0 3: 2\n"},
        {own, "own.csv", "test.csv", "age,rating,user,item,zone\ny,7,1,5,s\nx,0,2,6,n\n",
         "\n0 2 5 7: 7\n1 3 4 6: 0\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Dataset) dataset =
            read_like(cases[i].files, cases[i].name, cases[i].ratings, cases[i].text, &error);
        CU_ASSERT_PTR_NOT_NULL(dataset);
        if (dataset == NULL) {
            printf("# %s\n", error != NULL ? error->message : "no error");
            continue;
        }
        g_autofree char *found = datasets_describe(dataset);
        CU_ASSERT(g_str_has_suffix(found, cases[i].rows));
        CU_ASSERT_EQUAL(dataset->rows, 2);
    }
}

/* A directory gives its ratings; reading a data set like itself gives its rows again. */
static void test_like_itself(void)
{
    const struct {
        const char *const *files;
        const char *name;
    } cases[] = {{ml1m, ""}, {ml100k, ""}, {ml_csv, ""}, {own, "own.csv"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *directory = datasets_directory(cases[i].files);
        g_autofree char *path = g_build_filename(directory, cases[i].name, NULL);
        g_autoptr(Dataset) base = dataset_read(path, NULL);
        g_autoptr(Dataset) like = base != NULL ? dataset_read_like(path, base, NULL) : NULL;
        CU_ASSERT_PTR_NOT_NULL(like);
        if (like == NULL)
            continue;
        g_autofree char *one = datasets_describe(base), *two = datasets_describe(like);
        CU_ASSERT_STRING_EQUAL(one, two);
    }
}

static void test_wrong_like(void)
{
#define ML_CSV_HEADER "userId,movieId,rating,timestamp\n"
    const struct {
        const char *const *files;
        const char *name, *ratings, *text, *message;
    } cases[] = {
        {ml1m, "", "t.dat", "1::7::5::0\n", "t.dat: none of its 1 ratings is of a user"},
        {own, "own.csv", "t.csv", "user,item,rating,zone,age\nx,5,1,n,x\n1,x,1,n,x\n",
         "t.csv: none of its 2 ratings is of a user"},
        {ml1m, "", "t.dat", "1\t5\t5\t0\n", "t.dat:1: expected UserID::MovieID::Rating::Timestamp"},
        {ml1m, "", "t.dat", "1::5::5::0\n1::5::4::0\n",
         "t.dat:2: user 1 has rated movie 5 already, in line 1"},
        {ml1m, "", "t.dat", "1::5::5::0", "t.dat does not end with a line end"},
        {ml_csv, "", "t.csv", ML_CSV_HEADER, "t.csv has a header but no ratings"},
        {ml_csv, "", "t.csv", "1,5,4,0\n", "t.csv:1: expected the header"},
        {own, "own.csv", "t.csv", "user,item,rating,zone\n1,5,1,n\n",
         "t.csv:1: there is no column age, but in the training data, /"},
        {own, "own.csv", "t.csv", "user,item,rating,zone,age,sex\n1,5,1,n,x,f\n",
         "t.csv:1: there is a column sex, but not in the training data, /"},
        {own, "own.csv", "t.csv", "user,item,rating,zone,age\n1,5,12,n,x\n",
         "t.csv:2: a rating of 12: with the training data, /"},
        {own, "own.csv", "t.csv", "user,item,rating,zone,age\n1,5,1,n,\n",
         "t.csv:2: there is no age"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Dataset) dataset =
            read_like(cases[i].files, cases[i].name, cases[i].ratings, cases[i].text, &error);
        CU_ASSERT_PTR_NULL(dataset);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, cases[i].message);
    }
}

/* Rows of what the base does not have are left out and counted; lines are counted on. */
static void test_unknown_like(void)
{
    const struct {
        const char *const *files;
        const char *name, *ratings, *text;
        guint users, others, rows;
    } cases[] = {
        {ml1m, "", "t.dat", "3::5::4::0\n1::5::5::0\n3::7::4::0\n1::7::2::0\n", 2, 1, 1},
        {ml100k, "", "u1.test", "9\t5\t4\t0\n1\t9\t4\t0\n1\t5\t4\t0\n", 1, 1, 1},
        {ml_csv, "", "t.csv", ML_CSV_HEADER "9,9,4,0\n1,9,4,0\n1,5,4,0\n", 1, 1, 1},
        {own, "own.csv", "t.csv",
         "user,item,rating,zone,age\nx,5,1,n,x\n1,x,1,n,x\n1,5,1,w,x\n1,5,1,n,x\n", 1, 2, 1},
        {ml1m, "", "t.dat", "1::5::5::0\n", 0, 0, 1},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Dataset) dataset =
            read_like(cases[i].files, cases[i].name, cases[i].ratings, cases[i].text, &error);
        CU_ASSERT_PTR_NOT_NULL(dataset);
        if (dataset == NULL) {
            printf("# case %u: %s\n", i, error != NULL ? error->message : "no error");
            continue;
        }
        CU_ASSERT_EQUAL(dataset->unknown[0], cases[i].users);
        CU_ASSERT_EQUAL(dataset->unknown[1], cases[i].others);
        CU_ASSERT_EQUAL(dataset->rows, cases[i].rows);
    }
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(read_like(ml1m, "", "t.dat", "3::5::4::0\n1::5::5::0\nx\n", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "t.dat:3: expected");
    g_clear_error(&error);
    const char *twice = "1::5::5::0\n3::5::4::0\n1::5::4::0\n";
    CU_ASSERT_PTR_NULL(read_like(ml1m, "", "t.dat", twice, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "t.dat:3: user 1 has rated movie 5");
}

/* ---- timestamps ---- */

static void check_times(const char *const *files, const char *name, const gint64 *expected,
                        guint count)
{
    g_autofree char *directory = datasets_directory(files);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Dataset) dataset = dataset_read(path, &error);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    if (dataset == NULL) {
        printf("# %s\n", error->message);
        return;
    }
    CU_ASSERT_EQUAL(dataset->times != NULL, expected != NULL);
    CU_ASSERT_EQUAL(dataset->rows, count);
    for (guint i = 0; i < count && expected != NULL && dataset->times != NULL; i++)
        CU_ASSERT_EQUAL(dataset->times[i], expected[i]);
}

static void test_times(void)
{
    const gint64 times[] = {978300760, 5}, wide[] = {-1700000000123, 1700000000123};
    const char *const one_m[] = {"users.dat",   "1::F::1::10::48067\n",
                                 "movies.dat",  "5::A (1990)::Drama\n6::B (1990)::Drama\n",
                                 "ratings.dat", "1::5::5::978300760\n1::6::4::5\n",
                                 NULL};
    static const char two_rows[] = ML_CSV_HEADER "1,5,5.0,978300760\n1,6,4.0,5\n";
    const char *const csv[] = {"ratings.csv", two_rows, "movies.csv",
                               "movieId,title,genres\n5,A,Drama\n6,B,Drama\n", NULL};
    const char *const own_times[] = {
        "a.csv", "user,item,rating,timestamp\n1,5,1,-1700000000123\n1,6,2,1700000000123\n", NULL};
    const char *const own_words[] = {
        "a.csv", "user,item,rating,timestamp\n1,5,1,17\n1,6,2,2024-01-01\n1,7,2,3\n", NULL};
    const char *const own_none[] = {"a.csv", "user,item,rating\n1,5,1\n1,6,2\n", NULL};
    check_times(one_m, "", times, 2);
    check_times(csv, "", times, 2);
    check_times(own_times, "a.csv", wide, 2);
    check_times(own_words, "a.csv", NULL, 3);
    check_times(own_none, "a.csv", NULL, 2);
}

static void test_like_what_is_not_there(void)
{
    g_autofree char *directory = datasets_directory(own);
    g_autofree char *path = g_build_filename(directory, "own.csv", NULL);
    g_autofree char *dat = datasets_directory(ml1m);
    g_autofree char *empty = tap_directory();
    g_autoptr(Dataset) base = dataset_read(path, NULL);
    g_autoptr(Dataset) base_1m = dataset_read(dat, NULL);
    g_autoptr(GError) error = NULL;
    if (base == NULL || base_1m == NULL) {
        CU_FAIL("no base");
        return;
    }
    CU_ASSERT_PTR_NULL(dataset_read_like(directory, base, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "is a directory, but the training");
    CU_ASSERT_PTR_NULL(dataset_read_like(empty, base_1m, &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "/ratings.dat");
    CU_ASSERT_PTR_NULL(dataset_read_like("/nonexistent", base_1m, &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "/nonexistent");
}

/* ---- the scale ---- */

static void ignore_batch(guint epoch, guint64 done, guint64 rows, double rmse, gpointer data)
{
    (void)epoch, (void)done, (void)rows, (void)rmse, (void)data;
}

static void ignore_epoch(const EpochFigures *figures, gpointer data)
{
    (void)figures, (void)data;
}

/* A model of ratings that are all 10 comes near to 10, where 5.5 is not its limit. */
static void test_training_has_the_scale(void)
{
    const char *const files[] = {"own.csv", "user,item,rating\n1,5,10\n1,6,10\n2,5,10\n2,6,10\n",
                                 NULL};
    g_autofree char *directory = datasets_directory(files);
    g_autofree char *path = g_build_filename(directory, "own.csv", NULL);
    g_autoptr(Dataset) dataset = dataset_read(path, NULL);
    if (dataset == NULL) {
        CU_FAIL("not read");
        return;
    }
    TrainOptions options = train_options_default();
    options.epochs = options.decay_epoch = 200;
    options.factors = 2;
    options.valid = 0;
    options.learning_rate = 0.1;
    options.threads = 1;
    const TrainRun run = {.observer = {ignore_batch, ignore_epoch, NULL}};
    g_autoptr(Training) training = training_new(dataset, &options);
    g_autoptr(FmModel) model = train(training, dataset, &run, NULL);
    g_autofree char *json = training_to_json(training);
    CU_ASSERT_PTR_NOT_NULL(model);
    CU_ASSERT_EQUAL(training->form.scale, 11.0);
    CU_ASSERT(training_kept_epoch(training).train_rmse < 0.5);
    CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"scale\": 11"));
}

static const UnitTest tests[] = {
    {"formats", test_formats},
    {"formats agree", test_formats_agree},
    {"unrecognised", test_unrecognised},
    {"nothing there", test_nothing_there},
    {"missing files", test_missing_files},
    {"two formats", test_two_formats},
    {"stray file", test_stray_file},
    {"like", test_like},
    {"like itself", test_like_itself},
    {"wrong like", test_wrong_like},
    {"unknown like", test_unknown_like},
    {"timestamps", test_times},
    {"like what is not there", test_like_what_is_not_there},
    {"training has the scale", test_training_has_the_scale},
    {NULL, NULL},
};

TAP_MAIN("dataset_read", tests)
