#include "diversify.h"

#include <math.h>
#include <string.h>

#include "interrupt.h"

#define LEAST_CANDIDATES 100
#define CANDIDATES_EACH 10

guint diversify_candidates(guint size)
{
    return size <= G_MAXUINT / CANDIDATES_EACH ? MAX(size * CANDIDATES_EACH, LEAST_CANDIDATES)
                                               : G_MAXUINT;
}

static double dot(const float *a, const float *b, guint k)
{
    double sum = 0;
    for (guint f = 0; f < k; f++)
        sum += (double)a[f] * b[f];
    return sum;
}

static double similarity(const float *a, const float *b, double norm_a, double norm_b, guint k)
{
    const double norms = norm_a * norm_b;
    return norms > 0 ? (1 + dot(a, b, k) / norms) / 2 : 0.5;
}

typedef struct {
    double relevance;
    double norm;
    double closest; /* similarity to the nearest of those taken */
    gboolean taken;
} Candidate;

static guint best_left(const Candidate *candidates, guint n, double l)
{
    guint best = G_MAXUINT;
    double most = -INFINITY;
    for (guint i = 0; i < n; i++) {
        const double gain = (1 - l) * candidates[i].relevance - l * candidates[i].closest;
        if (!candidates[i].taken && gain > most) {
            most = gain;
            best = i;
        }
    }
    return best;
}

gboolean diversify(guint *order, guint size, const double *scores, const float *const *vectors,
                   guint n, guint k, double l, GError **error)
{
    g_autofree Candidate *candidates = g_new0(Candidate, n);
    const double range = n > 0 ? scores[0] - scores[n - 1] : 0;
    for (guint i = 0; i < n; i++) {
        candidates[i].relevance = range > 0 ? (scores[i] - scores[n - 1]) / range : 1;
        candidates[i].norm = sqrt(dot(vectors[i], vectors[i], k));
    }
    for (guint place = 0; place < size; place++) {
        if (interrupt_requested(error))
            return FALSE;
        /* Nothing is like nothing: the first is the most relevant, whatever L is. */
        const guint next = place > 0 ? best_left(candidates, n, l) : 0;
        order[place] = next;
        candidates[next].taken = TRUE;
        for (guint i = 0; i < n; i++) {
            const double like =
                similarity(vectors[next], vectors[i], candidates[next].norm, candidates[i].norm, k);
            candidates[i].closest = place > 0 ? MAX(candidates[i].closest, like) : like;
        }
    }
    return TRUE;
}

gboolean diversify_ranking(Ranking *ranking, guint k, guint size, double l, GError **error)
{
    const guint n = ranking->movies->len, taken = MIN(size, n);
    if (n == 0)
        return TRUE;
    g_autofree guint *order = g_new(guint, taken);
    g_autofree double *scores = g_new(double, n);
    g_autofree const float **vectors = g_new0(const float *, n);
    GArray *movies = ranking->movies;
    const guint first = ranking->form.rating_dims;
    for (guint i = 0; i < n; i++) {
        scores[i] = g_array_index(movies, RankedMovie, i).score;
        vectors[i] = g_array_index(movies, RankedMovie, i).vector + first;
    }
    if (!diversify(order, taken, scores, vectors, n, k - first, l, error))
        return FALSE;
    g_autoptr(GArray) all = movies;
    ranking->movies = g_array_new(FALSE, FALSE, sizeof(RankedMovie));
    g_array_set_clear_func(ranking->movies, (GDestroyNotify)ranked_movie_clear);
    for (guint i = 0; i < taken; i++)
        ranking_add(ranking, &g_array_index(all, RankedMovie, order[i]));
    return TRUE;
}
