#include "selection.h"

#include <string.h>

/* sums [k] = Σ of the vectors of a user's attributes; returns their biases and w0. */
static double sum_attributes(double *sums, const FmModel *model, const FeatureTable *table,
                             guint user)
{
    const Attributes attributes = feature_table_attributes(table, user);
    double offset = (double)model->w0;
    memset(sums, 0, model->k * sizeof *sums);
    for (guint a = 0; a < attributes.count; a++) {
        const float *v = fm_vector(model, attributes.indices[a]);
        offset += (double)model->bias[attributes.indices[a]];
        for (guint d = 0; d < model->k; d++)
            sums[d] += (double)v[d];
    }
    return offset;
}

/* missing [M] = d_m. */
static void measure(double *missing, const LearnedModel *learned, const FeatureTable *table,
                    const RatingMatrix *matrix)
{
    const FmModel *model = learned->model;
    const RatingLines *users = &matrix->by_user, *movies = &matrix->by_movie;
    g_autofree double *sums = g_new(double, model->k);
    for (guint u = 0; u < users->lines; u++) {
        const double offset = sum_attributes(sums, model, table, matrix->first_user + u);
        for (guint i = users->begin[u]; i < users->begin[u + 1]; i++) {
            const guint movie = matrix->first_movie + users->other[i];
            const float *v = fm_vector(model, movie);
            double z = offset + (double)model->bias[movie];
            for (guint d = 0; d < model->k; d++)
                z += sums[d] * (double)v[d];
            missing[users->other[i]] +=
                (double)users->rating[i] - model_form_rating(&learned->form, z);
        }
    }
    for (guint m = 0; m < movies->lines; m++)
        missing[m] /= movies->begin[m + 1] - movies->begin[m] + SELECTION_DAMPING;
}

static FmModel *widened(const FmModel *model)
{
    FmModel *wide = fm_model_new(model->n, model->k + 1);
    wide->w0 = model->w0;
    memcpy(wide->bias, model->bias, model->n * sizeof *wide->bias);
    for (guint i = 0; i < model->n; i++)
        memcpy(wide->embeddings + (gsize)i * wide->k, fm_vector(model, i),
               model->k * sizeof(float));
    return wide;
}

void selection_add(LearnedModel *learned, const FeatureTable *table, const RatingMatrix *matrix,
                   double noise)
{
    const RatingLines *users = &matrix->by_user;
    const guint movies = matrix->by_movie.lines, last = learned->model->k;
    g_autofree double *missing = g_new0(double, (gsize)movies + 1);
    measure(missing, learned, table, matrix);
    FmModel *wide = widened(learned->model);
    for (guint m = 0; m < movies; m++) {
        const guint movie = matrix->first_movie + m;
        const float moved = (float)((double)wide->bias[movie] + missing[m]);
        /* What the bias really moved by, so that whole people are not touched by its rounding. */
        wide->embeddings[(gsize)movie * wide->k + last] =
            (float)((double)moved - (double)wide->bias[movie]);
        wide->bias[movie] = moved;
    }
    for (guint u = 0; u < users->lines; u++)
        if (users->begin[u + 1] > users->begin[u])
            wide->embeddings[(gsize)(matrix->first_user + u) * wide->k + last] = -1;
    fm_model_free(learned->model);
    learned->model = wide;
    /* Everybody's own number there is −1, from the 0 of people nothing is known of. */
    float *precisions = g_new(float, (gsize)wide->k + 1);
    memcpy(precisions, learned->fold_in.precisions, last * sizeof *precisions);
    precisions[last] = (float)(noise * noise);
    precisions[last + 1] = learned->fold_in.precisions[last];
    g_free(learned->fold_in.precisions);
    learned->fold_in.precisions = precisions;
}
