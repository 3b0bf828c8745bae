#include "gibbs_mean.h"

#include <string.h>

GibbsMean *gibbs_mean_new(const GibbsChain *chain, guint width)
{
    const guint users = chain->prior[PEOPLE]->lines, movies = chain->prior[MOVIES]->lines;
    GibbsMean *m = g_new0(GibbsMean, 1);
    m->mean = chain->mean;
    m->user_offsets = g_new0(double, users);
    m->movie_biases = g_new0(double, movies);
    m->sketch = low_rank_sketch_new(users, movies, width, chain->seed);
    return m;
}

void gibbs_mean_free(GibbsMean *mean)
{
    if (mean == NULL)
        return;
    g_free(mean->user_offsets);
    g_free(mean->movie_biases);
    low_rank_sketch_free(mean->sketch);
    g_free(mean);
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

void gibbs_mean_add(GibbsMean *m, const GibbsChain *chain, Team *team)
{
    g_autofree float *people =
        take_biases(chain->vectors[PEOPLE], m->sketch->rows, chain->factors, m->user_offsets);
    g_autofree float *movies =
        take_biases(chain->vectors[MOVIES], m->sketch->columns, chain->factors, m->movie_biases);
    low_rank_sketch_add(m->sketch, people, movies, chain->factors, team);
    m->samples++;
}

PeopleAndMovies *gibbs_mean_distil(GibbsMean *m, guint k, Team *team)
{
    const guint users = m->sketch->rows, movies = m->sketch->columns;
    PeopleAndMovies *model = people_and_movies_new(users, movies, k);
    model->mean = m->mean;
    for (guint i = 0; i < users; i++)
        model->user_offsets[i] = (float)(m->user_offsets[i] / m->samples);
    for (guint i = 0; i < movies; i++)
        model->movie_biases[i] = (float)(m->movie_biases[i] / m->samples);
    low_rank_sketch_finish(m->sketch, 1.0 / m->samples, k, model->user_vectors,
                           model->movie_vectors, team);
    return model;
}

guint gibbs_mean_tensors(GibbsMean *m, StateTensor *tensors)
{
    LowRankSketch *s = m->sketch;
    const guint l = s->width;
    tensors[0] = (StateTensor){"mean.people", "F64", s->rows, 1, m->user_offsets};
    tensors[1] = (StateTensor){"mean.movies", "F64", s->columns, 1, m->movie_biases};
    tensors[2] = (StateTensor){"mean.range", "F32", MAX(s->rows, l), l, s->range};
    tensors[3] = (StateTensor){"mean.corange", "F32", MAX(s->columns, l), s->co_width, s->corange};
    return GIBBS_MEAN_TENSORS;
}
