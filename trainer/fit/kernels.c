#include "kernels.h"

#include <string.h>

#include "kernels_variants.h"
#include "recsys_error.h"

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
    const char *wanted = g_getenv("RECSYS_KERNELS");
    const Kernels *widest = NULL;
    g_autoptr(GString) names = g_string_new(NULL);
    for (; *variants != NULL; variants++) {
        widest = *variants;
        g_string_append_printf(names, " %s", widest->name);
        if (wanted != NULL && strcmp(wanted, widest->name) == 0)
            return widest;
    }
    if (wanted == NULL || wanted[0] == '\0')
        return widest;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "RECSYS_KERNELS=%s: this machine has%s",
                wanted, names->str);
    return NULL;
}
