#include "exact_score.h"

#include <float.h>
#include <math.h>

#define U_FLOAT 0x1p-24 /* unit roundoff */
#define U_DOUBLE 0x1p-53
#define LANES 4

/* high + low = a + b exactly (Knuth). */
static inline void two_sum(double a, double b, double *high, double *low)
{
    double sum = a + b;
    double b_part = sum - a;
    double a_part = sum - b_part;
    *high = sum;
    *low = (a - a_part) + (b - b_part);
}

/* A sum with what its roundings have lost, and the sum of the absolute values. */
static inline void add_product(double *sum, double *correction, double *magnitude, float a, float b)
{
    double product = (double)a * b;
    double low;
    two_sum(*sum, product, sum, &low);
    *correction += low;
    *magnitude += fabs(product);
}

/* The same for sums side by side, one step of all lanes after the other: compilers make a few
 * instructions of each. */
static inline void add_products(double *sums, double *corrections, double *magnitudes,
                                const float *a, const float *b)
{
    double products[LANES], next[LANES], parts[LANES];
    for (guint l = 0; l < LANES; l++)
        products[l] = (double)a[l] * b[l];
    for (guint l = 0; l < LANES; l++)
        next[l] = sums[l] + products[l];
    for (guint l = 0; l < LANES; l++)
        parts[l] = next[l] - sums[l];
    for (guint l = 0; l < LANES; l++)
        corrections[l] += (sums[l] - (next[l] - parts[l])) + (products[l] - parts[l]);
    for (guint l = 0; l < LANES; l++)
        magnitudes[l] += fabs(products[l]);
    for (guint l = 0; l < LANES; l++)
        sums[l] = next[l];
}

ExactScore exact_score(const float *query, const float *vector, guint k, double bias, double shift)
{
    double sums[LANES] = {0}, corrections[LANES] = {0}, magnitudes[LANES] = {0};
    double sum, correction, magnitude = 0;
    guint i = 0;
    for (; i + LANES <= k; i += LANES)
        add_products(sums, corrections, magnitudes, query + i, vector + i);
    two_sum(shift, bias, &sum, &correction);
    for (; i < k; i++)
        add_product(&sum, &correction, &magnitude, query[i], vector[i]);
    for (guint l = 0; l < LANES; l++) {
        double low;
        two_sum(sum, sums[l], &sum, &low);
        correction += low + corrections[l];
        magnitude += magnitudes[l];
    }
    double score = sum + correction;

    double gamma = k * U_FLOAT / (1.0 - k * U_FLOAT);
    double kernel = gamma * magnitude + k * 0x1p-149;
    /* Two additions in double on the server; the same again is room for `score` and its use. */
    double additions = 8 * U_DOUBLE * (fabs(shift) + fabs(bias) + magnitude + kernel);
    double bound = (kernel + additions) * (1.0 + U_FLOAT) + U_FLOAT * fabs(score) + 0x1p-150;
    /* `magnitude` and `bound` are sums of positive terms: k + 8 roundings at most. */
    return (ExactScore){score, bound * (1.0 + 2.0 * (k + 8) * U_DOUBLE)};
}

double exact_score_resolution(ExactScore exact)
{
    return 2 * exact.bound;
}

double exact_score_resolution_ulps(ExactScore exact)
{
    return exact_score_resolution(exact) / float_ulp((float)exact.score);
}

double float_ulp(float x)
{
    float magnitude = fabsf(x);
    if (magnitude >= FLT_MAX)
        return FLT_MAX - (double)nextafterf(FLT_MAX, 0);
    return (double)nextafterf(magnitude, FLT_MAX) - magnitude;
}
