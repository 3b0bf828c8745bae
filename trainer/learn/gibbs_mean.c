#include "gibbs_mean.h"

#include <string.h>

#define HALVES 2 /* of a sweep, each added by itself */

GibbsMean *gibbs_mean_new(const GibbsChain *chain, guint width)
{
    const guint users = chain->prior[PEOPLE]->lines, movies = chain->prior[MOVIES]->lines;
    GibbsMean *m = g_new0(GibbsMean, 1);
    m->mean = chain->mean;
    m->user_offsets = g_new0(double, users);
    m->movie_biases = g_new0(double, movies);
    m->vectors = low_rank_sum_new(users, movies, width, chain->factors, chain->seed);
    return m;
}

void gibbs_mean_free(GibbsMean *mean)
{
    if (mean == NULL)
        return;
    g_free(mean->user_offsets);
    g_free(mean->movie_biases);
    low_rank_sum_free(mean->vectors);
    g_free(mean);
}

guint gibbs_mean_samples(const GibbsMean *mean)
{
    return mean->vectors->products / HALVES;
}

void gibbs_mean_set_samples(GibbsMean *mean, guint samples)
{
    mean->vectors->products = samples * HALVES;
}

/* A copy without the biases, which go to their sums instead. */
static float *take_biases(const float *vectors, guint lines, gsize factors, double *biases)
{
    float *copy = g_new(float, MAX(lines, 1) * factors);
    memcpy(copy, vectors, lines * factors * sizeof *copy);
    for (guint i = 0; i < lines; i++) {
        float *bias = copy + (i + 1) * factors - 1;
        biases[i] += *bias;
        *bias = 0;
    }
    return copy;
}

static void add_half(GibbsMean *m, const float *people, const float *movies, guint factors,
                     Team *team)
{
    g_autofree float *x = take_biases(people, m->vectors->rows, factors, m->user_offsets);
    g_autofree float *z = take_biases(movies, m->vectors->columns, factors, m->movie_biases);
    low_rank_sum_add(m->vectors, x, z, team);
}

void gibbs_mean_add(GibbsMean *m, const GibbsChain *chain, Team *team)
{
    add_half(m, chain->expected[PEOPLE], chain->earlier, chain->factors, team);
    add_half(m, chain->vectors[PEOPLE], chain->expected[MOVIES], chain->factors, team);
}

PeopleAndMovies *gibbs_mean_distil(GibbsMean *m, guint k, Team *team)
{
    const guint users = m->vectors->rows, movies = m->vectors->columns;
    PeopleAndMovies *model = people_and_movies_new(users, movies, k);
    model->mean = m->mean;
    for (guint i = 0; i < users; i++)
        model->user_offsets[i] = (float)(m->user_offsets[i] / m->vectors->products);
    for (guint i = 0; i < movies; i++)
        model->movie_biases[i] = (float)(m->movie_biases[i] / m->vectors->products);
    low_rank_sum_finish(m->vectors, 1.0 / m->vectors->products, k, model->user_vectors,
                        model->movie_vectors, team);
    return model;
}

guint gibbs_mean_tensors(GibbsMean *m, StateTensor *tensors)
{
    LowRankSum *s = m->vectors;
    tensors[0] = (StateTensor){"mean.people", "F64", s->rows, 1, m->user_offsets};
    tensors[1] = (StateTensor){"mean.movies", "F64", s->columns, 1, m->movie_biases};
    tensors[2] = (StateTensor){"mean.left", "F32", s->rows, s->total, s->left};
    tensors[3] = (StateTensor){"mean.right", "F32", s->columns, s->total, s->right};
    return GIBBS_MEAN_TENSORS;
}
