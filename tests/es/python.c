#include "python.h"

#include "programs.h"
#include "tap.h"

#define CANNOT_INSTALL 77

char *python_find(const char *script, const char *directory, const char *what)
{
    g_auto(Run) run = {0};
    run_program(&run, g_getenv(script), directory, NULL);
    if (run.status == 0)
        return g_strdup(g_strstrip(run.out));
    tap_comment(run.err);
    if (run.status == CANNOT_INSTALL)
        tap_skip("%s cannot be installed here (python3-venv, pip, its package index)", what);
    else
        CU_FAIL("the virtual environment cannot be made");
    return NULL;
}
