#include "lapack_threads.h"

#include <dlfcn.h>
#include <glib.h>

void lapack_in_one_thread(void)
{
    static gsize done;
    if (!g_once_init_enter(&done))
        return;
    /* Looked up while running: other libraries of the same interface lack it. */
    void (*set_threads)(int) = NULL;
    *(void **)&set_threads = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    if (set_threads != NULL)
        set_threads(1);
    g_once_init_leave(&done, 1);
}
