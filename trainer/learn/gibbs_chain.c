#include "gibbs_chain.h"

#include <string.h>

#include "counter_rng.h"
#include "gibbs_side.h"
#include "random_matrices.h"
#include "rng.h"
#include "solver_kernels.h"

#define INITIAL_SPREAD 0.1f

/* Of the prior of α. */
#define GAMMA_SHAPE 1.0
#define GAMMA_RATE 1.0

/* Purposes of random numbers. */
#define PURPOSE_START 0x494e49
enum { STREAM_PEOPLE, STREAM_MOVIES, STREAM_NOISE, STREAMS };

static float *aligned_vectors(guint lines, guint factors)
{
    return g_aligned_alloc0((gsize)MAX(lines, 1) * factors, sizeof(float), SOLVER_ALIGNMENT);
}

static float *starting_vectors(guint lines, guint factors, guint64 seed, guint side)
{
    const gsize size = (gsize)MAX(lines, 1) * factors;
    float *vectors = aligned_vectors(lines, factors);
    for (guint i = 0; i < lines; i++)
        counter_rng_normals(vectors + (gsize)i * factors, factors - 1, seed, PURPOSE_START, side,
                            i);
    for (gsize i = 0; i < size; i++)
        vectors[i] *= INITIAL_SPREAD;
    return vectors;
}

static double mean_rating(const RatingMatrix *ratings)
{
    double sum = 0;
    for (guint i = 0; i < ratings->rows; i++)
        sum += ratings->by_user.rating[i];
    return ratings->rows > 0 ? sum / ratings->rows : 0;
}

GibbsChain *gibbs_chain_new(const RatingMatrix *ratings, SideFeatures *const features[2],
                            guint factors, guint64 seed)
{
    GibbsChain *c = g_new0(GibbsChain, 1);
    c->ratings = ratings;
    c->factors = factors;
    c->seed = seed;
    c->mean = mean_rating(ratings);
    c->precision = 1.0;
    for (guint side = PEOPLE; side <= MOVIES; side++) {
        c->vectors[side] = starting_vectors(features[side]->lines, factors, seed, side);
        c->expected[side] = aligned_vectors(features[side]->lines, factors);
        c->prior[side] = gibbs_prior_new(features[side], factors);
    }
    c->earlier = aligned_vectors(features[MOVIES]->lines, factors);
    return c;
}

void gibbs_chain_free(GibbsChain *chain)
{
    if (chain == NULL)
        return;
    for (guint side = PEOPLE; side <= MOVIES; side++) {
        g_aligned_free(chain->vectors[side]);
        g_aligned_free(chain->expected[side]);
        gibbs_prior_free(chain->prior[side]);
    }
    g_aligned_free(chain->earlier);
    g_free(chain);
}

static gboolean sample_side(GibbsChain *c, guint which, double *squares, Team *team, GError **error)
{
    const guint32 stream = c->sweeps * STREAMS + which;
    const RatingLines *lines = which == PEOPLE ? &c->ratings->by_user : &c->ratings->by_movie;
    gibbs_prior_sample(c->prior[which], c->vectors[which], c->seed, stream, team);
    const GibbsSide side = {
        .lines = lines,
        .prior = c->prior[which],
        .others = c->vectors[PEOPLE + MOVIES - which],
        .mean = c->mean,
        .precision = c->precision,
        .seed = c->seed,
        .stream = stream,
    };
    GibbsVectors vectors = {
        .drawn = c->vectors[which],
        .expected = c->expected[which],
    };
    if (!gibbs_side_sample(&side, &vectors, team, error))
        return FALSE;
    *squares = vectors.squares;
    return TRUE;
}

gboolean gibbs_chain_sweep(GibbsChain *c, Team *team, GError **error)
{
    double squares;
    memcpy(c->earlier, c->vectors[MOVIES],
           (gsize)c->prior[MOVIES]->lines * c->factors * sizeof *c->earlier);
    if (!sample_side(c, PEOPLE, &squares, team, error) ||
        !sample_side(c, MOVIES, &squares, team, error))
        return FALSE;
    g_autoptr(GRand) random = rng_new(c->seed, c->sweeps * STREAMS + STREAM_NOISE);
    c->precision =
        random_gamma(GAMMA_SHAPE + 0.5 * c->ratings->rows, random) / (GAMMA_RATE + 0.5 * squares);
    c->sweeps++;
    return TRUE;
}

/* ---- the state as tensors ---- */

gsize state_tensor_size(const StateTensor *tensor)
{
    return (gsize)tensor->rows * tensor->columns *
           (strcmp(tensor->dtype, "F64") == 0 ? sizeof(double) : sizeof(float));
}

guint gibbs_chain_tensors(GibbsChain *c, StateTensor *tensors)
{
    static const char *const names[2][3 + SIDE_BLOCKS] = {
        {"people", "people.explained", "people.lambda", "people.known", "people.implicit"},
        {"movies", "movies.explained", "movies.lambda", "movies.known", "movies.implicit"},
    };
    guint count = 0;
    tensors[count++] = (StateTensor){"precision", "F64", 1, 1, &c->precision};
    for (guint side = PEOPLE; side <= MOVIES; side++) {
        GibbsPrior *p = c->prior[side];
        const char *const *name = names[side];
        tensors[count++] = (StateTensor){name[0], "F32", p->lines, c->factors, c->vectors[side]};
        tensors[count++] = (StateTensor){name[1], "F32", p->lines, c->factors, p->explained};
        tensors[count++] = (StateTensor){name[2], "F64", 1, SIDE_BLOCKS, p->lambda};
        for (guint b = 0; b < SIDE_BLOCKS; b++)
            if (p->features->block[b].width > 0)
                tensors[count++] = (StateTensor){name[3 + b], "F32", p->features->block[b].width,
                                                 c->factors, p->coefficients[b]};
    }
    return count;
}
