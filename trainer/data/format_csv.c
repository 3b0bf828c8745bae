/* Users' own data: one CSV file in UTF-8 whose header names the columns.
 *
 *   user, item           required; also userId, user_id, itemId, item_id, movie, movieId, movie_id
 *   rating               optional: without it, a row says that the user chose the item, as 1
 *   title, genres, year  of the item, optional; genres are separated by |
 *   timestamp            whole numbers, or ignored if it is anything else in any row
 *   any other column     a user feature; its name is the type
 *
 * Ids are any text; each row has a value of each user feature, which may differ from row to row of
 * a user. Types are numbered in alphabetical order, so the order of the columns does not matter. */
#include <string.h>

#include "csv.h"
#include "data_format.h"
#include "ratings_builder.h"
#include "recsys_error.h"

#define HIGHEST_RATING 1e6 /* far from where float32 sums of squares overflow */

typedef struct {
    guint user, movie;
    int rating, title, genres, year, timestamp; /* -1: there is none */
    GPtrArray *types;                    /* const char *, owned by the header; NULL-terminated */
    guint types_at[DATASET_MOST_FIELDS]; /* the columns of the types */
} Columns;

static void columns_clear(Columns *columns)
{
    if (columns->types != NULL)
        g_ptr_array_unref(columns->types);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Columns, columns_clear)

/* ---- the header ---- */

static const char *const user_names[] = {"user", "userId", "user_id", NULL};
static const char *const movie_names[] = {"item",    "itemId",   "item_id", "movie",
                                          "movieId", "movie_id", NULL};
static const char *const other_names[] = {"rating", "title", "genres", "year", "timestamp", NULL};

static gboolean find_required(const Csv *csv, const char *const *names, guint *column,
                              GError **error)
{
    int found = -1;
    for (guint i = 0; names[i] != NULL; i++) {
        const int at = csv_find(csv, names[i]);
        if (at >= 0 && found >= 0)
            return text_file_fail(csv->file, csv->file->line, error,
                                  "the columns %s and %s mean the same: keep one",
                                  csv->names[found], names[i]);
        found = at >= 0 ? at : found;
    }
    *column = (guint)found;
    if (found >= 0)
        return TRUE;
    g_autofree char *header = g_strjoinv(",", csv->names);
    g_autofree char *shown = text_show((Text){header, strlen(header)});
    return text_file_fail(csv->file, csv->file->line, error,
                          "the header needs the columns user and item; there is no %s in "
                          "\"%s\"",
                          names[0], shown);
}

static gboolean is_feature(const char *name)
{
    const char *const *const taken[] = {user_names, movie_names, other_names};
    for (guint i = 0; i < G_N_ELEMENTS(taken); i++)
        if (g_strv_contains(taken[i], name))
            return FALSE;
    return TRUE;
}

static gboolean check_type_name(const Csv *csv, const char *name, GError **error)
{
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0')
        return TRUE;
    g_autofree char *shown = text_show((Text){name, strlen(name)});
    return text_file_fail(csv->file, csv->file->line, error,
                          "column \"%s\": the name of a user feature may have only a-z, 0-9 and _, "
                          "since documents and fields are named after it",
                          shown);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean find_types(const Csv *csv, Columns *columns, GError **error)
{
    columns->types = g_ptr_array_new();
    for (guint i = 0; i < csv->columns; i++) {
        if (!is_feature(csv->names[i]))
            continue;
        if (!check_type_name(csv, csv->names[i], error))
            return FALSE;
        g_ptr_array_add(columns->types, csv->names[i]);
    }
    if (columns->types->len > DATASET_MOST_FIELDS - 2)
        return text_file_fail(csv->file, csv->file->line, error,
                              "%u columns of user features; there can be %d", columns->types->len,
                              DATASET_MOST_FIELDS - 2);
    g_ptr_array_sort(columns->types, compare_names);
    for (guint i = 0; i < columns->types->len; i++)
        columns->types_at[i] = (guint)csv_find(csv, g_ptr_array_index(columns->types, i));
    g_ptr_array_add(columns->types, NULL);
    return TRUE;
}

static gboolean find_columns(const Csv *csv, Columns *columns, GError **error)
{
    columns->rating = csv_find(csv, "rating");
    columns->title = csv_find(csv, "title");
    columns->genres = csv_find(csv, "genres");
    columns->year = csv_find(csv, "year");
    columns->timestamp = csv_find(csv, "timestamp");
    return find_required(csv, user_names, &columns->user, error) &&
           find_required(csv, movie_names, &columns->movie, error) &&
           find_types(csv, columns, error);
}

/* The types must be those of the base. */
static gboolean check_types(const Csv *csv, const Columns *columns, const Dataset *base,
                            GError **error)
{
    const guint own = columns->types->len - 1;
    for (guint i = 0; i < own; i++) {
        const char *type = g_ptr_array_index(columns->types, i);
        if (feature_table_of_type(base->table, type) == NULL)
            return text_file_fail(csv->file, csv->file->line, error,
                                  "there is a column %s, but not in the training data, %s", type,
                                  base->source);
    }
    const GPtrArray *types = feature_table_types(base->table);
    for (guint i = 2; i < types->len; i++) {
        const char *type = g_ptr_array_index(types, i);
        if (csv_find(csv, type) < 0)
            return text_file_fail(csv->file, csv->file->line, error,
                                  "there is no column %s, but in the training data, %s", type,
                                  base->source);
    }
    return TRUE;
}

/* ---- what is known of movies ---- */

static gboolean differs(const Csv *csv, Text id, const char *what, Text here, const char *before,
                        GError **error)
{
    g_autofree char *movie = text_show(id), *new = text_show(here);
    g_autofree char *old = text_show((Text){before, strlen(before)});
    return text_file_fail(csv->file, csv->file->line, error,
                          "item %s has the %s \"%s\" here and \"%s\" before", movie, what, new,
                          old);
}

/* An empty cell says nothing; otherwise all cells of a movie must agree. */
static gboolean merge_text(const Csv *csv, Text id, int column, char **known, GError **error)
{
    if (column < 0 || csv->fields[column].length == 0)
        return TRUE;
    const Text cell = csv->fields[column];
    if (*known != NULL)
        return text_equals(cell, *known) ||
               differs(csv, id, csv->names[column], cell, *known, error);
    if (!text_is_id(cell)) {
        g_autofree char *shown = text_show(cell);
        return text_file_fail(csv->file, csv->file->line, error,
                              "the %s \"%s\" is not UTF-8 or has a control character",
                              csv->names[column], shown);
    }
    *known = g_strndup(cell.text, cell.length);
    return TRUE;
}

static gboolean merge_year(const Csv *csv, Text id, int column, int *known, GError **error)
{
    guint32 year;
    if (column < 0 || csv->fields[column].length == 0)
        return TRUE;
    if (!text_parse_uint(csv->fields[column], &year) || year < 1 || year > 9999) {
        g_autofree char *shown = text_show(csv->fields[column]);
        return text_file_fail(csv->file, csv->file->line, error,
                              "expected a year from 1 to 9999, found \"%s\"", shown);
    }
    if (*known != 0 && *known != (int)year) {
        g_autofree char *before = g_strdup_printf("%d", *known);
        return differs(csv, id, "year", csv->fields[column], before, error);
    }
    *known = (int)year;
    return TRUE;
}

static gboolean merge_movie(RatingsBuilder *b, const Csv *csv, const Columns *columns, guint movie,
                            GError **error)
{
    const Text id = csv->fields[columns->movie];
    if (b->base != NULL || (columns->title < 0 && columns->genres < 0 && columns->year < 0))
        return TRUE;
    MovieFacts *facts = ratings_builder_movie(b, movie);
    return merge_text(csv, id, columns->title, &facts->title, error) &&
           merge_text(csv, id, columns->genres, &facts->genres, error) &&
           merge_year(csv, id, columns->year, &facts->year, error);
}

/* Where there is no year, the title may say it. */
static void take_years_from_titles(RatingsBuilder *b)
{
    for (guint i = 0; i < b->movies->len; i++) {
        MovieFacts *facts = ratings_builder_movie(b, i);
        if (facts->year == 0 && facts->title != NULL)
            facts->year = text_year_of_title(facts->title);
    }
}

/* ---- rows ---- */

static gboolean parse_rating(const RatingsBuilder *b, Csv *csv, int column, double *rating,
                             GError **error)
{
    *rating = 1;
    if (column < 0)
        return TRUE;
    if (!text_parse_decimal(csv->fields[column], rating))
        return csv_expected(csv, "a number as the rating", error);
    *rating += 0.0; /* -0 is 0 */
    if (*rating < 0)
        return text_file_fail(csv->file, csv->file->line, error,
                              "a rating of %g: the model predicts from 0 up", *rating);
    if (*rating > HIGHEST_RATING)
        return text_file_fail(csv->file, csv->file->line, error, "a rating of %g is above %g",
                              *rating, HIGHEST_RATING);
    if (b->base != NULL && *rating > b->base->scale)
        return text_file_fail(csv->file, csv->file->line, error,
                              "a rating of %g: with the training data, %s, the model predicts up "
                              "to %g",
                              *rating, b->base->source, b->base->scale);
    return TRUE;
}

/* Adds the latest rating's timestamp, as long as all before it were whole numbers. */
static void take_time(RatingsBuilder *b, const Csv *csv, Columns *columns)
{
    char text[32];
    gint64 time;
    if (columns->timestamp < 0)
        return;
    const Text cell = csv->fields[columns->timestamp];
    const gsize length = MIN(cell.length, sizeof text - 1);
    memcpy(text, cell.text, length);
    text[length] = '\0';
    if (cell.length == length &&
        g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &time, NULL)) {
        ratings_builder_add_time(b, time);
        return;
    }
    g_clear_pointer(&b->dataset->times, g_free);
    columns->timestamp = -1;
}

static gboolean read_row(RatingsBuilder *b, Csv *csv, Columns *columns, double *highest,
                         GError **error)
{
    guint positions[DATASET_MOST_FIELDS] = {0};
    double rating;
    if (!csv_read(csv, error) || !parse_rating(b, csv, columns->rating, &rating, error))
        return FALSE;
    for (guint f = 0; f < b->fields; f++) {
        const guint column = f == DATASET_USER    ? columns->user
                             : f == DATASET_MOVIE ? columns->movie
                                                  : columns->types_at[f - 2];
        if (!ratings_builder_find(b, f, csv->fields[column], csv->file, &positions[f], error))
            return FALSE;
        if (positions[f] == ID_TABLE_NONE)
            return TRUE;
    }
    if (!merge_movie(b, csv, columns, positions[DATASET_MOVIE], error))
        return FALSE;
    *highest = MAX(*highest, rating);
    memcpy(ratings_builder_add(b, (float)rating, csv->file->line), positions,
           b->fields * sizeof *positions);
    take_time(b, csv, columns);
    return TRUE;
}

static Dataset *read_file(const char *path, const Dataset *base, GError **error)
{
    g_auto(TextFile) file = {0};
    g_auto(Csv) csv = {0};
    g_auto(Columns) columns = {0};
    if (!text_file_open(&file, path, error) || !csv_open(&csv, &file, error) ||
        !find_columns(&csv, &columns, error) ||
        (base != NULL && !check_types(&csv, &columns, base, error)))
        return NULL;
    double highest = 0;
    g_autoptr(RatingsBuilder) builder =
        ratings_builder_new((const char *const *)columns.types->pdata, TRUE, base);
    if (!ratings_builder_begin(builder, &file, text_file_count_lines(&file), error))
        return NULL;
    while (csv_has_more(&csv))
        if (!read_row(builder, &csv, &columns, &highest, error))
            return NULL;
    if (builder->rows > 0 && highest == 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s: all ratings are 0, so there is nothing to learn", path);
        return NULL;
    }
    take_years_from_titles(builder);
    text_file_close(&file);
    Dataset *dataset = ratings_builder_finish(builder, highest * 11 / 10, error);
    if (dataset != NULL)
        dataset->without_ratings = columns.rating < 0;
    return dataset;
}

static Dataset *read_alone(const char *path, GError **error)
{
    return read_file(path, NULL, error);
}

const DataFormat format_csv = {
    .name = "CSV",
    .needs = "a header that names the columns user, item and rating",
    .read = read_alone,
    .read_like = read_file,
};
