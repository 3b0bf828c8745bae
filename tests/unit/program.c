#include "program.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "tap.h"

void program_run_clear(ProgramRun *run)
{
    g_free(run->out);
    g_free(run->err);
    *run = (ProgramRun){0};
}

gboolean program_is_there(const char *program)
{
    if (g_getenv(program) != NULL)
        return TRUE;
    tap_skip("%s is not set", program);
    return FALSE;
}

void program_run_after(ProgramRun *run, const char *before, const char *program,
                       const char *arguments)
{
    program_run_clear(run);
    g_autofree char *script = g_strdup_printf("%s exec \"$%s\" %s", before, program, arguments);
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    int status = 0;
    g_autoptr(GError) error = NULL;
    gboolean ran = g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &run->out,
                                &run->err, &status, &error);
    CU_ASSERT(ran);
    run->status = ran && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void program_run(ProgramRun *run, const char *program, const char *arguments)
{
    program_run_after(run, "", program, arguments);
}

void program_check(const char *program, const char *arguments, int status, const char *out,
                   const char *err)
{
    g_auto(ProgramRun) r = {0};
    program_run(&r, program, arguments);
    gboolean right = r.status == status && (out == NULL || strstr(r.out, out) != NULL) &&
                     (err == NULL || strstr(r.err, err) != NULL);
    CU_ASSERT(right);
    if (!right)
        printf("# %s %s: exit code %d\n# %s\n# %s\n", program, arguments, r.status, r.out, r.err);
}

void program_place_clear(ProgramPlace *place)
{
    g_free(place->directory);
    g_free(place->cd);
    *place = (ProgramPlace){0};
}

gboolean program_place_init(ProgramPlace *place, const char *arguments)
{
    if (!program_is_there(PROGRAM_TRAINER))
        return FALSE;
    g_auto(ProgramRun) r = {0};
    place->directory = tap_directory();
    place->cd = g_strdup_printf("cd %s;", place->directory);
    program_run_after(&r, place->cd, PROGRAM_TRAINER, arguments);
    CU_ASSERT_EQUAL(r.status, 0);
    return r.status == 0;
}
