#include "known_features.h"

#include <math.h>

#include "fixtures.h"
#include "made_ratings.h"
#include "tap.h"

static const MadeRatings world = {
    .users = 6, .movies = 10, .rank = 1, .per_user = 4, .noise = 0.1, .seed = 3};

/* Of all rows but those of the last user. */
static RatingMatrix *most_rows(const Dataset *data, guint count)
{
    g_autofree guint32 *rows = g_new(guint32, count);
    for (guint32 i = 0; i < count; i++)
        rows[i] = i;
    return rating_matrix_new(data, rows, count);
}

/* Columns are of values by their frequency: genders (3 users × 4 ratings each), then ages. */
static void test_people(void)
{
    g_autoptr(Dataset) data = made_ratings(&world, NULL);
    g_autoptr(RatingMatrix) ratings = most_rows(data, 20);
    g_autoptr(KnownFeatures) known = known_features_of_people(data, ratings);
    CU_ASSERT_EQUAL(known->lines, 6);
    CU_ASSERT_EQUAL(known->width, 16);
    for (guint u = 0; u < 6; u++) {
        const float *values = known->values + (gsize)u * known->width;
        CU_ASSERT_EQUAL(values[u % 2], 1);
        CU_ASSERT_EQUAL(values[1 - u % 2], 0);
        for (guint age = 0; age < 3; age++)
            CU_ASSERT_EQUAL(values[2 + age], u % 3 == age);
        CU_ASSERT_EQUAL(values[5], 0); /* all have as many ratings, the last one none */
    }
}

static void test_metadata_that_varies(void)
{
    g_autoptr(Dataset) data = made_ratings(&world, NULL);
    data->features[3] = data->features[4 + 3] == 19 ? 20 : 19; /* user 0's first row */
    g_autoptr(RatingMatrix) ratings = most_rows(data, 24);
    g_autoptr(KnownFeatures) known = known_features_of_people(data, ratings);
    CU_ASSERT_DOUBLE_EQUAL(known->values[0] + known->values[1], 1, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(fabsf(known->values[0] - known->values[1]), 0.5, 1e-6);
}

/* Years 1950 … 1959 are two classes, genres alternate, and counts are in units of their spread. */
static void test_movies(void)
{
    g_autoptr(Dataset) data = made_ratings(&world, NULL);
    g_autoptr(RatingMatrix) ratings = most_rows(data, 24);
    g_autoptr(KnownFeatures) known = known_features_of_movies(data, ratings);
    enum { CLASSES = 22 };
    double sum = 0, squares = 0;
    guint rated = 0;
    CU_ASSERT_EQUAL(known->width, 32);
    for (guint m = 0; m < 10; m++) {
        const float *values = known->values + (gsize)m * known->width;
        const float count = values[CLASSES + 2];
        const gboolean has = ratings->by_movie.begin[m + 1] > ratings->by_movie.begin[m];
        CU_ASSERT_EQUAL(values[6 + m / 5], 1);
        CU_ASSERT_EQUAL(values[CLASSES] + values[CLASSES + 1], 1);
        CU_ASSERT_EQUAL(values[CLASSES], m % 2 == 0);
        CU_ASSERT(has || count == 0);
        rated += has;
        sum += count;
        squares += count * count;
    }
    CU_ASSERT_DOUBLE_EQUAL(sum, 0, 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(squares, rated, 1e-4);
}

/* More values than there are columns: the rarest have none. */
static void test_many_values(void)
{
    enum { USERS = 300, FIRST = USERS + 1 };
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < USERS + 1 + USERS; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        const char *type = i < USERS ? FEATURE_USER : i == USERS ? FEATURE_MOVIE : "town";
        const Feature feature = {.type = type, .value = value};
        CU_ASSERT(feature_table_add(table, &feature, NULL, NULL));
    }
    g_autoptr(Dataset) data = dataset_new("towns", USERS, 3, table);
    for (guint32 u = 0; u < USERS; u++) {
        guint32 *row = data->features + (gsize)u * 3;
        row[DATASET_USER] = u;
        row[DATASET_MOVIE] = USERS;
        row[2] = FIRST + (u < 2 ? 299 : u); /* town 299 has three people, others one */
    }
    g_autoptr(RatingMatrix) ratings = most_rows(data, USERS);
    g_autoptr(KnownFeatures) known = known_features_of_people(data, ratings);
    CU_ASSERT_EQUAL(known->width, 256);
    CU_ASSERT_EQUAL(known->values[0], 1);
    CU_ASSERT_EQUAL(known->values[(gsize)299 * known->width], 1);
    guint without = 0;
    for (gsize u = 0; u < USERS; u++) {
        float sum = 0;
        for (guint f = 0; f < known->width; f++)
            sum += known->values[u * known->width + f];
        without += sum == 0;
    }
    CU_ASSERT_EQUAL(without, 298 - 254);
}

static const UnitTest tests[] = {
    {"people", test_people},
    {"metadata that varies", test_metadata_that_varies},
    {"movies", test_movies},
    {"more values than columns", test_many_values},
    {NULL, NULL},
};

TAP_MAIN("known_features", tests)
