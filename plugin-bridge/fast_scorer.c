#include "fast_scorer.h"

#include <math.h>
#include <string.h>

#define U_DOUBLE 0x1p-53
#define U_FLOAT 0x1p-24
#define LEAST_STEP 0x1p-80
#define LARGEST_STEP 0x1p80
#define LARGEST_SCORE 0x1p100
#define ROOM (1.0 + 0x1p-36) /* more than what sums of some thousand squares in double can lose */
#define LARGEST_CODE 127
#define ZERO_CODE 128 /* codes of movies are kept as C + 128, unsigned */

struct FastScorer {
    const Bundle *bundle;
    const CodeKernel *kernel;
    const GArray *movies; /* feature indices */
    gsize stride;         /* bytes of a row of codes */
    guint8 *codes;        /* [movies, stride] */
    float *steps;         /* [movies]: a */
    float *biases;        /* [movies]: w */
    double norm;          /* M */
    double residual;      /* R */
    double bias;          /* W */
    gboolean is_ordinary; /* no step is too large for float32 */

    float *query;       /* [k]: of the last call */
    gint8 *query_codes; /* [stride]: e, then zeros */
    double shift;
    double error;   /* E */
    float *fast;    /* [movies]: s */
    float *largest; /* of each CODE_ROWS of them */
};

/* A vector in bytes. */
typedef struct {
    float step;
    double norm, residual; /* lengths, rounded up */
} Coded;

/* v [k] to codes [k]. A step below the least one is 0: what such a vector has is all residual. */
static Coded encode(gint8 *codes, const float *v, guint k)
{
    double most = 0, squares = 0, errors = 0;
    for (guint f = 0; f < k; f++)
        most = MAX(most, fabs((double)v[f]));
    const double finest = most / LARGEST_CODE;
    const float step = finest < LEAST_STEP ? 0 : (float)finest;
    for (guint f = 0; f < k; f++) {
        const double value = v[f];
        const double code = step > 0 ? nearbyint(value / step) : 0;
        codes[f] = (gint8)CLAMP(code, -LARGEST_CODE, LARGEST_CODE); /* the step is rounded */
        const double error = value - (double)step * codes[f];       /* the product is exact */
        squares += value * value;
        errors += error * error;
    }
    return (Coded){step, sqrt(squares) * ROOM, sqrt(errors) * ROOM};
}

static gboolean is_ordinary(float step)
{
    return step <= LARGEST_STEP;
}

static void add_movie(FastScorer *scorer, guint position)
{
    const FmModel *model = scorer->bundle->model;
    const guint movie = g_array_index(scorer->movies, guint, position);
    g_autofree gint8 *codes = g_new(gint8, model->k);
    const Coded coded = encode(codes, fm_vector(model, movie), model->k);
    guint8 *row = scorer->codes + position * scorer->stride;
    for (guint f = 0; f < model->k; f++)
        row[f] = (guint8)(codes[f] + ZERO_CODE);
    scorer->steps[position] = coded.step;
    scorer->is_ordinary = scorer->is_ordinary && is_ordinary(coded.step);
    scorer->biases[position] = model->bias[movie];
    scorer->norm = MAX(scorer->norm, coded.norm);
    scorer->residual = MAX(scorer->residual, coded.residual);
    scorer->bias = MAX(scorer->bias, fabs((double)model->bias[movie]));
}

FastScorer *fast_scorer_new(const Bundle *bundle, const CodeKernel *kernel)
{
    const guint k = bundle->model->k;
    FastScorer *scorer = g_new0(FastScorer, 1);
    scorer->bundle = bundle;
    scorer->kernel = kernel;
    scorer->movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    scorer->stride = ((gsize)k + CODE_BLOCK - 1) / CODE_BLOCK * CODE_BLOCK;
    scorer->codes = g_aligned_alloc0(scorer->movies->len, scorer->stride, CODE_BLOCK);
    scorer->is_ordinary = TRUE;
    scorer->steps = g_new(float, scorer->movies->len);
    scorer->biases = g_new(float, scorer->movies->len);
    scorer->fast = g_new0(float, scorer->movies->len);
    scorer->largest = g_new0(float, scorer->movies->len / CODE_ROWS + 1);
    scorer->query = g_new0(float, k);
    scorer->query_codes = g_aligned_alloc0(scorer->stride, sizeof(gint8), CODE_BLOCK);
    for (guint i = 0; i < scorer->movies->len; i++)
        add_movie(scorer, i);
    return scorer;
}

void fast_scorer_free(FastScorer *scorer)
{
    if (scorer == NULL)
        return;
    g_aligned_free(scorer->codes);
    g_free(scorer->steps);
    g_free(scorer->biases);
    g_free(scorer->fast);
    g_free(scorer->largest);
    g_free(scorer->query);
    g_aligned_free(scorer->query_codes);
    g_free(scorer);
}

guint fast_scorer_movies(const FastScorer *scorer)
{
    return scorer->movies->len;
}

/* ---- scores ---- */

static double error_of(const FastScorer *scorer, const Coded *query, double shift)
{
    const double reach = scorer->norm + scorer->residual;
    const double codes = query->norm * scorer->residual + query->residual * reach;
    const double score = scorer->bias + (query->norm + query->residual) * reach;
    if (!scorer->is_ordinary || !is_ordinary(query->step) || !(score < LARGEST_SCORE))
        return INFINITY;
    return (codes + 8 * U_FLOAT * score + 0x1p-140 + 8 * U_DOUBLE * (fabs(shift) + score)) * ROOM;
}

void fast_scorer_score(FastScorer *scorer, const float *query, double shift)
{
    const guint k = scorer->bundle->model->k;
    const Coded coded = encode(scorer->query_codes, query, k);
    CodeQuery codes = {.codes = scorer->query_codes, .step = coded.step};
    for (guint f = 0; f < k; f++)
        codes.offset += ZERO_CODE * scorer->query_codes[f];
    memcpy(scorer->query, query, k * sizeof *query);
    scorer->shift = shift;
    scorer->error = error_of(scorer, &coded, shift);
    for (guint begin = 0; begin < scorer->movies->len; begin += CODE_ROWS) {
        const guint count = MIN(scorer->movies->len - begin, CODE_ROWS);
        const CodeRows rows = {scorer->codes + begin * scorer->stride, scorer->steps + begin,
                               scorer->biases + begin};
        scorer->largest[begin / CODE_ROWS] =
            scorer->kernel->score(scorer->fast + begin, &rows, count, &codes, scorer->stride);
    }
}

ExactScore fast_scorer_exact(const FastScorer *scorer, guint position)
{
    const FmModel *model = scorer->bundle->model;
    const guint movie = g_array_index(scorer->movies, guint, position);
    return exact_score(scorer->query, fm_vector(model, movie), model->k, model->bias[movie],
                       scorer->shift);
}

double fast_scorer_fast(const FastScorer *scorer, guint position)
{
    return scorer->shift + scorer->fast[position];
}

double fast_scorer_error(const FastScorer *scorer)
{
    return scorer->error;
}

/* ---- what matters ---- */

/* Puts `value` in the place of the least of heap [size], whose least is first. */
static void replace_least(float *heap, guint size, float value)
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

/* t: the `size`-th largest of the fast scores, size ≥ 1; −∞ if there are not more of them. */
static double threshold(const FastScorer *scorer, guint size)
{
    const guint count = scorer->movies->len;
    if (size >= count || isinf(scorer->error))
        return -INFINITY;
    g_autofree float *heap = g_new(float, size);
    for (guint i = 0; i < size; i++)
        heap[i] = -INFINITY;
    for (guint begin = 0; begin < count; begin += CODE_ROWS) {
        if (scorer->largest[begin / CODE_ROWS] <= heap[0])
            continue;
        for (guint i = begin; i < MIN(count, begin + CODE_ROWS); i++)
            if (scorer->fast[i] > heap[0])
                replace_least(heap, size, scorer->fast[i]);
    }
    return heap[0];
}

/* The positions of the movies with s ≥ least, or where that cannot be told. */
static GArray *at_least(const FastScorer *scorer, double least)
{
    const guint count = scorer->movies->len;
    GArray *positions = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint begin = 0; begin < count; begin += CODE_ROWS) {
        if (scorer->largest[begin / CODE_ROWS] < least && !isinf(scorer->error))
            continue;
        for (guint i = begin; i < MIN(count, begin + CODE_ROWS); i++)
            if (!(scorer->fast[i] < least) || isinf(scorer->error))
                g_array_append_val(positions, i);
    }
    return positions;
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

GArray *fast_scorer_best(const FastScorer *scorer, guint size)
{
    GArray *best = g_array_new(FALSE, FALSE, sizeof(guint));
    if (size == 0)
        return best;
    g_autoptr(GArray) positions = at_least(scorer, threshold(scorer, size) - 2 * scorer->error);
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    for (guint i = 0; i < positions->len; i++) {
        const guint position = g_array_index(positions, guint, i);
        const Candidate candidate = {position, fast_scorer_exact(scorer, position).score};
        g_array_append_val(candidates, candidate);
    }
    g_array_sort(candidates, compare_candidates);
    for (guint i = 0; i < MIN(size, candidates->len); i++)
        g_array_append_val(best, g_array_index(candidates, Candidate, i).position);
    return best;
}

/* c + s + E > high if and only if s > high − c − E, but for the rounding of that difference, which
 * E has room for. */
GArray *fast_scorer_above(const FastScorer *scorer, double high)
{
    return at_least(scorer, high - scorer->shift - scorer->error);
}
