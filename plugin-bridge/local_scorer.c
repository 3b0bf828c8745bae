#include "local_scorer.h"

#include <math.h>
#include <string.h>

#include "document.h"
#include "kernels.h"
#include "recsys_error.h"

#define U_FLOAT 0x1p-24
#define U_DOUBLE 0x1p-53
#define ROOM (1.0 + 0x1p-40) /* more than what these few operations on doubles can lose */
#define LARGEST 0x1p100      /* of Q M */

/* ---- the plain way ---- */

static gboolean find_feature(const Bundle *bundle, const ProfileFeature *wanted, guint *index,
                             GError **error)
{
    if (feature_table_find(bundle->features, wanted->type, wanted->value, index))
        return TRUE;
    g_autofree char *known = feature_table_describe_values(bundle->features, wanted->type);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "there is no %s %s in %s; known: %s",
                wanted->type, wanted->value, bundle->path, known[0] != '\0' ? known : "none");
    return FALSE;
}

ProfileSum *local_profile_sum(const Bundle *bundle, const Profile *profile, GError **error)
{
    const guint count = profile_size(profile);
    g_autofree const float **vectors = g_new(const float *, count);
    g_autofree double *biases = g_new(double, count);
    for (guint i = 0; i < count; i++) {
        guint index;
        if (!find_feature(bundle, profile_get(profile, i), &index, error))
            return NULL;
        vectors[i] = fm_vector(bundle->model, index);
        biases[i] = bundle->model->bias[index];
    }
    return profile_sum(vectors, biases, count, bundle->model->k, bundle->model->w0);
}

void local_score_all(ExactScore *scores, const Bundle *bundle, const float *query, double shift)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    for (guint i = 0; i < movies->len; i++) {
        guint movie = g_array_index(movies, guint, i);
        scores[i] = exact_score(query, fm_vector(bundle->model, movie), bundle->model->k,
                                bundle->model->bias[movie], shift);
    }
}

/* ---- the fast way ---- */

struct LocalScorer {
    const Bundle *bundle;
    const Kernels *kernels;
    const GArray *movies; /* feature indices */
    double largest_norm;  /* M */
    double largest_bias;  /* W */
    float *query;         /* [k]: of the last call */
    double shift;
    double error; /* E */
    float *dots;  /* [movies]: f */
};

static double gamma_of(guint k)
{
    return k * U_FLOAT / (1.0 - k * U_FLOAT);
}

/* At least the length of v [k]: all terms of the float32 sum are positive, so it is not less than
 * (1 − γ_k) of the square, but for products that underflow. */
static double norm_above(const Kernels *kernels, const float *v, guint k)
{
    float square;
    kernels->dots(&square, v, v, 1, k);
    return sqrt(((double)square + k * 0x1p-149) / (1.0 - gamma_of(k))) * ROOM;
}

LocalScorer *local_scorer_new(const Bundle *bundle, GError **error)
{
    const Kernels *kernels = kernels_choose(error);
    if (kernels == NULL)
        return NULL;
    const FmModel *model = bundle->model;
    LocalScorer *scorer = g_new0(LocalScorer, 1);
    scorer->bundle = bundle;
    scorer->kernels = kernels;
    scorer->movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    scorer->query = g_new0(float, model->k);
    scorer->dots = g_new0(float, scorer->movies->len);
    for (guint i = 0; i < scorer->movies->len; i++) {
        const guint movie = g_array_index(scorer->movies, guint, i);
        const double norm = norm_above(kernels, fm_vector(model, movie), model->k);
        /* Written so that a norm that is not a number is the largest. */
        if (!(norm <= scorer->largest_norm))
            scorer->largest_norm = norm;
        scorer->largest_bias = MAX(scorer->largest_bias, fabs((double)model->bias[movie]));
    }
    return scorer;
}

void local_scorer_free(LocalScorer *scorer)
{
    if (scorer == NULL)
        return;
    g_free(scorer->query);
    g_free(scorer->dots);
    g_free(scorer);
}

guint local_scorer_movies(const LocalScorer *scorer)
{
    return scorer->movies->len;
}

ExactScore local_scorer_exact(const LocalScorer *scorer, const float *query, guint position,
                              double shift)
{
    const FmModel *model = scorer->bundle->model;
    const guint movie = g_array_index(scorer->movies, guint, position);
    return exact_score(query, fm_vector(model, movie), model->k, model->bias[movie], shift);
}

static double error_of(const LocalScorer *scorer, const float *query, double shift)
{
    const guint k = scorer->bundle->model->k;
    const double reach = norm_above(scorer->kernels, query, k) * scorer->largest_norm;
    if (!(reach < LARGEST))
        return INFINITY;
    const double gamma = gamma_of(k);
    const double kernel = gamma * reach + k * 0x1p-149;
    const double additions =
        2 * U_DOUBLE * (fabs(shift) + scorer->largest_bias + (1 + gamma) * reach + kernel);
    /* Twice, which costs nothing: room for the rounding of E itself, of what is compared with it,
     * and of the exact scores (exact_score.h). */
    return (kernel + 2 * additions) * ROOM;
}

/* Calls the kernel once for every run of movies that are one after the other in the table. */
void local_scorer_score(LocalScorer *scorer, const float *query, double shift)
{
    const FmModel *model = scorer->bundle->model;
    const guint *movies = (const guint *)(gconstpointer)scorer->movies->data;
    memcpy(scorer->query, query, model->k * sizeof *query);
    scorer->shift = shift;
    scorer->error = error_of(scorer, query, shift);
    for (guint begin = 0, end; begin < scorer->movies->len; begin = end) {
        for (end = begin + 1; end < scorer->movies->len; end++)
            if (movies[end] != movies[begin] + (end - begin))
                break;
        scorer->kernels->dots(scorer->dots + begin, query, fm_vector(model, movies[begin]),
                              end - begin, model->k);
    }
}

double local_scorer_fast(const LocalScorer *scorer, guint position)
{
    const guint movie = g_array_index(scorer->movies, guint, position);
    return scorer->shift + scorer->bundle->model->bias[movie] + scorer->dots[position];
}

double local_scorer_error(const LocalScorer *scorer)
{
    return scorer->error;
}

/* ---- what matters ---- */

/* Puts `value` in the place of the least of heap [size], whose least is first. */
static void replace_least(double *heap, guint size, double value)
{
    guint at = 0;
    for (guint child; (child = 2 * at + 1) < size; at = child) {
        if (child + 1 < size && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= value)
            break;
        heap[at] = heap[child];
    }
    heap[at] = value;
}

/* t: the `size`-th largest of the fast scores, size ≥ 1; −∞ if there are fewer. */
static double threshold(const LocalScorer *scorer, guint size)
{
    const guint count = scorer->movies->len;
    if (size >= count || !isfinite(scorer->error))
        return -INFINITY;
    g_autofree double *heap = g_new(double, size);
    for (guint i = 0; i < size; i++)
        heap[i] = -INFINITY;
    for (guint i = 0; i < count; i++) {
        const double fast = local_scorer_fast(scorer, i);
        if (fast > heap[0])
            replace_least(heap, size, fast);
    }
    return heap[0];
}

typedef struct {
    guint position;
    double score;
} Candidate;

static int compare_candidates(gconstpointer a, gconstpointer b)
{
    const Candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->position > y->position) - (x->position < y->position);
}

GArray *local_scorer_best(LocalScorer *scorer, guint size)
{
    GArray *best = g_array_new(FALSE, FALSE, sizeof(guint));
    if (size == 0)
        return best;
    const double least = threshold(scorer, size) - 2 * scorer->error;
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    for (guint i = 0; i < scorer->movies->len; i++) {
        if (local_scorer_fast(scorer, i) < least)
            continue;
        const Candidate candidate = {
            i, local_scorer_exact(scorer, scorer->query, i, scorer->shift).score};
        g_array_append_val(candidates, candidate);
    }
    g_array_sort(candidates, compare_candidates);
    for (guint i = 0; i < MIN(size, candidates->len); i++)
        g_array_append_val(best, g_array_index(candidates, Candidate, i).position);
    return best;
}

GArray *local_scorer_above(const LocalScorer *scorer, double high)
{
    GArray *above = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < scorer->movies->len; i++)
        if (!(local_scorer_fast(scorer, i) + scorer->error <= high))
            g_array_append_val(above, i);
    return above;
}

/* ---- rankings ---- */

static RankedMovie describe(const Bundle *bundle, guint index, double score)
{
    const Feature *feature = feature_table_get(bundle->features, index);
    char *no_genres[] = {NULL};
    return (RankedMovie){
        .id = document_id(bundle, DOC_IDS_BY_VALUE, index),
        .value = g_strdup(feature->value),
        .title = g_strdup(feature->title != NULL ? feature->title : ""),
        .genres = g_strdupv(feature->genres != NULL ? (char **)feature->genres : no_genres),
        .year = feature->year,
        .score = score,
    };
}

Ranking *local_rank(const Bundle *bundle, const Profile *profile, guint size, GError **error)
{
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, error);
    if (sum == NULL)
        return NULL;
    g_autoptr(LocalScorer) scorer = local_scorer_new(bundle, error);
    if (scorer == NULL)
        return NULL;
    local_scorer_score(scorer, sum->query, 0);
    g_autoptr(GArray) best = local_scorer_best(scorer, size);

    Ranking *ranking = ranking_new(NULL, bundle->model_id, bundle->scale, 0);
    for (guint i = 0; i < best->len; i++) {
        const guint at = g_array_index(best, guint, i);
        const double score = local_scorer_exact(scorer, sum->query, at, 0).score;
        RankedMovie movie = describe(bundle, g_array_index(scorer->movies, guint, at), score);
        movie.rating = profile_rating(sum, movie.score, bundle->scale);
        ranking_add(ranking, &movie);
    }
    return ranking;
}
