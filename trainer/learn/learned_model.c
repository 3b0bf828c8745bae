#include "learned_model.h"

#include <math.h>
#include <string.h>

#include "people_documents.h"

/* In average users: of validation rows of MovieLens 1M the best was flat from 100 to 300 with users
 * weighted by their ratings, and from 10 to 100 with each user once. */
#define RIDGE_OF_RATINGS 100
#define RIDGE_OF_RANKING 30

/* How much longer the ranking half of the movies' vectors is than the rating half at least, so that
 * lengths and angles of whole vectors are those of the ranking half: for `similar`, maps and
 * graphs. A power of two changes no digits. */
#define HALVES_APART 64

/* Dimensions with less than this share of the largest variance have none. */
#define LEAST_VARIANCE 1e-9

void learned_model_free(LearnedModel *learned)
{
    if (learned == NULL)
        return;
    fm_model_free(learned->model);
    fold_in_record_clear(&learned->fold_in);
    g_free(learned);
}

/* ---- ratings ---- */

LearnedModel *learned_model_of_fm(FmModel *model, double scale)
{
    LearnedModel *learned = g_new0(LearnedModel, 1);
    learned->model = model;
    learned->form = model_form_fm(scale);
    return learned;
}

/* The posterior mode under θ_d ~ N(0, variance_d) and noise² is the minimum with these weights. */
static float *precisions_of(const double *variances, guint count, double noise)
{
    float *precisions = g_new0(float, count);
    double most = 0;
    for (guint d = 0; d < count; d++)
        most = MAX(most, variances[d]);
    for (guint d = 0; d < count; d++)
        if (variances[d] > LEAST_VARIANCE * most)
            precisions[d] = (float)(noise * noise / variances[d]);
    return precisions;
}

LearnedModel *learned_model_of_ratings(const PeopleAndMovies *whole, const FeatureTable *table,
                                       const guint *ratings, double noise, const ModelForm *form,
                                       GError **error)
{
    g_autofree double *weights = g_new(double, whole->users + 1);
    for (guint u = 0; u < whole->users; u++)
        weights[u] = ratings[u];
    const PeopleDocumentsOptions options = {weights, RIDGE_OF_RATINGS};
    g_autoptr(PeopleDocuments) documents = people_documents_new(whole, table, &options, error);
    if (documents == NULL)
        return NULL;
    LearnedModel *learned = g_new0(LearnedModel, 1);
    learned->model = g_steal_pointer(&documents->model);
    learned->form = *form;
    learned->form.interactions = INTERACTIONS_MOVIE;
    learned->fold_in.precisions = precisions_of(documents->variances, whole->k + 1, noise);
    return learned;
}

/* ---- lists ---- */

static double mean_root(const guint *ratings, guint users)
{
    double sum = 0;
    guint count = 0;
    for (guint u = 0; u < users; u++) {
        sum += sqrt(ratings[u]);
        count += ratings[u] > 0;
    }
    return count > 0 ? sum / count : 1;
}

/* Whole people, divided by the root of their number of ratings: a vector grows with it, and as
 * documents all people are to weigh alike. The order of a person's movies stays. */
static PeopleAndMovies *whole_people_of(const RankingFactors *f, const guint *ratings)
{
    PeopleAndMovies *whole = people_and_movies_new(f->users, f->movies, f->k);
    memcpy(whole->movie_vectors, f->movie_vectors, (gsize)f->movies * f->k * sizeof(float));
    for (guint u = 0; u < f->users; u++) {
        const float root = ratings[u] > 0 ? sqrtf((float)ratings[u]) : 1;
        for (guint d = 0; d < f->k; d++)
            whole->user_vectors[(gsize)u * f->k + d] = f->user_vectors[(gsize)u * f->k + d] / root;
    }
    return whole;
}

LearnedModel *learned_model_of_ranking(const RankingFactors *factors, const FeatureTable *table,
                                       const guint *ratings, GError **error)
{
    g_autoptr(PeopleAndMovies) whole = whole_people_of(factors, ratings);
    g_autofree double *weights = g_new(double, factors->users + 1);
    for (guint u = 0; u < factors->users; u++)
        weights[u] = ratings[u] > 0;
    const PeopleDocumentsOptions options = {weights, RIDGE_OF_RANKING};
    g_autoptr(PeopleDocuments) documents = people_documents_new(whole, table, &options, error);
    if (documents == NULL)
        return NULL;
    LearnedModel *learned = g_new0(LearnedModel, 1);
    learned->model = g_steal_pointer(&documents->model);
    learned->form = (ModelForm){
        .objective = OBJECTIVE_RANKING, .link = LINK_NONE, .interactions = INTERACTIONS_MOVIE};
    learned->fold_in = (FoldInRecord){
        .alpha = factors->alpha,
        .lambda = factors->lambda,
        .target_scale = 1 / mean_root(ratings, factors->users),
        .lowest = factors->lowest,
        .highest = factors->highest,
        .mean = g_steal_pointer(&documents->mean),
    };
    return learned;
}

/* ---- both ---- */

static double mean_square(const FmModel *model, const GArray *features)
{
    double sum = 0;
    for (guint i = 0; features != NULL && i < features->len; i++) {
        const float *v = fm_vector(model, g_array_index(features, guint, i));
        for (guint d = 0; d < model->k; d++)
            sum += (double)v[d] * (double)v[d];
    }
    return sum;
}

/* What the ranking half of the movies is multiplied with, and that of people divided by. */
static float gain_of(const LearnedModel *ratings, const LearnedModel *ranking,
                     const FeatureTable *table)
{
    const GArray *movies = feature_table_of_type(table, FEATURE_MOVIE);
    const double wanted = HALVES_APART * sqrt(mean_square(ratings->model, movies));
    const double there = sqrt(mean_square(ranking->model, movies));
    if (!(there > 0) || !(wanted > there))
        return 1;
    return (float)ldexp(1, (int)CLAMP(ceil(log2(wanted / there)), 0, 20));
}

/* One row: [rating bias or 0 | ratings' vector | ranking's vector]. */
static void join_rows(FmModel *to, guint row, const FmModel *ratings, const FmModel *ranking,
                      gboolean is_movie, float gain)
{
    float *v = to->embeddings + (gsize)row * to->k;
    const float *half = fm_vector(ranking, row);
    v[0] = is_movie ? ratings->bias[row] : 0;
    memcpy(v + 1, fm_vector(ratings, row), ratings->k * sizeof *v);
    for (guint d = 0; d < ranking->k; d++)
        v[1 + ratings->k + d] = is_movie ? half[d] * gain : half[d] / gain;
    to->bias[row] = is_movie ? ranking->bias[row] : ratings->bias[row];
}

static FoldInRecord join_records(const LearnedModel *ratings, const LearnedModel *ranking,
                                 float gain)
{
    const guint kr = ratings->model->k, kl = ranking->model->k, k = 1 + kr + kl;
    FoldInRecord record = ranking->fold_in;
    record.lambda *= (double)gain * (double)gain; /* θ is so much shorter */
    record.mean = g_new0(float, k);
    for (guint d = 0; d < kl; d++)
        record.mean[1 + kr + d] = ranking->fold_in.mean[d] / gain;
    record.precisions = g_new0(float, k + 1);
    memcpy(record.precisions + 1, ratings->fold_in.precisions, kr * sizeof(float));
    record.precisions[k] = ratings->fold_in.precisions[kr];
    return record;
}

LearnedModel *learned_model_of_both(const LearnedModel *ratings, const LearnedModel *ranking,
                                    const FeatureTable *table)
{
    const guint n = ratings->model->n, k = 1 + ratings->model->k + ranking->model->k;
    const float gain = gain_of(ratings, ranking, table);
    LearnedModel *both = g_new0(LearnedModel, 1);
    both->model = fm_model_new(n, k);
    both->model->w0 = ratings->model->w0;
    for (guint row = 0; row < n; row++) {
        const gboolean is_movie = strcmp(feature_table_get(table, row)->type, FEATURE_MOVIE) == 0;
        join_rows(both->model, row, ratings->model, ranking->model, is_movie, gain);
    }
    both->form = ratings->form;
    both->form.objective = OBJECTIVE_BOTH;
    both->form.rating_dims = 1 + ratings->model->k;
    both->fold_in = join_records(ratings, ranking, gain);
    return both;
}
