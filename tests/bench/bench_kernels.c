/* How much of the machine the training kernels use, on one thread: memory bandwidth and
 * floating-point operations of Adam on a table of MovieLens 1M's size, as a share of what plain
 * loops reach. Prints text. */
#include <stdio.h>
#include <string.h>

#include "kernels.h"

#define ROWS 9776
#define STRIDE 128
#define IDLE 6 /* steps a row misses on average */
#define FLOPS_PER_STEP                                                                             \
    16 /* additions, multiplications, one division and one root, for one float                     \
        */
#define STREAM_FLOATS (1u << 26)
#define ROUNDS 5

static double seconds_since(gint64 started)
{
    return (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
}

/* GB/s of a triad over arrays that no cache holds. */
static double stream_bandwidth(void)
{
    double best = 0;
    float *a = g_new(float, STREAM_FLOATS), *b = g_new(float, STREAM_FLOATS);
    float *c = g_new(float, STREAM_FLOATS);
    for (guint i = 0; i < STREAM_FLOATS; i++)
        b[i] = c[i] = (float)i;
    for (guint round = 0; round < ROUNDS; round++) {
        gint64 started = g_get_monotonic_time();
        for (guint i = 0; i < STREAM_FLOATS; i++)
            a[i] = b[i] + 3.0f * c[i];
        best = MAX(best, 3e-9 * sizeof(float) * STREAM_FLOATS / seconds_since(started));
    }
    if (a[STREAM_FLOATS - 1] == 0)
        puts("(the sum is zero)");
    g_free(a);
    g_free(b);
    g_free(c);
    return best;
}

/* GFLOP/s of independent multiplications and additions in registers, with vectors of BYTES. */
#define DEFINE_PEAK(NAME, TARGET, BYTES)                                                           \
    TARGET static double NAME(void)                                                                \
    {                                                                                              \
        typedef float Vector __attribute__((vector_size(BYTES)));                                  \
        enum { CHAINS = 6, TURNS = 30000000 };                                                     \
        const gsize width = BYTES / sizeof(float);                                                 \
        Vector x[CHAINS], y[CHAINS], factor = {0}, term = {0};                                     \
        factor = factor + (1.0f + 1e-7f);                                                          \
        term = term + 1e-3f;                                                                       \
        for (int i = 0; i < CHAINS; i++)                                                           \
            x[i] = y[i] = factor * (float)(i + 1);                                                 \
        gint64 started = g_get_monotonic_time();                                                   \
        for (int turn = 0; turn < TURNS; turn++) {                                                 \
            _Pragma("GCC unroll 6") for (int i = 0; i < CHAINS; i++)                               \
            {                                                                                      \
                x[i] *= factor;                                                                    \
                y[i] += term;                                                                      \
            }                                                                                      \
        }                                                                                          \
        double seconds = seconds_since(started);                                                   \
        float keep = 0;                                                                            \
        for (int i = 0; i < CHAINS; i++)                                                           \
            keep += x[i][0] + y[i][0];                                                             \
        if (keep == 0)                                                                             \
            puts("(the sum is zero)");                                                             \
        return 1e-9 * 2.0 * CHAINS * TURNS * width / seconds;                                      \
    }

#if defined(__x86_64__)
DEFINE_PEAK(peak_64, __attribute__((target("avx512f"))), 64)
DEFINE_PEAK(peak_32, __attribute__((target("avx2"))), 32)
#endif
DEFINE_PEAK(peak_16, , 16)

static double peak_flops(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        return peak_64();
    if (__builtin_cpu_supports("avx2"))
        return peak_32();
#endif
    return peak_16();
}

/* Seconds of one pass of Adam over the table, the best of some. */
static double time_adam(const Kernels *kernels, float *rows, const float *gradient, guint idle)
{
    double best = G_MAXDOUBLE;
    const KernelAdam adam = {1e-5f, 0.999f, 0.1f, 0.001f, 1e-8f};
    KernelStep steps[IDLE];
    for (guint i = 0; i < IDLE; i++)
        steps[i] = (KernelStep){1e-3f, 1.0f};
    for (guint round = 0; round < ROUNDS * 10; round++) {
        gint64 started = g_get_monotonic_time();
        for (guint r = 0; r < ROWS; r++) {
            float *row = rows + (gsize)r * 3 * STRIDE;
            kernels->adam(row, row + STRIDE, row + 2 * STRIDE, &adam, steps, idle, gradient, steps,
                          STRIDE);
        }
        best = MIN(best, seconds_since(started));
    }
    return best;
}

static void show(const char *name, const char *what, double seconds, guint steps, double bandwidth,
                 double flops)
{
    const double values = (double)ROWS * STRIDE;
    double gb = 1e-9 * 6 * sizeof(float) * values / seconds;
    double gflop = 1e-9 * FLOPS_PER_STEP * values * steps / seconds;
    printf("%-7s %-28s %6.2f ms  %6.1f GB/s (%3.0f %% of a stream)  %6.1f GFLOP/s (%3.0f %% of "
           "peak)\n",
           name, what, 1e3 * seconds, gb, 100 * gb / bandwidth, gflop, 100 * gflop / flops);
}

int main(void)
{
    double bandwidth = stream_bandwidth(), flops = peak_flops();
    printf("one thread: a stream has %.1f GB/s, multiplications and additions %.1f GFLOP/s\n",
           bandwidth, flops);
    float *rows = g_aligned_alloc0((gsize)ROWS * 3 * STRIDE, sizeof(float), KERNEL_ALIGNMENT);
    float *gradient = g_aligned_alloc0(STRIDE, sizeof(float), KERNEL_ALIGNMENT);
    for (gsize i = 0; i < (gsize)ROWS * 3 * STRIDE; i++)
        rows[i] = 0.01f;
    for (guint i = 0; i < STRIDE; i++)
        gradient[i] = 1e-3f;
    for (const Kernels *const *k = kernels_available(); *k != NULL; k++) {
        show((*k)->name, "dense, a step a pass", time_adam(*k, rows, gradient, 0), 1, bandwidth,
             flops);
        show((*k)->name, "lazy, seven steps a pass", time_adam(*k, rows, gradient, IDLE), IDLE + 1,
             bandwidth, flops);
    }
    g_aligned_free(rows);
    g_aligned_free(gradient);
    return 0;
}
