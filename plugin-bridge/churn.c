#include "churn.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "interrupt.h"
#include "local_scorer.h"
#include "standard_profiles.h"

/* ---- vectors ---- */

/* product [k, k] = Aᵀ B, row-major. */
static void multiply_transposed(double *product, const double *a, const double *b, guint m, guint k)
{
    memset(product, 0, sizeof *product * k * k);
    for (guint r = 0; r < m; r++)
        for (guint i = 0; i < k; i++) {
            const double weight = a[(gsize)r * k + i];
            double *row = product + (gsize)i * k;
            for (guint j = 0; j < k; j++)
                row[j] += weight * b[(gsize)r * k + j];
        }
}

/* ‖A R − B‖_F / ‖B‖_F, row by row. */
static double relative_distance(const double *rotation, const double *a, const double *b, guint m,
                                guint k)
{
    g_autofree double *rotated = g_new(double, k);
    double distance = 0, size = 0;
    for (guint r = 0; r < m; r++) {
        const double *target = b + (gsize)r * k;
        memset(rotated, 0, sizeof *rotated * k);
        for (guint i = 0; i < k; i++)
            for (guint j = 0; j < k; j++)
                rotated[j] += a[(gsize)r * k + i] * rotation[(gsize)i * k + j];
        for (guint j = 0; j < k; j++) {
            distance += (rotated[j] - target[j]) * (rotated[j] - target[j]);
            size += target[j] * target[j];
        }
    }
    return size > 0 ? sqrt(distance / size) : NAN;
}

double churn_procrustes(double *rotation, const double *a, const double *b, guint m, guint k)
{
    const gsize area = (gsize)k * k;
    g_autofree double *product = g_new(double, area);
    g_autofree double *u = g_new(double, area);
    g_autofree double *vt = g_new(double, area);
    g_autofree double *sigma = g_new(double, k);
    const lapack_int n = (lapack_int)k;
    multiply_transposed(product, a, b, m, k);
    if (LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'A', n, n, product, n, sigma, u, n, vt, n) != 0)
        return NAN;
    memset(rotation, 0, sizeof *rotation * area);
    for (guint i = 0; i < k; i++)
        for (guint l = 0; l < k; l++)
            for (guint j = 0; j < k; j++)
                rotation[(gsize)i * k + j] += u[(gsize)i * k + l] * vt[(gsize)l * k + j];
    return relative_distance(rotation, a, b, m, k);
}

/* The dimensions for lists. */
static void append_row(GArray *matrix, const Bundle *bundle, guint index)
{
    const float *vector = fm_vector(bundle->model, index);
    for (guint f = bundle->form.rating_dims; f < bundle->model->k; f++) {
        const double value = (double)vector[f];
        g_array_append_val(matrix, value);
    }
}

static double drift_of(const Bundle *old, const Bundle *new)
{
    const guint k = new->model->k - new->form.rating_dims;
    guint m = 0;
    if (old->model->k - old->form.rating_dims != k)
        return NAN;
    g_autoptr(GArray) a = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) b = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < feature_table_size(old->features); i++) {
        const Feature *feature = feature_table_get(old->features, i);
        guint other;
        if (strcmp(feature->type, FEATURE_USER) == 0 ||
            !feature_table_find(new->features, feature->type, feature->value, &other))
            continue;
        append_row(a, old, i);
        append_row(b, new, other);
        m++;
    }
    g_autofree double *rotation = g_new(double, (gsize)k *k);
    return m > 0 ? churn_procrustes(rotation, (const double *)(gpointer)a->data,
                                    (const double *)(gpointer)b->data, m, k)
                 : NAN;
}

/* ---- orders ---- */

double churn_spearman(const guint *a, const guint *b, guint m)
{
    double squares = 0;
    for (guint i = 0; i < m; i++) {
        const double difference = (double)a[i] - (double)b[i];
        squares += difference * difference;
    }
    return m < 2 ? 1 : 1 - 6 * squares / ((double)m * ((double)m * m - 1));
}

/* A ranking's common movies by rank: ranks [common] by position in the old model's movie list. */
static void rank_common(guint *ranks, const Ranking *ranking, GHashTable *positions)
{
    guint rank = 0;
    for (guint i = 0; i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        guint position = GPOINTER_TO_UINT(g_hash_table_lookup(positions, movie->value));
        if (position > 0)
            ranks[position - 1] = rank++;
    }
}

static double top_overlap(const Ranking *old, const Ranking *new)
{
    const guint top = MIN(CHURN_TOP, MIN(old->movies->len, new->movies->len));
    guint shared = 0;
    for (guint i = 0; i < top; i++)
        for (guint j = 0; j < top; j++)
            shared += strcmp(g_array_index(old->movies, RankedMovie, i).value,
                             g_array_index(new->movies, RankedMovie, j).value) == 0;
    return top > 0 ? (double)shared / top : NAN;
}

/* value -> 1, 2, … of the movies that both have. */
static GHashTable *common_movies(const Bundle *old, const Bundle *new)
{
    GHashTable *positions = g_hash_table_new(g_str_hash, g_str_equal);
    const GArray *movies = feature_table_of_type(old->features, FEATURE_MOVIE);
    for (guint i = 0; i < movies->len; i++) {
        const char *value =
            feature_table_get(old->features, g_array_index(movies, guint, i))->value;
        if (feature_table_find(new->features, FEATURE_MOVIE, value, NULL))
            g_hash_table_insert(positions, (gpointer)value,
                                GUINT_TO_POINTER(g_hash_table_size(positions) + 1));
    }
    return positions;
}

static gboolean has_profile(const Bundle *bundle, const Profile *profile)
{
    for (guint i = 0; i < profile_size(profile); i++) {
        const ProfileFeature *feature = profile_get(profile, i);
        if (!feature_table_find(bundle->features, feature->type, feature->value, NULL))
            return FALSE;
    }
    return TRUE;
}

static gboolean compare_profile(Churn *churn, const Bundle *old, const Bundle *new,
                                const Profile *profile, GHashTable *positions, GError **error)
{
    g_autoptr(Ranking) before = local_rank(old, profile, G_MAXUINT, error);
    if (before == NULL)
        return FALSE;
    g_autoptr(Ranking) after = local_rank(new, profile, G_MAXUINT, error);
    if (after == NULL)
        return FALSE;
    g_autofree guint *old_ranks = g_new0(guint, churn->movies + 1);
    g_autofree guint *new_ranks = g_new0(guint, churn->movies + 1);
    rank_common(old_ranks, before, positions);
    rank_common(new_ranks, after, positions);
    const double overlap = top_overlap(before, after);
    const double correlation = churn_spearman(old_ranks, new_ranks, churn->movies);
    churn->overlap += overlap;
    churn->correlation += correlation;
    churn->least_overlap = MIN(churn->least_overlap, overlap);
    churn->least_correlation = MIN(churn->least_correlation, correlation);
    churn->profiles++;
    return TRUE;
}

gboolean churn_measure(Churn *churn, const Bundle *old, const Bundle *new, GError **error)
{
    g_autoptr(GHashTable) positions = common_movies(old, new);
    g_autoptr(GPtrArray) profiles = standard_profiles_simple(new->features);
    *churn = (Churn){
        .movies = g_hash_table_size(positions),
        .least_overlap = INFINITY,
        .least_correlation = INFINITY,
    };
    for (guint i = 0; i < profiles->len; i++) {
        const Profile *profile = g_ptr_array_index(profiles, i);
        if (interrupt_requested(error))
            return FALSE;
        if (has_profile(old, profile) &&
            !compare_profile(churn, old, new, profile, positions, error))
            return FALSE;
    }
    if (churn->profiles == 0)
        churn->least_overlap = churn->least_correlation = NAN;
    churn->overlap = churn->profiles > 0 ? churn->overlap / churn->profiles : NAN;
    churn->correlation = churn->profiles > 0 ? churn->correlation / churn->profiles : NAN;
    churn->drift = drift_of(old, new);
    return TRUE;
}
