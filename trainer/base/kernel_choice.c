#include "kernel_choice.h"

#include <string.h>

#include "recsys_error.h"

int kernel_choice(const char *const *names, guint count, GError **error)
{
    const char *wanted = g_getenv("RECSYS_KERNELS");
    if (wanted == NULL || wanted[0] == '\0')
        return (int)count - 1;
    g_autoptr(GString) known = g_string_new(NULL);
    for (guint i = 0; i < count; i++) {
        if (strcmp(wanted, names[i]) == 0)
            return (int)i;
        g_string_append_printf(known, " %s", names[i]);
    }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "RECSYS_KERNELS=%s: this machine has%s",
                wanted, known->str);
    return -1;
}
