#include "kernels.h"

#include "kernel_choice.h"
#include "kernels_variants.h"

static const Kernels *available[4]; /* plain first, the widest last, then NULL */

static gsize detect(void)
{
    gsize count = 0;
    available[count++] = &kernels_plain;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        available[count++] = &kernels_avx2;
    if (__builtin_cpu_supports("avx512f"))
        available[count++] = &kernels_avx512;
#elif defined(__aarch64__)
    available[count++] = &kernels_neon;
#endif
    return count;
}

const Kernels *const *kernels_available(void)
{
    static gsize count;
    if (g_once_init_enter(&count))
        g_once_init_leave(&count, detect());
    return available;
}

const Kernels *kernels_choose(GError **error)
{
    const Kernels *const *variants = kernels_available();
    const char *names[G_N_ELEMENTS(available)];
    guint count = 0;
    for (; variants[count] != NULL; count++)
        names[count] = variants[count]->name;
    const int chosen = kernel_choice(names, count, error);
    return chosen < 0 ? NULL : variants[chosen];
}
