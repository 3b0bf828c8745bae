/* Runs the project's programs, whose paths are in the environment, as a shell would. */
#pragma once

#include <glib.h>

#define PROGRAM_TRAINER "RECSYS_TRAINER"
#define PROGRAM_LOADER "RECSYS_LOADER"
#define PROGRAM_BRIDGE "RECSYS_BRIDGE"

typedef struct {
    int status; /* the exit code, or -1 */
    char *out, *err;
} ProgramRun;

void program_run_clear(ProgramRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProgramRun, program_run_clear)

/* FALSE, and the test is skipped, if the environment has no path for `program`. */
gboolean program_is_there(const char *program);

/* Runs $PROGRAM with a command line in shell syntax. */
void program_run(ProgramRun *run, const char *program, const char *arguments);

/* The same, after other commands of the shell, such as "ulimit -f 10;". */
void program_run_after(ProgramRun *run, const char *before, const char *program,
                       const char *arguments);

/* Asserts exit code and what the two outputs contain (NULL: anything). */
void program_check(const char *program, const char *arguments, int status, const char *out,
                   const char *err);

/* A new directory with data, and runs in it. */
typedef struct {
    char *directory, *cd; /* "cd DIRECTORY;" for program_run_after() */
} ProgramPlace;

void program_place_clear(ProgramPlace *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProgramPlace, program_place_clear)

/* Runs `recsys-trainer` with these arguments in it. FALSE if that fails, or there is no trainer; in
 * the latter case the test is skipped. */
gboolean program_place_init(ProgramPlace *place, const char *arguments) G_GNUC_WARN_UNUSED_RESULT;
