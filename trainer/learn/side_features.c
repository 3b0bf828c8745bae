#include "side_features.h"

#include <math.h>
#include <string.h>

#include "known_features.h"
#include "randomized_svd.h"
#include "tall_matrix.h"

#define POPULARITY_POWER 0.25
#define ITERATIONS 2      /* of the subspace */
#define LEAST_PART 2e-3f  /* of the largest singular value: less may be rounding */
#define LINES_IN_CHUNK 32 /* for the team */

static gboolean has_ratings(const RatingLines *lines, guint line)
{
    return lines->begin[line + 1] > lines->begin[line];
}

/* ---- from raw columns to a block ---- */

/* Subtracts each column's mean over the lines with ratings. */
static void centre(float *values, const RatingLines *lines, guint width)
{
    g_autofree double *mean = g_new0(double, width);
    guint rated = 0;
    for (guint i = 0; i < lines->lines; i++) {
        if (!has_ratings(lines, i))
            continue;
        rated++;
        for (guint f = 0; f < width; f++)
            mean[f] += values[(gsize)i * width + f];
    }
    for (guint i = 0; i < lines->lines && rated > 0; i++)
        for (guint f = 0; f < width; f++)
            values[(gsize)i * width + f] -= (float)(mean[f] / rated);
}

/* The same space in orthogonal columns (principal components that keep their scale), without those
 * that are rounding. Uses up `values` [lines, width]. */
static void make_block(FeatureBlock *block, float *values, guint lines, guint width, Team *team)
{
    g_autofree float *sigma = g_new(float, width);
    tall_principal(values, lines, width, sigma, NULL, team);
    while (block->width < MIN(width, lines) && sigma[block->width] > LEAST_PART * sigma[0])
        block->width++;
    block->values = g_new(float, (gsize)lines * block->width);
    block->squares = g_new(float, block->width);
    for (guint f = 0; f < block->width; f++)
        block->squares[f] = sigma[f] * sigma[f];
    for (guint i = 0; i < lines; i++)
        for (guint f = 0; f < block->width; f++)
            block->values[(gsize)i * block->width + f] = values[(gsize)i * width + f];
}

/* ---- the implicit rows ---- */

/* S [lines, others]: length of the line times weight of the other where there is a rating. */
typedef struct {
    const RatingLines *lines, *others;
    float *length; /* [lines] */
    float *weight; /* [others] */
    Team *team;
} ImplicitRows;

typedef struct {
    const RatingLines *lines;
    const float *q, *scale; /* [others, width], [lines] */
    float *out;
    guint width;
} Gather;

static void gather_lines(gpointer data, guint begin, guint end)
{
    const Gather *g = data;
    const RatingLines *lines = g->lines;
    for (guint i = begin; i < end; i++) {
        float *out = g->out + (gsize)i * g->width;
        memset(out, 0, g->width * sizeof *out);
        dense_kernels()->sum_rows(out, g->q, lines->other + lines->begin[i],
                                  lines->begin[i + 1] - lines->begin[i], g->width);
        for (guint f = 0; f < g->width; f++)
            out[f] *= g->scale[i];
    }
}

/* scaled [n, l] = the rows of q, each times its scale. */
static float *scale_rows(const float *q, const float *scale, guint n, guint l)
{
    float *scaled = g_new(float, (gsize)n *l);
    for (gsize i = 0; i < n; i++)
        for (gsize f = 0; f < l; f++)
            scaled[i * l + f] = scale[i] * q[i * l + f];
    return scaled;
}

static void multiply(gpointer data, const float *q, guint l, float *out)
{
    const ImplicitRows *s = data;
    g_autofree float *scaled = scale_rows(q, s->weight, s->others->lines, l);
    Gather gather = {s->lines, scaled, s->length, out, l};
    team_run(s->team, gather_lines, &gather, s->lines->lines, LINES_IN_CHUNK);
}

static void multiply_transposed(gpointer data, const float *q, guint l, float *out)
{
    const ImplicitRows *s = data;
    g_autofree float *scaled = scale_rows(q, s->length, s->lines->lines, l);
    Gather gather = {s->others, scaled, s->weight, out, l};
    team_run(s->team, gather_lines, &gather, s->others->lines, LINES_IN_CHUNK);
}

/* weight [others]: ratings^(-1/4); length [lines]: 1 / the norm of the line so weighted, 0 for a
 * line without ratings. */
static void weigh(const RatingLines *lines, const RatingLines *others, float *length, float *weight)
{
    for (guint i = 0; i < others->lines; i++) {
        const guint count = others->begin[i + 1] - others->begin[i];
        weight[i] = (float)pow(MAX(count, 1), -POPULARITY_POWER);
    }
    for (guint i = 0; i < lines->lines; i++) {
        double squares = 0;
        for (guint r = lines->begin[i]; r < lines->begin[i + 1]; r++)
            squares += (double)weight[lines->other[r]] * weight[lines->other[r]];
        length[i] = squares > 0 ? (float)(1.0 / sqrt(squares)) : 0.0f;
    }
}

static gboolean add_implicit(FeatureBlock *block, const RatingLines *lines,
                             const RatingLines *others, guint directions, guint64 seed, Team *team,
                             GError **error)
{
    const guint n = lines->lines;
    const guint l = MIN(directions, MIN(n, others->lines)) / DENSE_LANES * DENSE_LANES;
    if (l == 0)
        return TRUE;
    g_autofree float *length = g_new(float, n);
    g_autofree float *weight = g_new(float, others->lines);
    g_autofree float *values = g_new(float, (gsize)n *l);
    g_autofree float *sigma = g_new(float, l);
    weigh(lines, others, length, weight);
    ImplicitRows rows = {lines, others, length, weight, team};
    const ProductMatrix matrix = {n, others->lines, multiply, multiply_transposed, &rows};
    if (!randomized_svd(&matrix, l, ITERATIONS, seed, values, sigma, team, error))
        return FALSE;
    for (guint i = 0; i < n; i++)
        for (guint f = 0; f < l; f++)
            values[(gsize)i * l + f] *= sigma[f];
    centre(values, lines, l);
    for (guint i = 0; i < n; i++)
        if (!has_ratings(lines, i))
            memset(values + (gsize)i * l, 0, l * sizeof *values);
    make_block(block, values, n, l, team);
    return TRUE;
}

/* ---- both ---- */

static SideFeatures *side_features_new(const RatingLines *lines, const RatingLines *others,
                                       KnownFeatures *known, guint directions, guint64 seed,
                                       Team *team, GError **error)
{
    g_autoptr(SideFeatures) features = g_new0(SideFeatures, 1);
    features->lines = lines->lines;
    centre(known->values, lines, known->width);
    make_block(&features->block[0], known->values, lines->lines, known->width, team);
    if (!add_implicit(&features->block[1], lines, others, directions, seed, team, error))
        return NULL;
    return g_steal_pointer(&features);
}

SideFeatures *side_features_of_people(const Dataset *data, const RatingMatrix *ratings,
                                      guint directions, guint64 seed, Team *team, GError **error)
{
    g_autoptr(KnownFeatures) known = known_features_of_people(data, ratings);
    return side_features_new(&ratings->by_user, &ratings->by_movie, known, directions, seed, team,
                             error);
}

SideFeatures *side_features_of_movies(const Dataset *data, const RatingMatrix *ratings,
                                      guint directions, guint64 seed, Team *team, GError **error)
{
    g_autoptr(KnownFeatures) known = known_features_of_movies(data, ratings);
    return side_features_new(&ratings->by_movie, &ratings->by_user, known, directions, seed + 1,
                             team, error);
}

void side_features_free(SideFeatures *features)
{
    if (features == NULL)
        return;
    for (guint b = 0; b < SIDE_BLOCKS; b++) {
        g_free(features->block[b].values);
        g_free(features->block[b].squares);
    }
    g_free(features);
}
