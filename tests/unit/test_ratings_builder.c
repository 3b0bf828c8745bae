#include "ratings_builder.h"

#include <stdio.h>
#include <string.h>

#include "datasets.h"
#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static const char *const no_types[] = {NULL};

/* A file that errors can name. */
static void open_file(TextFile *file)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "ratings", NULL);
    fixture_put(directory, "ratings", "\n", -1);
    CU_ASSERT(text_file_open(file, path, NULL));
    CU_ASSERT(text_file_next(file));
}

static void add(RatingsBuilder *b, guint32 user, guint32 movie, guint line)
{
    const guint u = ratings_builder_find_number(b, DATASET_USER, user);
    const guint m = ratings_builder_find_number(b, DATASET_MOVIE, movie);
    guint32 *row = ratings_builder_add(b, (float)(1 + b->rows % 5), line);
    row[DATASET_USER] = u;
    row[DATASET_MOVIE] = m;
}

/* Features come from what is rated: user 3, movie 8 and the zone w are not. */
static void test_numbering(void)
{
    const char *const types[] = {"zone", "size", NULL};
    const char *const zones[] = {"w", "n", "e"}, *const sizes[] = {"10", "9", "9"};
    const guint32 users[] = {3, 20, 1}, movies[] = {70, 8, 9};
    g_auto(TextFile) file = {0};
    g_autoptr(RatingsBuilder) b = ratings_builder_new(types, FALSE, NULL);
    open_file(&file);
    for (guint i = 0; i < 3; i++) {
        guint user, movie, zone, size;
        CU_ASSERT(ratings_builder_list(b, DATASET_USER, users[i], &file, 1, &user, NULL));
        CU_ASSERT(ratings_builder_list(b, DATASET_MOVIE, movies[i], &file, 1, &movie, NULL));
        CU_ASSERT(ratings_builder_find(b, 2, (Text){zones[i], 1}, &file, &zone, NULL));
        CU_ASSERT(
            ratings_builder_find(b, 3, (Text){sizes[i], strlen(sizes[i])}, &file, &size, NULL));
        ratings_builder_set_user_value(b, user, 3, size);
        ratings_builder_set_user_value(b, user, 2, zone);
    }
    MovieFacts *facts = ratings_builder_movie(b, 0);
    facts->title = g_strdup("A");
    facts->genres = g_strdup("|War||Drama|");
    facts->year = 1990;
    CU_ASSERT(ratings_builder_begin(b, &file, 10, NULL));
    add(b, 20, 70, 1);
    add(b, 1, 9, 2);
    g_autoptr(Dataset) dataset = ratings_builder_finish(b, 7.0, NULL);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    if (dataset == NULL)
        return;
    g_autofree char *found = datasets_describe(dataset);
    CU_ASSERT_STRING_EQUAL(found, "user 1\nuser 20\nmovie 9 [9||0] × 1\n"
                                  "movie 70 [A|War,Drama|1990] × 1\n"
                                  "zone e\nzone n\nsize 9\n"
                                  "1 3 5 6: 1\n0 2 4 6: 2\n");
    CU_ASSERT_EQUAL(dataset->scale, 7.0);
}

static void test_listed_twice(void)
{
    g_auto(TextFile) file = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(RatingsBuilder) b = ratings_builder_new(no_types, FALSE, NULL);
    guint position = 0;
    open_file(&file);
    CU_ASSERT(ratings_builder_list(b, DATASET_USER, 4, &file, 2, &position, NULL));
    CU_ASSERT(ratings_builder_list(b, DATASET_USER, 5, &file, 2, &position, NULL));
    CU_ASSERT_EQUAL(position, 1);
    CU_ASSERT_FALSE(ratings_builder_list(b, DATASET_USER, 5, &file, 2, &position, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                     "ratings:1: id 5 is there for the second time, first in line 3");
}

static void test_unknown(void)
{
    g_auto(TextFile) file = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(RatingsBuilder) b = ratings_builder_new(no_types, FALSE, NULL);
    guint position;
    open_file(&file);
    CU_ASSERT_EQUAL(ratings_builder_find_number(b, DATASET_MOVIE, 4), 0);
    ratings_builder_close(b, DATASET_MOVIE, "list");
    CU_ASSERT_EQUAL(ratings_builder_find_number(b, DATASET_MOVIE, 4), 0);
    CU_ASSERT_EQUAL(ratings_builder_find_number(b, DATASET_MOVIE, 5), ID_TABLE_NONE);
    CU_ASSERT_FALSE(
        ratings_builder_find(b, DATASET_MOVIE, (Text){"5", 1}, &file, &position, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                     "ratings:1: movie 5 is not in list: was that file cut?");
}

static void test_too_many_lines(void)
{
    g_auto(TextFile) file = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(RatingsBuilder) b = ratings_builder_new(no_types, FALSE, NULL);
    open_file(&file);
    CU_ASSERT_FALSE(ratings_builder_begin(b, &file, G_MAXUINT32, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                     "has 4294967295 lines: more than there can be ratings");
}

static void test_no_ratings(void)
{
    g_auto(TextFile) file = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(RatingsBuilder) b = ratings_builder_new(no_types, FALSE, NULL);
    open_file(&file);
    CU_ASSERT(ratings_builder_begin(b, &file, 0, NULL));
    g_autoptr(Dataset) dataset = ratings_builder_finish(b, 5.5, &error);
    CU_ASSERT_PTR_NULL(dataset);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "has a header but no ratings");
}

/* ---- pairs that are there twice ---- */

static void check_pairs(const guint32 (*pairs)[3], guint count, const char *message)
{
    g_auto(TextFile) file = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(RatingsBuilder) b = ratings_builder_new(no_types, FALSE, NULL);
    open_file(&file);
    CU_ASSERT(ratings_builder_begin(b, &file, count, NULL));
    for (guint i = 0; i < count; i++)
        add(b, pairs[i][0], pairs[i][1], pairs[i][2]);
    g_autoptr(Dataset) dataset = ratings_builder_finish(b, 5.5, &error);
    CU_ASSERT_EQUAL(dataset == NULL, message != NULL);
    if (message != NULL)
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static void test_pairs(void)
{
    const guint32 together[][3] = {{1, 7, 2}, {1, 8, 3}, {2, 7, 4}, {2, 8, 5}, {2, 7, 9}};
    const guint32 apart[][3] = {{1, 7, 2}, {2, 7, 3}, {1, 8, 6}, {2, 8, 7}, {1, 7, 9}, {2, 7, 10}};
    check_pairs(together, 4, NULL);
    check_pairs(together, 5, "ratings:9: user 2 has rated movie 7 already, in line 4");
    check_pairs(apart, 4, NULL);
    check_pairs(apart, 5, "ratings:9: user 1 has rated movie 7 already, in line 2");
    check_pairs(apart, 6, "ratings:9: user 1 has rated movie 7 already, in line 2");
    const guint32 first[][3] = {{5, 5, 1}, {5, 5, 2}};
    check_pairs(first, 2, "ratings:2: user 5 has rated movie 5 already, in line 1");
}

/* Against a hash table of pairs: rows with and without repetitions, in any order, a user's rows
 * together or not. */
static void test_random_pairs(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    guint with = 0;
    const guint rounds = 300;
    for (guint round = 0; round < rounds; round++) {
        const guint count = (guint)g_rand_int_range(random, 1, 12);
        const gboolean is_sorted = g_rand_boolean(random);
        g_autofree guint32(*pairs)[3] = g_malloc(count * sizeof *pairs);
        g_autoptr(GHashTable) lines = g_hash_table_new(NULL, NULL);
        g_autofree char *message = NULL;
        guint32 user = 1, line = 0;
        for (guint i = 0; i < count; i++) {
            user = is_sorted ? user + (g_rand_int_range(random, 0, 4) == 0)
                             : (guint32)g_rand_int_range(random, 1, 5);
            pairs[i][0] = user;
            pairs[i][1] = (guint32)g_rand_int_range(random, 1, 12);
            line += (guint32)g_rand_int_range(random, 1, 3);
            pairs[i][2] = line;
            const guint key = user * 100 + pairs[i][1];
            const guint before =
                GPOINTER_TO_UINT(g_hash_table_lookup(lines, GUINT_TO_POINTER(key)));
            if (before > 0 && message == NULL)
                message =
                    g_strdup_printf("ratings:%u: user %u has rated movie %u already, in line %u",
                                    line, user, pairs[i][1], before);
            g_hash_table_insert(lines, GUINT_TO_POINTER(key), GUINT_TO_POINTER(line));
        }
        with += message != NULL;
        check_pairs((const guint32(*)[3])pairs, count, message);
    }
    CU_ASSERT(with > rounds / 10 && with < rounds - rounds / 10);
}

static const UnitTest tests[] = {
    {"numbering", test_numbering},       {"listed twice", test_listed_twice},
    {"unknown", test_unknown},           {"too many lines", test_too_many_lines},
    {"no ratings", test_no_ratings},     {"pairs", test_pairs},
    {"random pairs", test_random_pairs}, {NULL, NULL},
};

TAP_MAIN("ratings_builder", tests)
