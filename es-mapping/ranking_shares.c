#include "ranking_shares.h"

static double dot(const float *a, const float *b, guint k)
{
    double sum = 0;
    for (guint f = 0; f < k; f++)
        sum += (double)a[f] * b[f];
    return sum;
}

void ranking_explain(Ranking *ranking, const FeatureVectors *profile)
{
    const guint first = ranking->form.rating_dims, dims = profile->k - first;
    g_strfreev(ranking->terms);
    ranking->terms = g_new0(char *, profile->count + 2);
    ranking->terms[0] = g_strdup("the movie itself");
    for (guint i = 0; i < profile->count; i++)
        ranking->terms[i + 1] = g_strdup(profile->names[i]);
    for (guint m = 0; m < ranking->movies->len; m++) {
        RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, m);
        g_free(movie->shares);
        movie->shares = g_new(double, profile->count + 1);
        movie->shares[0] = movie->bias;
        for (guint i = 0; i < profile->count; i++)
            movie->shares[i + 1] =
                dot(feature_vectors_get(profile, i) + first, movie->vector + first, dims);
    }
}
