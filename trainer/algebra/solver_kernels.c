#include "solver_kernels.h"

#include "kernel_choice.h"
#include "solver_kernels_variants.h"

#define MOST_VARIANTS 3

static const SolverKernels *available[MOST_VARIANTS + 1]; /* plain first, the widest last, NULL */

static gsize detect(void)
{
    gsize count = 0;
    available[count++] = &solver_kernels_plain;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const gboolean fma = __builtin_cpu_supports("fma");
    if (fma && __builtin_cpu_supports("avx2"))
        available[count++] = &solver_kernels_avx2;
    if (fma && __builtin_cpu_supports("avx512f"))
        available[count++] = &solver_kernels_avx512;
#elif defined(__aarch64__)
    available[count++] = &solver_kernels_neon;
#endif
    return count;
}

const SolverKernels *const *solver_kernels_available(void)
{
    static gsize count;
    if (g_once_init_enter(&count))
        g_once_init_leave(&count, detect());
    return available;
}

const SolverKernels *solver_kernels_choose(GError **error)
{
    const SolverKernels *const *variants = solver_kernels_available();
    const char *names[MOST_VARIANTS];
    guint count = 0;
    for (; variants[count] != NULL; count++)
        names[count] = variants[count]->name;
    const int chosen = kernel_choice(names, count, error);
    return chosen < 0 ? NULL : variants[chosen];
}

gsize solver_stride(gsize k)
{
    return (k + SOLVER_LANES - 1) / SOLVER_LANES * SOLVER_LANES;
}

gsize solver_workspace_floats(gsize k)
{
    return 2 * SOLVER_CHUNK * solver_stride(k);
}
