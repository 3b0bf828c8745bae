/* MovieLens 100k: u.data, u.user, u.item. Titles may be UTF-8 or ISO-8859-1. Ages, which are years
 * there, become the age codes of MovieLens 1M; occupations are words.
 * https://grouplens.org/datasets/movielens/100k/ (its README describes the format) */
#include "data_format.h"
#include "ratings_lines.h"

static const RatingsLines ratings_format = {
    .separator = "\t",
    .expected = "user, item, rating and timestamp with tabs between and a rating of 1 to 5",
};

/* In the order of features. */
enum { AGE = 2, GENDER, OCCUPATION };
static const char *const user_features[] = {FEATURE_AGE, FEATURE_GENDER, FEATURE_OCCUPATION, NULL};

/* The code is the youngest age of its bracket, but for those under 18, whose code is 1. */
static guint32 age_code(guint32 years)
{
    static const guint32 codes[] = {56, 50, 45, 35, 25, 18};
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++)
        if (years >= codes[i])
            return codes[i];
    return 1;
}

static gboolean read_users(RatingsBuilder *b, const char *path, GError **error)
{
    const char *expected = "id|age|gender|occupation|zip code with gender M or F";
    g_auto(TextFile) file = {0};
    if (!text_file_open(&file, path, error))
        return FALSE;
    while (text_file_next(&file)) {
        Text f[5];
        guint32 id, years;
        guint user, gender, occupation;
        if (!text_split(file.current, "|", f, 5) || !text_parse_uint(f[0], &id) ||
            !text_parse_uint(f[1], &years) || !(text_equals(f[2], "M") || text_equals(f[2], "F")))
            return text_file_expected(&file, expected, error);
        if (!ratings_builder_list(b, DATASET_USER, id, &file, 1, &user, error) ||
            !ratings_builder_find(b, GENDER, f[2], &file, &gender, error) ||
            !ratings_builder_find(b, OCCUPATION, f[3], &file, &occupation, error))
            return FALSE;
        ratings_builder_set_user_value(b, user, AGE,
                                       ratings_builder_find_number(b, AGE, age_code(years)));
        ratings_builder_set_user_value(b, user, GENDER, gender);
        ratings_builder_set_user_value(b, user, OCCUPATION, occupation);
    }
    ratings_builder_close(b, DATASET_USER, "u.user");
    return TRUE;
}

/* ---- u.item ---- */

#define ITEM_FIELDS 24 /* id, title, release date, video release date, IMDb address, flags */
#define FIRST_FLAG 5

/* What the flags stand for, in their order; the first one says that nothing is known. */
static const char *const flag_genres[ITEM_FIELDS - FIRST_FLAG] = {
    "",          "Action",   "Adventure",   "Animation", "Children's",
    "Comedy",    "Crime",    "Documentary", "Drama",     "Fantasy",
    "Film-Noir", "Horror",   "Musical",     "Mystery",   "Romance",
    "Sci-Fi",    "Thriller", "War",         "Western",
};

/* "Drama|War", or NULL if a flag is neither 0 nor 1. */
static char *genres_of_flags(const Text *flags)
{
    g_autoptr(GString) genres = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(flag_genres); i++) {
        const gboolean is_set = text_equals(flags[i], "1");
        if (!is_set && !text_equals(flags[i], "0"))
            return NULL;
        if (is_set)
            g_string_append_printf(genres, "%s%s", genres->len > 0 ? "|" : "", flag_genres[i]);
    }
    return g_string_free(g_steal_pointer(&genres), FALSE);
}

static gboolean read_items(RatingsBuilder *b, const char *path, GError **error)
{
    const char *expected = "id|title|release date|video release date|IMDb address|19 flags 0 or 1";
    g_auto(TextFile) file = {0};
    if (!text_file_open(&file, path, error))
        return FALSE;
    while (text_file_next(&file)) {
        Text f[ITEM_FIELDS];
        guint32 id;
        guint movie;
        if (!text_split(file.current, "|", f, ITEM_FIELDS) || !text_parse_uint(f[0], &id) ||
            f[1].length == 0 || text_has_control(file.current))
            return text_file_expected(&file, expected, error);
        g_autofree char *genres = genres_of_flags(f + FIRST_FLAG);
        if (genres == NULL)
            return text_file_expected(&file, expected, error);
        if (!ratings_builder_list(b, DATASET_MOVIE, id, &file, 1, &movie, error))
            return FALSE;
        MovieFacts *facts = ratings_builder_movie(b, movie);
        facts->title = text_to_utf8(f[1]);
        facts->genres = g_steal_pointer(&genres);
        facts->year = text_year_of_title(facts->title);
    }
    ratings_builder_close(b, DATASET_MOVIE, "u.item");
    return TRUE;
}

static Dataset *read_directory(const char *path, GError **error)
{
    g_autofree char *users = g_build_filename(path, "u.user", NULL);
    g_autofree char *items = g_build_filename(path, "u.item", NULL);
    g_autofree char *ratings = g_build_filename(path, "u.data", NULL);
    g_autoptr(RatingsBuilder) builder = ratings_builder_new(user_features, FALSE, NULL);
    if (!read_users(builder, users, error) || !read_items(builder, items, error))
        return NULL;
    return ratings_lines_read(&ratings_format, builder, ratings, error);
}

static Dataset *read_like(const char *path, const Dataset *base, GError **error)
{
    g_autoptr(RatingsBuilder) builder = ratings_builder_new(user_features, FALSE, base);
    return ratings_lines_read(&ratings_format, builder, path, error);
}

const DataFormat format_ml100k = {
    .name = "MovieLens 100k",
    .files = {"u.data", "u.user", "u.item"},
    .needs = "u.data, u.user and u.item",
    .read = read_directory,
    .read_like = read_like,
};
