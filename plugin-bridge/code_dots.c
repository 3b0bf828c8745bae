#include "code_dots.h"

#include <math.h>

#define LANES 16

/* Loops that compilers turn into the instructions for them, if they may use them: each variant is
 * the same text for another CPU. */
#define DEFINE_VARIANT(name, target)                                                               \
    target static float score_##name(float *scores, const CodeRows *rows, guint count,             \
                                     const CodeQuery *query, gsize stride)                         \
    {                                                                                              \
        gint32 sums[CODE_ROWS];                                                                    \
        for (guint r = 0; r < count; r++) {                                                        \
            const guint8 *row = rows->codes + r * stride;                                          \
            const gint8 *codes = query->codes;                                                     \
            gint32 sum = 0;                                                                        \
            for (gsize block = 0; block < stride; block += CODE_BLOCK)                             \
                for (gsize i = block; i < block + CODE_BLOCK; i++)                                 \
                    sum += (gint32)row[i] * (gint32)codes[i];                                      \
            sums[r] = sum - query->offset;                                                         \
        }                                                                                          \
        const float step = query->step;                                                            \
        for (guint r = 0; r < count; r++)                                                          \
            scores[r] = rows->biases[r] + (rows->steps[r] * (float)sums[r]) * step;                \
        return largest(scores, count);                                                             \
    }                                                                                              \
    static const CodeKernel kernel_##name = {#name, score_##name};

/* Inlined into each variant. */
__attribute__((always_inline)) static inline float largest(const float *scores, guint count)
{
    float lanes[LANES];
    for (guint lane = 0; lane < LANES; lane++)
        lanes[lane] = -INFINITY;
    guint r = 0;
    for (; r + LANES <= count; r += LANES)
        for (guint lane = 0; lane < LANES; lane++)
            lanes[lane] = scores[r + lane] > lanes[lane] ? scores[r + lane] : lanes[lane];
    for (; r < count; r++)
        lanes[0] = scores[r] > lanes[0] ? scores[r] : lanes[0];
    for (guint lane = 1; lane < LANES; lane++)
        lanes[0] = lanes[lane] > lanes[0] ? lanes[lane] : lanes[0];
    return lanes[0];
}

DEFINE_VARIANT(plain, )
#if defined(__x86_64__)
DEFINE_VARIANT(avx2, __attribute__((target("avx2"))))
DEFINE_VARIANT(vnni, __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))))
#endif

static const CodeKernel *available[4];

static gsize detect(void)
{
    gsize count = 0;
    available[count++] = &kernel_plain;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        available[count++] = &kernel_avx2;
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni"))
        available[count++] = &kernel_vnni;
#endif
    return count;
}

const CodeKernel *const *code_kernels_available(void)
{
    static gsize count;
    if (g_once_init_enter(&count))
        g_once_init_leave(&count, detect());
    return available;
}

const CodeKernel *code_kernel_fastest(void)
{
    const CodeKernel *const *kernel = code_kernels_available();
    while (kernel[1] != NULL)
        kernel++;
    return *kernel;
}
