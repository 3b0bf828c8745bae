/* MovieLens 1M: users.dat, movies.dat, ratings.dat; fields separated by "::". Titles may be UTF-8
 * or ISO-8859-1. https://grouplens.org/datasets/movielens/1m/ (its README describes the format) */
#include "data_format.h"
#include "ratings_lines.h"

static const RatingsLines ratings_format = {
    .separator = "::",
    .expected = "UserID::MovieID::Rating::Timestamp with a rating of 1 to 5",
};

/* In the order of features. */
enum { AGE = 2, GENDER, OCCUPATION };
static const char *const user_features[] = {FEATURE_AGE, FEATURE_GENDER, FEATURE_OCCUPATION, NULL};

static void set_number(RatingsBuilder *b, guint user, guint field, guint32 value)
{
    ratings_builder_set_user_value(b, user, field, ratings_builder_find_number(b, field, value));
}

static gboolean read_users(RatingsBuilder *b, const char *path, GError **error)
{
    const char *expected = "UserID::Gender::Age::Occupation::Zip-code with gender M or F";
    g_auto(TextFile) file = {0};
    if (!text_file_open(&file, path, error))
        return FALSE;
    while (text_file_next(&file)) {
        Text f[5];
        guint32 id, age, occupation;
        guint user, gender;
        if (!text_split(file.current, "::", f, 5) || !text_parse_uint(f[0], &id) ||
            !(text_equals(f[1], "M") || text_equals(f[1], "F")) || !text_parse_uint(f[2], &age) ||
            !text_parse_uint(f[3], &occupation))
            return text_file_expected(&file, expected, error);
        if (!ratings_builder_list(b, DATASET_USER, id, &file, 1, &user, error) ||
            !ratings_builder_find(b, GENDER, f[1], &file, &gender, error))
            return FALSE;
        set_number(b, user, AGE, age);
        ratings_builder_set_user_value(b, user, GENDER, gender);
        set_number(b, user, OCCUPATION, occupation);
    }
    ratings_builder_close(b, DATASET_USER, "users.dat");
    return TRUE;
}

static gboolean read_movies(RatingsBuilder *b, const char *path, GError **error)
{
    g_auto(TextFile) file = {0};
    if (!text_file_open(&file, path, error))
        return FALSE;
    while (text_file_next(&file)) {
        Text f[3];
        guint32 id;
        guint movie;
        if (!text_split(file.current, "::", f, 3) || !text_parse_uint(f[0], &id) ||
            f[1].length == 0 || text_has_control(file.current))
            return text_file_expected(&file, "MovieID::Title::Genre|Genre", error);
        if (!ratings_builder_list(b, DATASET_MOVIE, id, &file, 1, &movie, error))
            return FALSE;
        MovieFacts *facts = ratings_builder_movie(b, movie);
        facts->title = text_to_utf8(f[1]);
        facts->genres = text_to_utf8(f[2]);
        facts->year = text_year_of_title(facts->title);
    }
    ratings_builder_close(b, DATASET_MOVIE, "movies.dat");
    return TRUE;
}

static Dataset *read_directory(const char *path, GError **error)
{
    g_autofree char *users = g_build_filename(path, "users.dat", NULL);
    g_autofree char *movies = g_build_filename(path, "movies.dat", NULL);
    g_autofree char *ratings = g_build_filename(path, "ratings.dat", NULL);
    g_autoptr(RatingsBuilder) builder = ratings_builder_new(user_features, FALSE, NULL);
    if (!read_users(builder, users, error) || !read_movies(builder, movies, error))
        return NULL;
    return ratings_lines_read(&ratings_format, builder, ratings, error);
}

static Dataset *read_like(const char *path, const Dataset *base, GError **error)
{
    g_autoptr(RatingsBuilder) builder = ratings_builder_new(user_features, FALSE, base);
    return ratings_lines_read(&ratings_format, builder, path, error);
}

const DataFormat format_ml1m = {
    .name = "MovieLens 1M",
    .files = {"ratings.dat", "users.dat", "movies.dat"},
    .needs = "users.dat, movies.dat and ratings.dat",
    .read = read_directory,
    .read_like = read_like,
};
