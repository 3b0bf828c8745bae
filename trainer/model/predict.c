#include "predict.h"

#define MOVIE 1 /* the movie's position in a row */

/* sum [k] = Σ v over the row's features but the movie, rounded once. */
static void sum_profile(float *sum, const FmModel *model, const guint32 *features, guint fields)
{
    for (guint d = 0; d < model->k; d++) {
        double total = 0;
        for (guint i = 0; i < fields; i++)
            if (i != MOVIE)
                total += (double)fm_vector(model, features[i])[d];
        sum[d] = (float)total;
    }
}

double predict_rating_half(const ModelForm *form, const float *query, const float *movie)
{
    double sum = movie[0];
    for (guint d = 1; d < form->rating_dims; d++)
        sum += (double)query[d] * (double)movie[d];
    return sum;
}

static double movie_part(const FmModel *model, const ModelForm *form, const float *query,
                         guint movie)
{
    const float *vector = fm_vector(model, movie);
    if (form->objective == OBJECTIVE_BOTH)
        return predict_rating_half(form, query, vector);
    double sum = model->bias[movie];
    for (guint d = 0; d < model->k; d++)
        sum += (double)query[d] * (double)vector[d];
    return sum;
}

double predict_z(const FmModel *model, const ModelForm *form, const guint32 *features, guint fields,
                 float *room)
{
    if (form->link == LINK_NONE)
        return 0;
    if (form->interactions == INTERACTIONS_ALL)
        return (double)fm_forward(room, model, features, fields);
    double z = model->w0;
    for (guint i = 0; i < fields; i++)
        if (i != MOVIE)
            z += model->bias[features[i]];
    sum_profile(room, model, features, fields);
    return z + movie_part(model, form, room, features[MOVIE]);
}

double predict_rating(const FmModel *model, const ModelForm *form, const guint32 *features,
                      guint fields, float *room)
{
    return model_form_rating(form, predict_z(model, form, features, fields, room));
}

void predict_list_query(float *query, const FmModel *model, const ModelForm *form,
                        const guint32 *features, guint fields)
{
    sum_profile(query, model, features, fields);
    for (guint d = 0; d < form->rating_dims; d++)
        query[d] = 0;
}
