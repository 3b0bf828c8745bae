/* The CSV files of MovieLens 10M's successors (ml-latest, ml-25m, ml-32m): ratings.csv with half
 * stars and movies.csv. Nothing is known of the users.
 * https://grouplens.org/datasets/movielens/25m/ (its README describes the format) */
#include <string.h>

#include "csv.h"
#include "data_format.h"
#include "fm.h"
#include "ratings_builder.h"

#define RATINGS_HEADER "userId,movieId,rating,timestamp"
#define MOVIES_HEADER "movieId,title,genres"

static const char *const user_features[] = {NULL};

static gboolean open_csv(Csv *csv, TextFile *file, const char *path, const char *header,
                         GError **error)
{
    if (!text_file_open(file, path, error) || !csv_open(csv, file, error))
        return FALSE;
    g_autofree char *found = g_strjoinv(",", csv->names);
    if (strcmp(found, header) == 0)
        return TRUE;
    g_autofree char *shown = text_show((Text){found, strlen(found)});
    return text_file_fail(file, file->line, error, "expected the header %s, found \"%s\"", header,
                          shown);
}

static gboolean read_movies(RatingsBuilder *b, const char *path, GError **error)
{
    g_auto(TextFile) file = {0};
    g_auto(Csv) csv = {0};
    if (!open_csv(&csv, &file, path, MOVIES_HEADER, error))
        return FALSE;
    while (csv_has_more(&csv)) {
        guint32 id;
        guint movie;
        if (!csv_read(&csv, error))
            return FALSE;
        const Text title = csv.fields[1], genres = csv.fields[2];
        if (!text_parse_uint(csv.fields[0], &id) || title.length == 0 || text_has_control(title) ||
            text_has_control(genres))
            return csv_expected(&csv, MOVIES_HEADER " with a numeric id and a title", error);
        if (!ratings_builder_list(b, DATASET_MOVIE, id, &file, 2, &movie, error))
            return FALSE;
        MovieFacts *facts = ratings_builder_movie(b, movie);
        facts->title = g_strchomp(text_to_utf8(title)); /* some titles there end with a blank */
        facts->genres = text_equals(genres, "(no genres listed)") ? NULL : text_to_utf8(genres);
        facts->year = text_year_of_title(facts->title);
    }
    ratings_builder_close(b, DATASET_MOVIE, "movies.csv");
    return TRUE;
}

/* 0.5, 1.0, … 5.0 */
static gboolean parse_stars(Text text, float *stars)
{
    double value;
    if (!text_parse_decimal(text, &value) || !(value >= 0.5 && value <= 5.0) ||
        2 * value != (double)(int)(2 * value))
        return FALSE;
    *stars = (float)value;
    return TRUE;
}

static gboolean read_rows(RatingsBuilder *b, Csv *csv, GError **error)
{
    const char *expected = RATINGS_HEADER " with a rating of 0.5 to 5 in half steps";
    while (csv_has_more(csv)) {
        guint32 ids[2], timestamp;
        guint positions[2] = {ID_TABLE_NONE, ID_TABLE_NONE};
        float stars;
        if (!csv_read(csv, error))
            return FALSE;
        if (!text_parse_uint(csv->fields[0], &ids[0]) ||
            !text_parse_uint(csv->fields[1], &ids[1]) || !parse_stars(csv->fields[2], &stars) ||
            !text_parse_uint(csv->fields[3], &timestamp))
            return csv_expected(csv, expected, error);
        for (guint f = 0; f < 2; f++) {
            positions[f] = ratings_builder_find_number(b, f, ids[f]);
            if (positions[f] != ID_TABLE_NONE)
                continue;
            if (!ratings_builder_unknown(b, f, csv->fields[f], csv->file, error))
                return FALSE;
            break;
        }
        if (positions[DATASET_USER] == ID_TABLE_NONE || positions[DATASET_MOVIE] == ID_TABLE_NONE)
            continue;
        memcpy(ratings_builder_add(b, stars, csv->file->line), positions, sizeof positions);
        ratings_builder_add_time(b, timestamp);
    }
    return TRUE;
}

static Dataset *read_ratings(RatingsBuilder *b, const char *path, GError **error)
{
    g_auto(TextFile) file = {0};
    g_auto(Csv) csv = {0};
    if (!open_csv(&csv, &file, path, RATINGS_HEADER, error) ||
        !ratings_builder_begin(b, &file, text_file_count_lines(&file), error) ||
        !read_rows(b, &csv, error))
        return NULL;
    text_file_close(&file);
    return ratings_builder_finish(b, FM_RATING_SCALE, error);
}

static Dataset *read_directory(const char *path, GError **error)
{
    g_autofree char *movies = g_build_filename(path, "movies.csv", NULL);
    g_autofree char *ratings = g_build_filename(path, "ratings.csv", NULL);
    g_autoptr(RatingsBuilder) builder = ratings_builder_new(user_features, FALSE, NULL);
    if (!read_movies(builder, movies, error))
        return NULL;
    return read_ratings(builder, ratings, error);
}

static Dataset *read_like(const char *path, const Dataset *base, GError **error)
{
    g_autoptr(RatingsBuilder) builder = ratings_builder_new(user_features, FALSE, base);
    return read_ratings(builder, path, error);
}

const DataFormat format_movielens_csv = {
    .name = "MovieLens CSV",
    .files = {"ratings.csv", "movies.csv"},
    .needs = "ratings.csv and movies.csv",
    .read = read_directory,
    .read_like = read_like,
};
