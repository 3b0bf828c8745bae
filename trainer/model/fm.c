#include "fm.h"

#include <math.h>
#include <string.h>

#include "rng.h"

#define LANES 8

FmModel *fm_model_new(guint n, guint k)
{
    FmModel *model = g_new0(FmModel, 1);
    model->n = n;
    model->k = k;
    model->bias = g_new0(float, n);
    model->embeddings = g_new0(float, (gsize)n *k);
    return model;
}

void fm_model_free(FmModel *model)
{
    if (model == NULL)
        return;
    g_free(model->bias);
    g_free(model->embeddings);
    g_free(model);
}

static float random_truncated_normal(double sigma, GRand *random)
{
    double x;
    do
        x = rng_normal(random);
    while (fabs(x) > 2.0);
    return (float)(sigma * x);
}

void fm_model_randomize(FmModel *model, double sigma, GRand *random)
{
    model->w0 = 0;
    for (gsize i = 0; i < (gsize)model->n * model->k; i++)
        model->embeddings[i] = random_truncated_normal(sigma, random);
    for (guint i = 0; i < model->n; i++)
        model->bias[i] = random_truncated_normal(sigma, random);
}

/* Adds v [k] to sum [k] and its squares to squares [LANES]. */
static inline void accumulate(float *restrict sum, float *restrict squares, const float *restrict v,
                              guint k)
{
    guint f = 0;
    for (; f + LANES <= k; f += LANES) {
        for (guint lane = 0; lane < LANES; lane++) {
            sum[f + lane] += v[f + lane];
            squares[lane] += v[f + lane] * v[f + lane];
        }
    }
    for (; f < k; f++) {
        sum[f] += v[f];
        squares[f % LANES] += v[f] * v[f];
    }
}

static float add_lanes(const float *lanes)
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static inline float square_norm(const float *restrict v, guint k)
{
    float squares[LANES] = {0};
    guint f = 0;
    for (; f + LANES <= k; f += LANES)
        for (guint lane = 0; lane < LANES; lane++)
            squares[lane] += v[f + lane] * v[f + lane];
    for (; f < k; f++)
        squares[f % LANES] += v[f] * v[f];
    return add_lanes(squares);
}

float fm_forward(float *sum, const FmModel *model, const guint32 *features, guint fields)
{
    float squares[LANES] = {0};
    float bias = 0;
    memset(sum, 0, model->k * sizeof *sum);
    for (guint i = 0; i < fields; i++) {
        bias += model->bias[features[i]];
        accumulate(sum, squares, fm_vector(model, features[i]), model->k);
    }
    return model->w0 + bias + 0.5f * (square_norm(sum, model->k) - add_lanes(squares));
}

double fm_forward_oracle(const FmModel *model, const guint32 *features, guint fields)
{
    double z = model->w0;
    for (guint i = 0; i < fields; i++)
        z += model->bias[features[i]];
    for (guint i = 0; i < fields; i++)
        for (guint j = i + 1; j < fields; j++)
            for (guint f = 0; f < model->k; f++)
                z += (double)fm_vector(model, features[i])[f] * fm_vector(model, features[j])[f];
    return z;
}

float fm_sigmoid(float z)
{
    return 1.0f / (1.0f + expf(-z));
}
