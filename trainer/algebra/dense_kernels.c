#include "dense_kernels.h"

#include "dense_kernels_variants.h"

static const DenseKernels *available[4]; /* plain first, the widest last, then NULL */

static gsize detect(void)
{
    gsize count = 0;
    available[count++] = &dense_kernels_plain;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        available[count++] = &dense_kernels_avx2;
    if (__builtin_cpu_supports("avx512f"))
        available[count++] = &dense_kernels_avx512;
#elif defined(__aarch64__)
    available[count++] = &dense_kernels_neon;
#endif
    return count;
}

const DenseKernels *const *dense_kernels_available(void)
{
    static gsize count;
    if (g_once_init_enter(&count))
        g_once_init_leave(&count, detect());
    return available;
}

const DenseKernels *dense_kernels(void)
{
    const char *wanted = g_getenv("RECSYS_KERNELS");
    const DenseKernels *const *variants = dense_kernels_available();
    const DenseKernels *widest = NULL;
    for (; *variants != NULL; variants++) {
        widest = *variants;
        if (g_strcmp0(wanted, widest->name) == 0)
            break;
    }
    return widest;
}
