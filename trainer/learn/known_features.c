#include "known_features.h"

#include <math.h>

#include "tall_matrix.h"

/* A block is decomposed as a dense matrix, so its columns are limited. */
#define MOST_VALUES 254
#define NONE G_MAXUINT

#define FIRST_YEAR 1920
#define LAST_YEAR 2029
#define YEARS_IN_CLASS 5
#define YEAR_CLASSES ((LAST_YEAR + 1 - FIRST_YEAR) / YEARS_IN_CLASS)

static KnownFeatures *known_features_new(guint lines, guint columns)
{
    KnownFeatures *features = g_new0(KnownFeatures, 1);
    features->lines = lines;
    features->width = tall_width(columns);
    features->values = g_new0(float, (gsize)lines * features->width);
    return features;
}

void known_features_free(KnownFeatures *features)
{
    if (features == NULL)
        return;
    g_free(features->values);
    g_free(features);
}

/* ---- which values get a column ---- */

typedef struct {
    guint value, count;
} ValueCount;

static int by_count(gconstpointer a, gconstpointer b)
{
    const ValueCount *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

/* column [values]: the columns of the most frequent values, NONE for the others and for those that
 * nobody has; returns how many columns there are. */
static guint choose_columns(const guint *counts, guint values, guint *column)
{
    g_autofree ValueCount *sorted = g_new(ValueCount, values);
    for (guint i = 0; i < values; i++) {
        sorted[i] = (ValueCount){i, counts[i]};
        column[i] = NONE;
    }
    if (values > 0)
        qsort(sorted, values, sizeof *sorted, by_count);
    guint columns = 0;
    while (columns < MIN(values, MOST_VALUES) && sorted[columns].count > 0)
        columns++;
    for (guint i = 0; i < columns; i++)
        column[sorted[i].value] = i;
    return columns;
}

/* ---- counts of ratings ---- */

/* log(1 + ratings), centred and scaled over the lines that have any; 0 for those that have none. */
static void put_counts(KnownFeatures *features, guint column, const RatingLines *lines)
{
    double sum = 0, squares = 0;
    guint rated = 0;
    for (guint i = 0; i < lines->lines; i++) {
        const guint count = lines->begin[i + 1] - lines->begin[i];
        const double value = log1p(count);
        sum += value;
        squares += value * value;
        rated += count > 0;
    }
    const double mean = rated > 0 ? sum / rated : 0;
    const double variance = rated > 0 ? squares / rated - mean * mean : 0;
    const double scale = variance > 1e-9 ? 1.0 / sqrt(variance) : 0;
    for (guint i = 0; i < lines->lines; i++) {
        const guint count = lines->begin[i + 1] - lines->begin[i];
        if (count > 0)
            features->values[(gsize)i * features->width + column] =
                (float)((log1p(count) - mean) * scale);
    }
}

/* ---- people ---- */

KnownFeatures *known_features_of_people(const Dataset *data, const RatingMatrix *ratings)
{
    const guint values = feature_table_size(data->table), users = ratings->by_user.lines;
    g_autofree guint *counts = g_new0(guint, values);
    g_autofree guint *column = g_new(guint, values);
    g_autofree guint *rows = g_new0(guint, users);
    for (guint row = 0; row < data->rows; row++) {
        const guint32 *features = data->features + (gsize)row * data->fields;
        rows[features[DATASET_USER] - ratings->first_user]++;
        for (guint f = DATASET_MOVIE + 1; f < data->fields; f++)
            counts[features[f]]++;
    }
    const guint columns = choose_columns(counts, values, column);
    KnownFeatures *known = known_features_new(users, columns + 1);
    for (guint row = 0; row < data->rows; row++) {
        const guint32 *features = data->features + (gsize)row * data->fields;
        const guint user = features[DATASET_USER] - ratings->first_user;
        for (guint f = DATASET_MOVIE + 1; f < data->fields; f++)
            if (column[features[f]] != NONE)
                known->values[(gsize)user * known->width + column[features[f]]] +=
                    1.0f / (float)rows[user];
    }
    put_counts(known, columns, &ratings->by_user);
    return known;
}

/* ---- movies ---- */

/* The genres of all movies, numbered as they come: name → number + 1. */
static GHashTable *number_genres(const Dataset *data, const RatingMatrix *ratings, GArray *counts)
{
    GHashTable *numbers = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < ratings->by_movie.lines; i++) {
        const Feature *movie = feature_table_get(data->table, ratings->first_movie + i);
        for (const char **genre = movie->genres; genre != NULL && *genre != NULL; genre++) {
            guint number = GPOINTER_TO_UINT(g_hash_table_lookup(numbers, *genre));
            if (number == 0) {
                const guint zero = 0;
                g_array_append_val(counts, zero);
                number = counts->len;
                g_hash_table_insert(numbers, (gpointer)*genre, GUINT_TO_POINTER(number));
            }
            g_array_index(counts, guint, number - 1)++;
        }
    }
    return numbers;
}

static void put_movie(float *values, const Feature *movie, GHashTable *numbers, const guint *column)
{
    if (movie->year > 0)
        values[(CLAMP(movie->year, FIRST_YEAR, LAST_YEAR) - FIRST_YEAR) / YEARS_IN_CLASS] = 1.0f;
    for (const char **genre = movie->genres; genre != NULL && *genre != NULL; genre++) {
        const guint at = column[GPOINTER_TO_UINT(g_hash_table_lookup(numbers, *genre)) - 1];
        if (at != NONE)
            values[YEAR_CLASSES + at] = 1.0f;
    }
}

KnownFeatures *known_features_of_movies(const Dataset *data, const RatingMatrix *ratings)
{
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GHashTable) numbers = number_genres(data, ratings, counts);
    g_autofree guint *column = g_new(guint, MAX(counts->len, 1));
    const guint genres =
        choose_columns((const guint *)(gconstpointer)counts->data, counts->len, column);
    KnownFeatures *known = known_features_new(ratings->by_movie.lines, YEAR_CLASSES + genres + 1);
    for (guint i = 0; i < known->lines; i++)
        put_movie(known->values + (gsize)i * known->width,
                  feature_table_get(data->table, ratings->first_movie + i), numbers, column);
    put_counts(known, YEAR_CLASSES + genres, &ratings->by_movie);
    return known;
}
