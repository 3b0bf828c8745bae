#include "baseline.h"

static float *movie_means(const TrainingRows *rows)
{
    double all = 0;
    for (guint m = 0; m < rows->movies; m++)
        all += training_rows_sum(rows, m);
    const double mean = all / MAX(rows->rows, 1);
    float *means = g_new(float, rows->movies);
    for (guint m = 0; m < rows->movies; m++) {
        const double count = rows->movie_ratings[m];
        const double above = training_rows_sum(rows, m) - count * mean;
        means[m] = (float)(mean + above / (count + BASELINE_DAMPING));
    }
    return means;
}

Baseline *baseline_new(const FeatureTable *table, const TrainingRows *rows, float relevant)
{
    const GArray *movies = feature_table_of_type(table, FEATURE_MOVIE);
    Baseline *baseline = g_new0(Baseline, 1);
    baseline->popularity = g_new0(float, movies->len);
    for (guint m = 0; m < movies->len; m++)
        baseline->popularity[m] =
            rows != NULL
                ? (float)training_rows_count_from(rows, m, relevant)
                : (float)feature_table_get(table, g_array_index(movies, guint, m))->ratings;
    if (rows != NULL && rows->rows > 0)
        baseline->rating = movie_means(rows);
    return baseline;
}

void baseline_free(Baseline *baseline)
{
    if (baseline == NULL)
        return;
    g_free(baseline->rating);
    g_free(baseline->popularity);
    g_free(baseline);
}
