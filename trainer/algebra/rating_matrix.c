#include "rating_matrix.h"

static void lines_init(RatingLines *lines, guint count, guint others, guint rows)
{
    *lines = (RatingLines){
        .lines = count,
        .others = others,
        .begin = g_new0(guint, (gsize)count + 1),
        .other = g_new(guint32, rows),
        .rating = g_new(float, rows),
    };
}

static void lines_clear(RatingLines *lines)
{
    g_free(lines->begin);
    g_free(lines->other);
    g_free(lines->rating);
}

/* begin[i + 1] has the number of line i's ratings; makes it the end of line i - 1. After all
 * ratings have been put, begin[i] is where line i begins. */
static void counts_to_positions(RatingLines *lines)
{
    guint position = 0;
    for (guint i = 0; i < lines->lines; i++) {
        const guint count = lines->begin[i + 1];
        lines->begin[i + 1] = position;
        position += count;
    }
}

static void put(RatingLines *lines, guint line, guint32 other, float rating)
{
    const guint at = lines->begin[line + 1]++;
    lines->other[at] = other;
    lines->rating[at] = rating;
}

/* A counting sort whose input is in order of the other side keeps that order within each line. */
static void transpose(RatingLines *to, const RatingLines *from)
{
    for (guint i = 0; i < from->begin[from->lines]; i++)
        to->begin[from->other[i] + 1]++;
    counts_to_positions(to);
    for (guint line = 0; line < from->lines; line++)
        for (guint i = from->begin[line]; i < from->begin[line + 1]; i++)
            put(to, from->other[i], line, from->rating[i]);
}

RatingMatrix *rating_matrix_new(const Dataset *data, const guint32 *rows, guint count)
{
    guint users, movies;
    RatingMatrix *m = g_new0(RatingMatrix, 1);
    RatingLines unsorted;
    m->rows = count;
    m->first_user = feature_table_first(data->table, FEATURE_USER, &users);
    m->first_movie = feature_table_first(data->table, FEATURE_MOVIE, &movies);
    lines_init(&unsorted, users, movies, count);
    lines_init(&m->by_movie, movies, users, count);
    for (guint i = 0; i < count; i++)
        unsorted.begin[data->features[(gsize)rows[i] * data->fields + DATASET_USER] -
                       m->first_user + 1]++;
    counts_to_positions(&unsorted);
    for (guint i = 0; i < count; i++) {
        const guint32 *row = data->features + (gsize)rows[i] * data->fields;
        put(&unsorted, row[DATASET_USER] - m->first_user, row[DATASET_MOVIE] - m->first_movie,
            data->ratings[rows[i]]);
    }
    transpose(&m->by_movie, &unsorted);
    lines_clear(&unsorted);
    lines_init(&m->by_user, users, movies, count);
    transpose(&m->by_user, &m->by_movie);
    return m;
}

void rating_matrix_free(RatingMatrix *matrix)
{
    if (matrix == NULL)
        return;
    lines_clear(&matrix->by_user);
    lines_clear(&matrix->by_movie);
    g_free(matrix);
}
