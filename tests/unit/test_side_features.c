#include "side_features.h"

#include <math.h>
#include <string.h>

#include "made_ratings.h"
#include "tap.h"

static const MadeRatings world = {
    .users = 60, .movies = 40, .rank = 2, .per_user = 15, .noise = 0.1, .seed = 3};

/* Without the ratings of the last ten users. */
static RatingMatrix *some_rows(const Dataset *data)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint32 i = 0; i < data->rows; i++) {
        const guint32 *row = data->features + (gsize)i * data->fields;
        if (row[DATASET_USER] < 50)
            g_array_append_val(rows, i);
    }
    return rating_matrix_new(data, (const guint32 *)(gconstpointer)rows->data, rows->len);
}

static void check_block(const FeatureBlock *block, const RatingLines *lines)
{
    const guint p = block->width;
    CU_ASSERT(p > 0);
    for (guint a = 0; a < p; a++) {
        double mean = 0;
        for (guint i = 0; i < lines->lines; i++)
            if (lines->begin[i + 1] > lines->begin[i])
                mean += block->values[i * p + a];
        CU_ASSERT_DOUBLE_EQUAL(mean, 0, 1e-3);
        for (guint b = 0; b <= a; b++) {
            double dot = 0;
            for (guint i = 0; i < lines->lines; i++)
                dot += block->values[i * p + a] * block->values[i * p + b];
            CU_ASSERT_DOUBLE_EQUAL(dot, a == b ? block->squares[a] : 0, 1e-4 * block->squares[0]);
        }
    }
}

static void test_blocks(void)
{
    g_autoptr(Dataset) data = made_ratings(&world, NULL);
    g_autoptr(RatingMatrix) ratings = some_rows(data);
    g_autoptr(Team) team = team_new(1);
    g_autoptr(SideFeatures) people = side_features_of_people(data, ratings, 20, 1, team, NULL);
    g_autoptr(SideFeatures) movies = side_features_of_movies(data, ratings, 20, 1, team, NULL);
    CU_ASSERT_EQUAL(people->lines, 60);
    CU_ASSERT_EQUAL(movies->lines, 40);
    for (guint b = 0; b < SIDE_BLOCKS; b++) {
        check_block(&people->block[b], &ratings->by_user);
        check_block(&movies->block[b], &ratings->by_movie);
    }
    CU_ASSERT_EQUAL(people->block[0].width, 3); /* 2 genders and 3 ages, each with a fixed sum */
    CU_ASSERT_EQUAL(people->block[1].width, 16);
}

/* Who has rated nothing is the average person but for the metadata. */
static void test_without_ratings(void)
{
    g_autoptr(Dataset) data = made_ratings(&world, NULL);
    g_autoptr(RatingMatrix) ratings = some_rows(data);
    g_autoptr(Team) team = team_new(1);
    g_autoptr(SideFeatures) people = side_features_of_people(data, ratings, 20, 1, team, NULL);
    const FeatureBlock *known = &people->block[0], *implicit = &people->block[1];
    for (guint f = 0; f < implicit->width; f++)
        CU_ASSERT_EQUAL(implicit->values[55 * implicit->width + f], 0);
    /* User 55 has the age and the gender of user 1. */
    for (guint f = 0; f < known->width; f++)
        CU_ASSERT_DOUBLE_EQUAL(known->values[55 * known->width + f],
                               known->values[1 * known->width + f], 1e-4);
}

/* Σ 1/√(ratings of the movie) over the movies that two users have rated, five each. */
static double common(const RatingMatrix *ratings, guint one, guint two)
{
    const RatingLines *users = &ratings->by_user, *movies = &ratings->by_movie;
    double sum = 0;
    for (guint i = 0; i < 5; i++)
        for (guint j = 0; j < 5; j++) {
            const guint32 movie = users->other[one * 5 + i];
            if (movie == users->other[two * 5 + j])
                sum += 1 / sqrt(movies->begin[movie + 1] - movies->begin[movie]);
        }
    return sum;
}

/* With as many directions as there are, distances between lines are those of the rows of S but for
 * the centring, which they do not depend on. */
static void test_distances(void)
{
    static const MadeRatings small = {
        .users = 40, .movies = 16, .rank = 1, .per_user = 5, .noise = 0.1, .seed = 4};
    g_autoptr(Dataset) data = made_ratings(&small, NULL);
    g_autofree guint32 *rows = g_new(guint32, data->rows);
    for (guint32 i = 0; i < data->rows; i++)
        rows[i] = i;
    g_autoptr(RatingMatrix) ratings = rating_matrix_new(data, rows, data->rows);
    g_autoptr(Team) team = team_new(1);
    g_autoptr(SideFeatures) people = side_features_of_people(data, ratings, 100, 1, team, NULL);
    const FeatureBlock *block = &people->block[1];
    for (guint u = 1; u < 40; u++) {
        double distance = 0;
        for (guint f = 0; f < block->width; f++) {
            const double difference = block->values[f] - block->values[u * block->width + f];
            distance += difference * difference;
        }
        const double cosine =
            common(ratings, 0, u) / sqrt(common(ratings, 0, 0)) / sqrt(common(ratings, u, u));
        CU_ASSERT_DOUBLE_EQUAL(distance, 2 - 2 * cosine, 1e-2);
    }
}

static void test_threads(void)
{
    g_autoptr(Dataset) data = made_ratings(&world, NULL);
    g_autoptr(RatingMatrix) ratings = some_rows(data);
    SideFeatures *features[2] = {NULL, NULL};
    for (guint i = 0; i < 2; i++) {
        g_autoptr(Team) team = team_new(i + 1);
        features[i] = side_features_of_movies(data, ratings, 20, 1, team, NULL);
    }
    for (guint b = 0; b < SIDE_BLOCKS; b++) {
        const FeatureBlock *one = &features[0]->block[b], *two = &features[1]->block[b];
        CU_ASSERT_EQUAL(one->width, two->width);
        CU_ASSERT_EQUAL(memcmp(one->values, two->values, 40 * one->width * sizeof(float)), 0);
    }
    side_features_free(features[0]);
    side_features_free(features[1]);
}

/* Nobody to compare with: no block, or one of zeros. */
static void test_one_user(void)
{
    static const MadeRatings alone = {
        .users = 1, .movies = 3, .rank = 1, .per_user = 3, .noise = 0.1, .seed = 4};
    g_autoptr(Dataset) data = made_ratings(&alone, NULL);
    const guint32 rows[] = {0, 1, 2};
    g_autoptr(RatingMatrix) ratings = rating_matrix_new(data, rows, 3);
    g_autoptr(Team) team = team_new(1);
    g_autoptr(SideFeatures) people = side_features_of_people(data, ratings, 20, 1, team, NULL);
    for (guint b = 0; b < SIDE_BLOCKS; b++)
        for (guint f = 0; f < people->block[b].width; f++)
            CU_ASSERT_DOUBLE_EQUAL(people->block[b].values[f], 0, 1e-6);
}

static const UnitTest tests[] = {
    {"centred, orthogonal columns", test_blocks},
    {"lines without ratings", test_without_ratings},
    {"distances of implicit rows", test_distances},
    {"threads", test_threads},
    {"one user", test_one_user},
    {NULL, NULL},
};

TAP_MAIN("side_features", tests)
