#include "kernel_models.h"

#include <math.h>
#include <string.h>

#define MOST_LANES 16
#define MOST_SUMS 8

#define LUCENE_SCALAR(name, fma, summary)                                                          \
    {                                                                                              \
        name, 1, 4, 32, fma, fma, FALSE, REST_SINGLE, LANES_IN_ORDER, summary                      \
    }

/* `lanes` values a vector; vectors are used above 2 · lanes dimensions. */
#define LUCENE(name, lanes, fma, fma_rest, order, summary)                                         \
    {                                                                                              \
        name, lanes, 4, 2 * (lanes), fma, fma_rest, TRUE, REST_VECTORS, order, summary             \
    }

#define LUCENE_WIDTH(bits, lanes)                                                                  \
    LUCENE("lucene-" bits "-in-order", lanes, FALSE, FALSE, LANES_IN_ORDER,                        \
           "Lucene, " bits " bits, without FMA, lanes in order"),                                  \
        LUCENE("lucene-" bits "-folded", lanes, FALSE, FALSE, LANES_FOLDED,                        \
               "Lucene, " bits " bits, without FMA, lanes folded (compiled by Java 24 or newer)"), \
        LUCENE("lucene-" bits "-vector-fma-in-order", lanes, TRUE, FALSE, LANES_IN_ORDER,          \
               "Lucene, " bits " bits, FMA for vectors only, lanes in order"),                     \
        LUCENE("lucene-" bits "-vector-fma-folded", lanes, TRUE, FALSE, LANES_FOLDED,              \
               "Lucene, " bits                                                                     \
               " bits, FMA for vectors only, lanes folded (compiled by Java 24 or newer)"),        \
        LUCENE("lucene-" bits "-fma-in-order", lanes, TRUE, TRUE, LANES_IN_ORDER,                  \
               "Lucene, " bits " bits, FMA, lanes in order"),                                      \
        LUCENE("lucene-" bits "-fma-folded", lanes, TRUE, TRUE, LANES_FOLDED,                      \
               "Lucene, " bits " bits, FMA, lanes folded (compiled by Java 24 or newer)")

#define SIMDVEC_SVE(bits, lanes)                                                                   \
    {                                                                                              \
        "simdvec-sve-" bits, lanes, 4, 0, TRUE, TRUE, TRUE, REST_MASKED_VECTOR, LANES_IN_PAIRS,    \
            "Elasticsearch's native library, SVE of " bits " bits"                                 \
    }

const Kernel kernel_models[] = {
    LUCENE_SCALAR("lucene-scalar", FALSE, "Lucene, scalar, without FMA"),
    LUCENE_SCALAR("lucene-scalar-fma", TRUE, "Lucene, scalar, FMA"),
    LUCENE_WIDTH("128", 4),
    LUCENE("lucene-128-in-pairs", 4, FALSE, FALSE, LANES_IN_PAIRS,
           "Lucene, 128 bits, without FMA, lanes in pairs (compiled for NEON)"),
    LUCENE("lucene-128-vector-fma-in-pairs", 4, TRUE, FALSE, LANES_IN_PAIRS,
           "Lucene, 128 bits, FMA for vectors only, lanes in pairs (compiled for NEON)"),
    LUCENE("lucene-128-fma-in-pairs", 4, TRUE, TRUE, LANES_IN_PAIRS,
           "Lucene, 128 bits, FMA, lanes in pairs (compiled for NEON)"),
    LUCENE_WIDTH("256", 8),
    LUCENE_WIDTH("512", 16),
    {"simdvec-avx2", 8, 4, 31, TRUE, FALSE, TRUE, REST_SINGLE, LANES_FOLDED,
     "Elasticsearch's native library, AVX2"},
    {"simdvec-avx512", 16, 4, 0, TRUE, TRUE, TRUE, REST_MASKED_VECTOR, LANES_FOLDED,
     "Elasticsearch's native library, AVX-512"},
    {"simdvec-neon", 4, 8, 31, TRUE, FALSE, TRUE, REST_SINGLE, LANES_IN_PAIRS,
     "Elasticsearch's native library, NEON"},
    SIMDVEC_SVE("128", 4),
    SIMDVEC_SVE("256", 8),
    SIMDVEC_SVE("512", 16),
};

const guint kernel_models_count = G_N_ELEMENTS(kernel_models);

const Kernel *kernel_by_name(const char *name)
{
    for (guint i = 0; i < kernel_models_count; i++)
        if (strcmp(kernel_models[i].name, name) == 0)
            return &kernel_models[i];
    return NULL;
}

static float multiply_add(gboolean fma, float a, float b, float c)
{
    return fma ? fmaf(a, b, c) : a * b + c;
}

/* sum [lanes] += q [lanes] · d [lanes], of which only `count` are there. */
static void add_vector(const Kernel *kernel, float *sum, const float *q, const float *d,
                       guint count)
{
    for (guint lane = 0; lane < kernel->lanes; lane++) {
        gboolean there = lane < count;
        sum[lane] = multiply_add(kernel->fma, there ? q[lane] : 0, there ? d[lane] : 0, sum[lane]);
    }
}

/* sums [count][lanes] to sums [0][lanes]. */
static void add_sums(const Kernel *kernel, float sums[][MOST_LANES])
{
    for (guint lane = 0; lane < kernel->lanes; lane++)
        if (kernel->sum_pairs)
            for (guint step = 1; step < kernel->sums; step *= 2)
                for (guint i = 0; i < kernel->sums; i += 2 * step)
                    sums[i][lane] += sums[i + step][lane];
        else
            for (guint i = 1; i < kernel->sums; i++)
                sums[0][lane] += sums[i][lane];
}

/* sum [lanes] to one value. */
static float add_lanes(const Kernel *kernel, float *sum)
{
    switch (kernel->order) {
    case LANES_IN_ORDER:
        for (guint lane = 1; lane < kernel->lanes; lane++)
            sum[0] += sum[lane];
        break;
    case LANES_FOLDED:
        for (guint half = kernel->lanes / 2; half > 0; half /= 2)
            for (guint lane = 0; lane < half; lane++)
                sum[lane] += sum[lane + half];
        break;
    case LANES_IN_PAIRS:
        for (guint step = 1; step < kernel->lanes; step *= 2)
            for (guint lane = 0; lane < kernel->lanes; lane += 2 * step)
                sum[lane] += sum[lane + step];
    }
    return sum[0];
}

float kernel_dot(const Kernel *kernel, const float *q, const float *d, guint k)
{
    float sums[MOST_SUMS][MOST_LANES] = {{0}};
    const guint lanes = kernel->lanes, block = lanes * kernel->sums;
    float result = 0;
    guint i = 0;
    if (k > kernel->longer_than) {
        for (; i + block <= k; i += block)
            for (guint s = 0; s < kernel->sums; s++)
                add_vector(kernel, sums[s], q + i + s * lanes, d + i + s * lanes, lanes);
        if (kernel->rest == REST_VECTORS)
            for (; i + lanes <= k; i += lanes)
                add_vector(kernel, sums[0], q + i, d + i, lanes);
        add_sums(kernel, sums);
        if (kernel->rest == REST_MASKED_VECTOR)
            for (; i < k; i += lanes)
                add_vector(kernel, sums[0], q + i, d + i, k - i);
        result = add_lanes(kernel, sums[0]);
    }
    for (; i < k; i++)
        result = multiply_add(kernel->fma_rest, q[i], d[i], result);
    return result;
}

float kernel_score(const Kernel *kernel, const float *q, const float *d, guint k, double shift,
                   double bias)
{
    return (float)(shift + (double)kernel_dot(kernel, q, d, k) + bias);
}

const Kernel *kernel_interpreted(const Kernel *kernel)
{
    if (kernel->rest != REST_VECTORS || kernel->order == LANES_IN_ORDER)
        return NULL;
    for (guint i = 0; i < kernel_models_count; i++) {
        const Kernel *other = &kernel_models[i];
        if (other->rest == REST_VECTORS && other->order == LANES_IN_ORDER &&
            other->lanes == kernel->lanes && other->fma == kernel->fma &&
            other->fma_rest == kernel->fma_rest)
            return other;
    }
    return NULL;
}
