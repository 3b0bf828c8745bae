#include "rating_matrix.h"

#include "fixtures.h"
#include "tap.h"

/* Users a, b, c (indices 0..2) and movies x, y (3, 4). */
static Dataset *small_dataset(void)
{
    static const struct {
        guint32 user, movie;
        float rating;
    } ratings[] = {{2, 4, 1}, {0, 4, 2}, {2, 3, 3}, {0, 3, 4}, {1, 3, 5}};
    static const char *const features[][2] = {
        {"user", "a"}, {"user", "b"}, {"user", "c"}, {"movie", "x"}, {"movie", "y"}};
    FeatureTable *table = feature_table_new();
    for (gsize i = 0; i < G_N_ELEMENTS(features); i++) {
        const Feature feature = {.type = features[i][0], .value = features[i][1]};
        CU_ASSERT(feature_table_add(table, &feature, NULL, NULL));
    }
    Dataset *data = dataset_new("small", G_N_ELEMENTS(ratings), 2, table);
    for (gsize i = 0; i < G_N_ELEMENTS(ratings); i++) {
        data->features[2 * i] = ratings[i].user;
        data->features[2 * i + 1] = ratings[i].movie;
        data->ratings[i] = ratings[i].rating;
    }
    return data;
}

static void check_line(const RatingLines *lines, guint line, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = lines->begin[line]; i < lines->begin[line + 1]; i++)
        g_string_append_printf(text, "%u:%g ", lines->other[i], (double)lines->rating[i]);
    CU_ASSERT_STRING_EQUAL(text->str, expected);
}

static void test_both_ways(void)
{
    g_autoptr(Dataset) data = small_dataset();
    const guint32 rows[] = {0, 1, 2, 3, 4};
    g_autoptr(RatingMatrix) m = rating_matrix_new(data, rows, G_N_ELEMENTS(rows));
    CU_ASSERT_EQUAL(m->rows, 5);
    CU_ASSERT_EQUAL(m->by_user.lines, 3);
    CU_ASSERT_EQUAL(m->by_user.others, 2);
    CU_ASSERT_EQUAL(m->first_movie, 3);
    check_line(&m->by_user, 0, "0:4 1:2 ");
    check_line(&m->by_user, 1, "0:5 ");
    check_line(&m->by_user, 2, "0:3 1:1 ");
    check_line(&m->by_movie, 0, "0:4 1:5 2:3 ");
    check_line(&m->by_movie, 1, "0:2 2:1 ");
}

/* Users and movies that these rows do not have are lines without ratings. */
static void test_some_rows(void)
{
    g_autoptr(Dataset) data = small_dataset();
    const guint32 rows[] = {3, 4};
    g_autoptr(RatingMatrix) m = rating_matrix_new(data, rows, G_N_ELEMENTS(rows));
    CU_ASSERT_EQUAL(m->rows, 2);
    CU_ASSERT_EQUAL(m->by_user.lines, 3);
    check_line(&m->by_user, 0, "0:4 ");
    check_line(&m->by_user, 1, "0:5 ");
    check_line(&m->by_user, 2, "");
    check_line(&m->by_movie, 0, "0:4 1:5 ");
    check_line(&m->by_movie, 1, "");
}

static const UnitTest tests[] = {
    {"both ways of reading", test_both_ways},
    {"lines without ratings", test_some_rows},
    {NULL, NULL},
};

TAP_MAIN("rating_matrix", tests)
