/* Runs the real programs and keeps what they say.
 *
 * Their paths come from the environment: RECSYS_TRAINER, RECSYS_LOADER, RECSYS_BRIDGE. They do not
 * inherit ES_* variables, so that only what a test says decides which cluster they talk to. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#define TRAINER "RECSYS_TRAINER"
#define LOADER "RECSYS_LOADER"
#define BRIDGE "RECSYS_BRIDGE"

/* For releases of made-up models, which have nothing to do with each other, nor with being good. */
#define NO_LIMITS                                                                                  \
    "--max-rmse-rise=none", "--max-ndcg-drop=none", "--max-count-change=none",                     \
        "--min-overlap=none", "--min-correlation=none", "--max-drift=none", "--skip-gate=baseline"

typedef struct {
    int status; /* the exit code; 128 + the number of the signal that ended it */
    char *out;
    char *err;
} Run;

void run_clear(Run *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* Sets a variable for the programs run from now on; NULL takes it back. */
void programs_set_environment(const char *variable, const char *value);

/* Runs a program of the project (one of the above) or of the system (an absolute path) with the
 * arguments up to NULL and waits for its end. */
void run_program(Run *run, const char *program, ...) G_GNUC_NULL_TERMINATED;

/* Runs two programs of the same kind at the same time; arguments as for run_program(). */
void run_two(Run runs[2], const char *program, const char *const first[],
             const char *const second[]);

/* The same as run_program(), but `microseconds` after its start it gets `signal_number`, if it
 * still runs. */
void run_interrupted(Run *run, int signal_number, gulong microseconds, const char *program,
                     ...) G_GNUC_NULL_TERMINATED;

/* TRUE if it ended with `status` and its output, both streams together, has every one of the texts
 * up to NULL; otherwise prints what it said as a TAP comment. */
gboolean run_says(const Run *run, int status, ...) G_GNUC_NULL_TERMINATED;

/* Prints a text as TAP comment lines. */
void tap_comment(const char *text);
